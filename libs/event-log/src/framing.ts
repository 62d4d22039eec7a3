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
export const framedBytes = (record: AppendRecord): number => HEADER_BYTES + encodedKey(record.key).length + record.value.byteLength;

/** Writes one record at `at`; answers where it ends. */
export function writeFrame(into: Buffer, at: number, delta: number, { key, value }: AppendRecord): number {
  const keyBytes = encodedKey(key);
  const { length } = keyBytes;
  writeUint32(into, at, delta);
  into[at + 4] = length;
  into[at + 5] = length >>> 8;
  writeUint32(into, at + 6, value.byteLength);
  const keyAt = at + HEADER_BYTES;
  if (length > SHORT_KEY_BYTES) into.set(keyBytes, keyAt);
  else for (let i = 0; i < length; i++) into[keyAt + i] = keyBytes[i]!;
  // Not `set`: into shared memory it copies a word at a time, each as if another thread were reading it.
  Buffer.prototype.copy.call(value, into, keyAt + length);
  return keyAt + length + value.byteLength;
}

/** Copied by a loop: for so few bytes a call into native code takes three times as long. */
const SHORT_KEY_BYTES = 32;

function writeUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value;
  into[at + 1] = value >>> 8;
  into[at + 2] = value >>> 16;
  into[at + 3] = value >>> 24;
}

/** Records of one agent come together, so the last key is kept in UTF-8. */
let lastKey = "";
let lastKeyBytes = new Uint8Array();
const encoder = new TextEncoder();

function encodedKey(key: string): Uint8Array {
  if (key !== lastKey) {
    lastKeyBytes = encoder.encode(key);
    lastKey = key;
  }
  return lastKeyBytes;
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

/** How much to unpack: it stops once it has as many records, or as many bytes of values. */
export interface UnpackBound {
  readonly records: number;
  readonly bytes: number;
}

const ALL: UnpackBound = { records: Infinity, bytes: Infinity };

/**
 * Records of a row from `position` on, before `until`. Values are views of the row, not copies. Throws RangeError if the row is not
 * well formed.
 */
export function unpackRow(topic: Topic, partition: number, row: PackedRow, position: number, until: number, bound: UnpackBound = ALL): LogRecord[] {
  const { base, timestampMs, payload } = row;
  const buffer = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const records: LogRecord[] = [];
  let key = "";
  let keyAt = -1;
  let keyEnd = -1;
  let bytes = 0;
  for (let at = 0; at < buffer.length && records.length < bound.records && bytes < bound.bytes; ) {
    const offset = base + buffer.readUInt32LE(at);
    const start = at + HEADER_BYTES;
    const valueStart = start + buffer.readUInt16LE(at + 4);
    const end = valueStart + buffer.readUInt32LE(at + 6);
    if (end > buffer.length) throw new RangeError("frame beyond the end of its row");
    at = end;
    if (offset >= until) break;
    if (offset < position) continue;
    if (keyAt < 0 || !sameBytes(buffer, keyAt, keyEnd, start, valueStart)) key = buffer.toString("utf8", start, valueStart);
    keyAt = start;
    keyEnd = valueStart;
    bytes += end - valueStart;
    records.push({ topic, partition, offset, key, timestampMs, value: new Uint8Array(payload.buffer, payload.byteOffset + valueStart, end - valueStart) });
  }
  return records;
}

function sameBytes(buffer: Buffer, oneStart: number, oneEnd: number, otherStart: number, otherEnd: number): boolean {
  if (oneEnd - oneStart !== otherEnd - otherStart) return false;
  for (let i = oneEnd - oneStart - 1; i >= 0; i--) if (buffer[oneStart + i] !== buffer[otherStart + i]) return false;
  return true;
}
