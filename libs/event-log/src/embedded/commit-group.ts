/** What is committed together: the appends that queued while the previous fsync ran, packed into one row per topic-partition. */
import type { Topic } from "@tripline/model";
import type { Appended, AppendRecord } from "../event-log.ts";
import { framedBytes, writeFrame } from "../framing.ts";
import type { RowPlace } from "./messages.ts";

/** A row is closed once it has this many bytes, so that a reader never has to take in much more than a batch. */
const ROW_BYTES = 262_144;

export interface QueuedAppend {
  readonly topic: Topic;
  readonly records: readonly AppendRecord[];
  /** Partition of each record. */
  readonly partitions: readonly number[];
  readonly bytes: number;
  readonly resolve: (appended: Appended[]) => void;
  readonly reject: (error: Error) => void;
}

export interface CommitGroup {
  readonly timestampMs: number;
  readonly buffer: SharedArrayBuffer;
  /** In the order of their offsets within a topic-partition. */
  readonly rows: readonly RowPlace[];
  /** Positions for each append, in the order of its records. */
  readonly appended: readonly Appended[][];
}

interface OpenRow {
  readonly topic: Topic;
  readonly partition: number;
  readonly base: number;
  readonly entries: AppendRecord[];
  bytes: number;
}

/** Assigns offsets from `nextOffset` on and packs into memory from `take`. Nothing is changed outside: the caller moves the ends once this is durable. */
export function packGroup(
  appends: readonly QueuedAppend[],
  timestampMs: number,
  topicId: (topic: Topic) => number,
  nextOffset: (topic: Topic, partition: number) => number,
  take: (bytes: number) => SharedArrayBuffer,
): CommitGroup {
  const closed: OpenRow[] = [];
  const open = new Map<number, OpenRow>();
  const appended = appends.map(({ topic, records, partitions }) => {
    const slotOfTopic = topicId(topic) * SLOTS_PER_TOPIC;
    return records.map((record, index) => {
      const partition = partitions[index] ?? 0;
      const slot = slotOfTopic + partition;
      let row = open.get(slot);
      if (row === undefined || row.bytes >= ROW_BYTES) {
        row = { topic, partition, base: row === undefined ? nextOffset(topic, partition) : row.base + row.entries.length, entries: [], bytes: 0 };
        open.set(slot, row);
        closed.push(row);
      }
      row.bytes += framedBytes(record);
      return { partition, offset: row.base + row.entries.push(record) - 1, timestampMs };
    });
  });
  return { timestampMs, appended, ...layOut(closed, topicId, take) };
}

/** More than the most partitions a log can have, so that topic and partition make one map key. */
const SLOTS_PER_TOPIC = 65_536;

function layOut(rows: readonly OpenRow[], topicId: (topic: Topic) => number, take: (bytes: number) => SharedArrayBuffer): Pick<CommitGroup, "buffer" | "rows"> {
  const buffer = take(rows.reduce((sum, row) => sum + row.bytes, 0));
  const bytes = Buffer.from(buffer);
  let at = 0;
  const places = rows.map(({ topic, partition, base, entries }) => {
    const start = at;
    for (const [delta, entry] of entries.entries()) at = writeFrame(bytes, at, delta, entry);
    return { topic, topicId: topicId(topic), partition, base, nextOffset: base + entries.length, start, end: at };
  });
  return { buffer, rows: places };
}
