/**
 * Ownership epochs, kept where the group itself is kept: beside its committed offsets. The coordinator refuses a commit of a member that
 * is not of the group's newest generation, so only the present owner can raise a partition's epoch, and each owner raises it once.
 * The offsets committed are for those who watch the group's lag; where a reader goes on is told by its own store.
 */
import type { Broker } from "./kafkajs-internals.ts";

const MARK = "tripline-epoch=";

export interface Claimant {
  readonly groupId: string;
  readonly memberId: string;
  readonly generation: number;
}

/**
 * A new epoch for each partition, larger than any before. Kafka forgets a group that had no member for some days: epochs then go on
 * from the clock, in milliseconds, which is ahead of any count of owners.
 */
export async function claimEpochs(coordinator: Broker, claimant: Claimant, topic: string, partitions: readonly number[], nowMs: number): Promise<ReadonlyMap<number, number>> {
  const { responses } = await coordinator.offsetFetch({ groupId: claimant.groupId, topics: [{ topic, partitions: partitions.map((partition) => ({ partition })) }] });
  const stored = new Map(responses.flatMap((response) => response.partitions).map((one) => [one.partition, one]));
  const claims = partitions.map((partition) => {
    const before = stored.get(partition);
    const known = epochIn(before?.metadata ?? null);
    return { partition, offset: Math.max(0, Number(before?.offset ?? 0)), epoch: known === null ? nowMs : known + 1 };
  });
  await commit(coordinator, claimant, [{ topic, partitions: claims }]);
  return new Map(claims.map(({ partition, epoch }) => [partition, epoch]));
}

export interface Progress {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly offset: number; readonly epoch: number }[];
}

/** Rejects if this is not the newest generation any more. */
export async function commit(coordinator: Broker, { groupId, memberId, generation }: Claimant, progress: readonly Progress[]): Promise<void> {
  const topics = progress.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, offset, epoch }) => ({ partition, offset: String(offset), metadata: `${MARK}${epoch}` })),
  }));
  await coordinator.offsetCommit({ groupId, groupGenerationId: generation, memberId, topics });
}

function epochIn(metadata: string | null): number | null {
  if (metadata === null || !metadata.startsWith(MARK)) return null;
  const epoch = Number(metadata.slice(MARK.length));
  return Number.isSafeInteger(epoch) ? epoch : null;
}
