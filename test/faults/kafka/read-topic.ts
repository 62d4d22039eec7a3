/** Every record of a topic up to where it ended when asked, each partition's in order, from the brokers themselves. */
import type { EventLog } from "@tripline/event-log";
import { decode, type PayloadOf, type Topic } from "@tripline/model";
import type { TopicRecord } from "../admin.ts";

/** Rejects when a record cannot be decoded, or the end is not reached in time. */
export async function readTopic<T extends Topic>(eventLog: EventLog, topic: T, take: (record: Omit<TopicRecord<PayloadOf<T>>, "text"> & { readonly bytes: Uint8Array }) => void): Promise<void> {
  const left = new Map([...(await eventLog.ends(topic))].filter(([, { low, high }]) => low < high).map(([partition, { high }]) => [partition, high]));
  if (left.size === 0) return;
  const whole = Promise.withResolvers<void>();
  const timer = setTimeout(() => whole.reject(new Error(`${topic} cannot be read to its end: partitions ${[...left.keys()].join(", ")} are missing`)), READ_MS);
  const subscription = await eventLog.read(topic, { from: "start" }, (records) => {
    for (const { partition, offset, timestampMs, value: bytes } of records) {
      const end = left.get(partition);
      if (end === undefined || offset >= end) continue;
      const decoded = decode(topic, bytes);
      if (!decoded.ok) whole.reject(new Error(`${topic}/${partition} ${offset} cannot be decoded: ${decoded.reason}`));
      else take({ partition, offset, timestampMs, value: decoded.value, bytes });
      if (offset + 1 >= end) left.delete(partition);
    }
    if (left.size === 0) whole.resolve();
    return Promise.resolve();
  });
  subscription.done.catch((error: unknown) => whole.reject(error instanceof Error ? error : new Error("the reader ended")));
  try {
    await whole.promise;
  } finally {
    clearTimeout(timer);
    await subscription.close();
  }
}

const READ_MS = 300_000;

/** The same as a list; for topics of which there are few. */
export async function listTopic<T extends Topic>(eventLog: EventLog, topic: T): Promise<TopicRecord<PayloadOf<T>>[]> {
  const records: TopicRecord<PayloadOf<T>>[] = [];
  await readTopic(eventLog, topic, ({ bytes, ...record }) => records.push({ ...record, text: Buffer.from(bytes).toString("base64") }));
  return records;
}
