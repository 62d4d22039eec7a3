/** One topic of the log from its start to where it ends now, in the order of receipt over all partitions, holding one batch of each. */
import type { EventLog, LogRecord } from "@tripline/event-log";
import type { Topic } from "@tripline/model";

interface Lane {
  batch: readonly LogRecord[];
  at: number;
  done: boolean;
  /** Lets the log deliver the next batch. */
  release: (() => void) | null;
}

/** Runs of records of one partition; each is handed over before the next batch of that partition is read. Ends the reading when left. */
export async function* inOrder(eventLog: EventLog, topic: Topic): AsyncGenerator<readonly LogRecord[]> {
  const ends = new Map([...(await eventLog.ends(topic))].filter(([, { low, high }]) => low < high).map(([partition, { high }]) => [partition, high]));
  if (ends.size === 0) return;
  const lanes = new Map<number, Lane>([...ends.keys()].map((partition) => [partition, { batch: [], at: 0, done: false, release: null }]));
  let wake: (() => void) | null = null;
  const ended: { error: unknown } = { error: null };
  const turn = (): void => {
    wake?.();
    wake = null;
  };
  const passed = (partition: number, offset: number): void => {
    const lane = lanes.get(partition);
    if (lane === undefined || offset < (ends.get(partition) ?? 0)) return;
    lane.done = true;
    turn();
  };
  const subscription = await eventLog.read(topic, { from: "start", partitions: [...ends.keys()], passed }, async (records) => {
    const partition = records[0]?.partition ?? -1;
    const lane = lanes.get(partition);
    const end = ends.get(partition) ?? 0;
    const kept = records.at(-1)!.offset < end ? records : records.filter(({ offset }) => offset < end);
    if (lane === undefined || lane.done || kept.length === 0) return;
    await new Promise<void>((release) => {
      Object.assign(lane, { batch: kept, at: 0, release });
      turn();
    });
  });
  subscription.done.catch((error: unknown) => {
    ended.error = error;
    turn();
  });
  try {
    for (;;) {
      while (ended.error === null && [...lanes.values()].some(isAwaited)) await new Promise<void>((resolve) => (wake = resolve));
      if (ended.error !== null) throw ended.error;
      const run = oldest([...lanes.values()]);
      if (run === null) return;
      yield run;
    }
  } finally {
    for (const lane of lanes.values()) lane.release?.();
    await subscription.close();
  }
}

/** Nothing in hand, and more to come: what it brings may be the oldest. */
const isAwaited = ({ batch, at, done }: Lane): boolean => !done && at >= batch.length;

/** The records at the head of one lane that are no younger than the heads of all others; null where all are at their end. */
function oldest(lanes: readonly Lane[]): readonly LogRecord[] | null {
  let first: Lane | null = null;
  let firstMs = Infinity;
  let nextMs = Infinity;
  for (const lane of lanes) {
    const head = lane.batch[lane.at]?.timestampMs;
    if (head === undefined) continue;
    if (head < firstMs) {
      nextMs = firstMs;
      firstMs = head;
      first = lane;
    } else nextMs = Math.min(nextMs, head);
  }
  if (first === null) return null;
  const start = first.at;
  while (first.at < first.batch.length && first.batch[first.at]!.timestampMs <= nextMs) first.at += 1;
  const run = first.batch.slice(start, first.at);
  if (first.at >= first.batch.length) {
    first.release?.();
    Object.assign(first, { batch: [], at: 0, release: null });
  }
  return run;
}
