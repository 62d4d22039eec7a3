/** One topic of the log from its start to where it ends now, in the order of receipt over all partitions, holding one batch of each. */
import type { EventLog, LogRecord } from "@tripline/event-log";
import type { Topic } from "@tripline/model";

/** Records handed over at once: each turn of a generator costs as much as reading several of them. */
const MAX_RUN = 512;

interface Lane {
  batch: readonly LogRecord[];
  at: number;
  /** When the record at `at` was received; `Infinity` where none is in hand. */
  headMs: number;
  done: boolean;
  /** Lets the log deliver the next batch. */
  release: (() => void) | null;
}

/** Runs of records; each is handed over before the next batch of its last record's partition is looked at. Ends the reading when left. */
export async function* inOrder(eventLog: EventLog, topic: Topic): AsyncGenerator<readonly LogRecord[]> {
  const ends = new Map([...(await eventLog.ends(topic))].filter(([, { low, high }]) => low < high).map(([partition, { high }]) => [partition, high]));
  if (ends.size === 0) return;
  const lanes = new Map<number, Lane>([...ends.keys()].map((partition) => [partition, { batch: [], at: 0, headMs: Infinity, done: false, release: null }]));
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
      Object.assign(lane, { batch: kept, at: 0, headMs: kept[0]!.timestampMs, release });
      turn();
    });
  });
  subscription.done.catch((error: unknown) => {
    ended.error = error;
    turn();
  });
  const all = [...lanes.values()];
  try {
    for (;;) {
      while (ended.error === null && all.some(isAwaited)) await new Promise<void>((resolve) => (wake = resolve));
      if (ended.error !== null) throw ended.error;
      const run: LogRecord[] = [];
      let left: Lane | null = takeOldest(all, run);
      while (left !== null && !isAwaited(left) && run.length < MAX_RUN) left = takeOldest(all, run);
      if (run.length === 0) return;
      yield run;
    }
  } finally {
    for (const lane of lanes.values()) lane.release?.();
    await subscription.close();
  }
}

/** Nothing in hand, and more to come: what it brings may be the oldest. */
const isAwaited = ({ batch, at, done }: Lane): boolean => !done && at >= batch.length;

/** Moves to `run` the records at the head of one lane that are no younger than the heads of all others. Answers that lane; null where all are at their end. */
function takeOldest(lanes: readonly Lane[], run: LogRecord[]): Lane | null {
  let first: Lane | null = null;
  let firstMs = Infinity;
  let nextMs = Infinity;
  for (const lane of lanes) {
    if (lane.headMs < firstMs) {
      nextMs = firstMs;
      firstMs = lane.headMs;
      first = lane;
    } else if (lane.headMs < nextMs) nextMs = lane.headMs;
  }
  if (first === null) return null;
  const { batch } = first;
  let { at } = first;
  for (; at < batch.length && batch[at]!.timestampMs <= nextMs; at += 1) run.push(batch[at]!);
  first.at = at;
  first.headMs = batch[at]?.timestampMs ?? Infinity;
  if (at >= batch.length) {
    first.release?.();
    Object.assign(first, { batch: [], at: 0, release: null });
  }
  return first;
}
