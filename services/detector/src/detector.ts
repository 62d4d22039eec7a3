/**
 * The detector service: a member of the group `detector` on `actions`, with the breakers' records beside them so that a reset
 * is met in order. The registry is folded by groupless readers and complete up to the start before anything is judged.
 */
import { Assessor, prepareClassifiers, Registry, REGISTRY_TOPICS } from "@tripline/core";
import { type EventLog, follow, type Followed, type GroupHandlers, type Ownership, type Stay, stayInGroup } from "@tripline/event-log";
import { type Topic, TriplineError } from "@tripline/model";
import type { Health, Logger, Metrics, Module } from "@tripline/runtime";
import type { Store } from "@tripline/store";
import { CheckpointTurns } from "./checkpoint-turns.ts";
import { GROUP, HotBaselines } from "./hot-baselines.ts";
import { hotBounds, isCrowdedOut } from "./hot-bounds.ts";
import { createInstruments } from "./instruments.ts";
import { LIMITS } from "./limits.ts";
import { type OwnerDeps, PartitionOwner } from "./partition-owner.ts";
import { recover } from "./recovery.ts";

export interface DetectorConfig {
  /** Budget of what judging adds to the process's memory, however many agents there are. */
  readonly memoryBytes: number;
  /** Records of a partition between two checkpoints, at most. */
  readonly checkpointRecords: number;
}

export interface DetectorDeps {
  readonly eventLog: EventLog;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly config?: Partial<DetectorConfig>;
}

const TOPICS: readonly Topic[] = ["actions", "breakers"];

export function createDetector(deps: DetectorDeps): Module {
  const config: DetectorConfig = { memoryBytes: LIMITS.memoryBytes, checkpointRecords: LIMITS.checkpointRecords, ...deps.config };
  const instruments = createInstruments(deps.metrics);
  const stop = new AbortController();
  const registry = new Registry();
  const baselines = new HotBaselines(deps.store, hotBounds(config.memoryBytes), {
    unusable: (key) => {
      instruments.records.add(1, { step: "load", outcome: "drop", reason: "unusable-baseline" });
      deps.logger.error({ agent: key }, "stored baseline cannot be read; the agent is learned afresh");
    },
    pressed: () => void flush(false),
  });
  const owner: OwnerDeps = { ...deps, registry, baselines, instruments, assessor: new Assessor(baselines.table), stopping: stop.signal, checkpointRecords: config.checkpointRecords, checkpointTurns: new CheckpointTurns(LIMITS.checkpointsAtOnce) };
  const owned = new Map<number, Owned>();
  const followed: Followed[] = [];
  let stay: Stay | null = null;
  let timer: NodeJS.Timeout | undefined;
  let health: Health = { ready: false, detail: "not started" };
  /** Why the registry is no longer folded: for good. */
  let registryEnded: Health | null = null;

  const fail = (error: unknown): void => {
    if (stop.signal.aborted) return;
    registryEnded = { ready: false, detail: reasonOf(error) };
    deps.logger.fatal({ reason: registryEnded.detail }, "the detector no longer learns of agents, grants and credentials");
  };

  /** The registry grows at any time, and what it takes is not there for baselines. */
  const share = (): void => {
    instruments.registryBytes.set(registry.bytes);
    baselines.keepWithin(hotBounds(config.memoryBytes, registry.bytes).agents);
  };

  const onTimer = (): void => {
    share();
    instruments.hotAgents.set(baselines.table.size);
    instruments.evictedBytes.set(baselines.evictedBytes);
    void flush(true);
  };

  const flush = async (dueOnly: boolean): Promise<void> => {
    for (const { owner: partition, ownership } of owned.values()) {
      // Of one that was lost meanwhile, as after a long pause, nothing may be written. Else the newest owner was refused: it begins anew.
      await partition.flush(dueOnly).catch((error: unknown) => (ownership.current() ? stay?.again(error) : undefined));
    }
  };

  const lost = (error: unknown): void => {
    if (stop.signal.aborted) return;
    health = { ready: false, detail: reasonOf(error) };
    deps.logger.error({ reason: health.detail }, "the detector lost its partitions; it takes them again from their last checkpoints");
  };

  return {
    name: "detector",
    health: () => registryEnded ?? health,
    start: async () => {
      await prepareClassifiers();
      followed.push(...(await followRegistry(deps, registry)));
      for (const one of followed) one.done.catch(fail);
      await Promise.all(followed.map((one) => one.caughtUp));
      share();
      if (isCrowdedOut(config.memoryBytes, registry.bytes)) deps.logger.warn({ registryBytes: registry.bytes, memoryBytes: config.memoryBytes }, "the registry leaves no memory for baselines; raise detector.memoryBytes");
      stay = await stayInGroup(deps.eventLog, GROUP, TOPICS, handlersOf(owned, owner, deps), { lost, joined: () => (health = { ready: true, detail: "judging" }) });
      timer = setInterval(onTimer, LIMITS.checkpointMs);
      timer.unref();
    },
    stop: async () => {
      stop.abort();
      clearInterval(timer);
      await stay?.close();
      await Promise.allSettled(followed.map((one) => one.close()));
      health = { ready: false, detail: "stopped" };
    },
  };
}

interface Owned {
  readonly owner: PartitionOwner;
  readonly ownership: Ownership;
}

function handlersOf(owned: Map<number, Owned>, owner: OwnerDeps, { logger }: DetectorDeps): GroupHandlers {
  return {
    assigned: async (ownership) => {
      const { partition } = ownership;
      const recovered = await recover(partition, owner);
      owned.set(partition, { owner: new PartitionOwner(recovered, owner), ownership });
      return new Map(TOPICS.map((topic) => [topic, recovered.offsets.get(topic) ?? 0]));
    },
    batch: async (records, ownership) => {
      if (ownership.current()) await owned.get(ownership.partition)?.owner.handle(records);
    },
    revoked: async (partition) => {
      await owned.get(partition)?.owner.flush(false).catch((error: unknown) => {
        // Fenced is what a process is that stood still for longer than its lease: its successor has judged all of it.
        const isFenced = error instanceof TriplineError && error.code === "TL_STORE_FENCED";
        if (!isFenced) logger.warn({ partition, reason: reasonOf(error) }, "no last checkpoint");
      });
      owned.delete(partition);
      owner.baselines.drop(partition);
    },
  };
}

const reasonOf = (error: unknown): string => (error instanceof TriplineError ? error.code : "a reader ended");

async function followRegistry(deps: DetectorDeps, registry: Registry): Promise<Followed[]> {
  const undecodable = deps.metrics.counter("tripline_undecodable_records_total", "Records that could not be decoded", ["topic", "reason"]);
  return Promise.all(
    REGISTRY_TOPICS.map((topic) =>
      follow(
        deps.eventLog,
        topic,
        { from: "start" },
        (items) => items.forEach(({ payload }) => registry.apply(topic, payload)),
        (record, reason) => {
          undecodable.add(1, { topic: record.topic, reason });
          deps.logger.error({ topic: record.topic, offset: record.offset, reason }, "record cannot be decoded");
        },
      ),
    ),
  );
}
