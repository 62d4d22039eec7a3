/**
 * How several records of one topic-partition are packed into one stored row: per record
 * `u32 offset - base | u16 key bytes | u32 value bytes | key (UTF-8) | value`, little-endian. The offset is kept per record,
 * because compaction leaves holes.
 */
import type { Topic } from "@tripline/model";
import type { AppendRecord, LogRecord } from "./event-log.ts";

const HEADER_BYTES = 10;
/** A key's length is stored in 16 bits. */
export const MAX_KEY_BYTES = 65_535;

/** Bytes that a record takes in a packed row. */
export const framedBytes = (record: AppendRecord): number => HEADER_BYTES + Buffer.byteLength(record.key) + record.value.byteLength;

/** Writes one record at `at`; answers the record's end and where its value begins. */
export function writeFrame(into: Buffer, at: number, delta: number, record: AppendRecord): { valueStart: number; end: number } {
  const keyBytes = into.write(record.key, at + HEADER_BYTES, "utf8");
  into.writeUInt32LE(delta, at);
  into.writeUInt16LE(keyBytes, at + 4);
  into.writeUInt32LE(record.value.byteLength, at + 6);
  const valueStart = at + HEADER_BYTES + keyBytes;
  into.set(record.value, valueStart);
  return { valueStart, end: valueStart + record.value.byteLength };
}

export interface Frame {
  readonly delta: number;
  readonly key: string;
  readonly value: Uint8Array;
  /** Where this frame lies in the row, so that compaction can copy it unread. */
  readonly start: number;
  readonly end: number;
}

/** The frames of a row, in order. Throws RangeError if the row is not well formed; its checksum was checked before. */
export function readFrames(row: Uint8Array): Frame[] {
  const buffer = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  const frames: Frame[] = [];
  let at = 0;
  while (at < buffer.length) {
    const delta = buffer.readUInt32LE(at);
    const valueStart = at + HEADER_BYTES + buffer.readUInt16LE(at + 4);
    const end = valueStart + buffer.readUInt32LE(at + 6);
    if (end > buffer.length) throw new RangeError("frame beyond the end of its row");
    const key = buffer.toString("utf8", at + HEADER_BYTES, valueStart);
    frames.push({ delta, key, value: new Uint8Array(row.buffer, row.byteOffset + valueStart, end - valueStart), start: at, end });
    at = end;
  }
  return frames;
}

export interface PackedRow {
  readonly base: number;
  readonly timestampMs: number;
  readonly payload: Uint8Array;
}

/** Records of a row from `position` on, before `until`. Values are views of the row, not copies. */
export function unpackRow(topic: Topic, partition: number, row: PackedRow, position: number, until: number): LogRecord[] {
  const records: LogRecord[] = [];
  for (const { delta, key, value } of readFrames(row.payload)) {
    const offset = row.base + delta;
    if (offset >= until) break;
    if (offset >= position) records.push({ topic, partition, offset, key, timestampMs: row.timestampMs, value });
  }
  return records;
}
