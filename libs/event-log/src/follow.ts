/** Reading a topic without a group, decoded, with a sign when everything that was there at the start has been seen. */
import { decode, type PayloadOf, type Topic } from "@tripline/model";
import type { EventLog, From, LogRecord, Subscription } from "./event-log.ts";

/** How often to look whether retention removed what is waited for, in milliseconds. */
const LOOK_MS = 1_000;

export interface Followed {
  /** Resolves when all records that the log held at the start, and still holds, have been delivered. */
  readonly caughtUp: Promise<void>;
  /** Rejects if delivery ended by an error; see Subscription.done. */
  readonly done: Promise<void>;
  close(): Promise<void>;
}

export interface Item<T> {
  readonly payload: T;
  readonly record: LogRecord;
}

/**
 * Delivers decoded records of one partition at a time, in order. A record that cannot be decoded goes to `undecodable`, which must
 * count or dead-letter it; the records around it are delivered meanwhile, and those of the next batch after it.
 */
export async function follow<T extends Topic>(
  log: EventLog,
  topic: T,
  options: { from: From; partitions?: readonly number[]; passed?: (partition: number, offset: number) => void },
  deliver: (items: readonly Item<PayloadOf<T>>[]) => Promise<void> | void,
  undecodable: (record: LogRecord, reason: string) => Promise<void> | void,
): Promise<Followed> {
  const waiting = await offsetsToSee(log, topic, options);
  const { promise: caughtUp, resolve, reject } = Promise.withResolvers<void>();
  caughtUp.catch(() => undefined);
  if (waiting.size === 0) resolve();
  const passed = (partition: number, offset: number): void => {
    if (offset >= (waiting.get(partition) ?? Number.POSITIVE_INFINITY)) waiting.delete(partition);
    if (waiting.size === 0) resolve();
    options.passed?.(partition, offset);
  };
  const subscription: Subscription = await log.read(topic, { ...options, passed }, async (records) => {
    const items: Item<PayloadOf<T>>[] = [];
    const kept: (Promise<void> | void)[] = [];
    for (const record of records) {
      const decoded = decode(topic, record.value);
      if (decoded.ok) items.push({ payload: decoded.value, record });
      else kept.push(undecodable(record, decoded.reason));
    }
    // Together: kept one after the other, a batch of nothing but rubbish held up what came behind it for seconds.
    await Promise.all([items.length > 0 ? deliver(items) : undefined, ...kept]);
  });
  subscription.done.catch(reject);
  // What retention removes before it is delivered will never be: without looking, a start would wait for it for ever.
  const look = setInterval(() => {
    log.ends(topic).then((ends) => {
      for (const [partition, high] of waiting) if ((ends.get(partition)?.low ?? 0) >= high) waiting.delete(partition);
      if (waiting.size === 0) resolve();
    }, () => undefined);
  }, LOOK_MS);
  look.unref();
  const stopLooking = (): void => clearInterval(look);
  caughtUp.then(stopLooking, stopLooking);
  subscription.done.then(stopLooking, stopLooking);
  return { caughtUp, done: subscription.done, close: () => subscription.close() };
}

/** Partition → offset that must be passed; partitions with nothing to read are left out. */
async function offsetsToSee(log: EventLog, topic: Topic, options: { from: From; partitions?: readonly number[] }): Promise<Map<number, number>> {
  const waiting = new Map<number, number>();
  if (options.from === "end") return waiting;
  for (const [partition, { low, high }] of await log.ends(topic)) {
    if (options.partitions !== undefined && !options.partitions.includes(partition)) continue;
    const start = options.from === "start" ? low : (options.from.get(partition) ?? low);
    if (Math.max(start, low) < high) waiting.set(partition, high);
  }
  return waiting;
}
