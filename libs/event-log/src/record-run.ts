/** A run of records of one topic-partition in memory, in offset order, appended at the end and dropped from the front. */
import type { LogRecord } from "./event-log.ts";

/** Bounds of one batch handed to a handler. At least one record is always handed over. */
export const BATCH_RECORDS = 1_000;
export const BATCH_BYTES = 262_144;

/** Dropped slots are given back once they are this many, and half of the array. */
const SHRINK_SLOTS = 1_024;

export class RecordRun {
  #records: LogRecord[] = [];
  #dropped = 0;
  /** Offset of the next record. */
  high: number;

  constructor(high: number) {
    this.high = high;
  }

  /** First offset held; `high` when none is. */
  get low(): number {
    return this.#records[this.#dropped]?.offset ?? this.high;
  }

  get length(): number {
    return this.#records.length - this.#dropped;
  }

  push(record: LogRecord): void {
    this.#records.push(record);
    this.high = record.offset + 1;
  }

  /** A batch from `position` on, which must not be below `low`; empty at the end. Offsets in a run have no holes. */
  batch(position: number): readonly LogRecord[] {
    const start = this.#dropped + (position - this.low);
    const last = Math.min(this.#records.length, start + BATCH_RECORDS);
    let end = start;
    let bytes = 0;
    while (end < last && bytes < BATCH_BYTES) bytes += this.#records[end++]?.value.byteLength ?? 0;
    return this.#records.slice(start, end);
  }

  /** Every record from `offset` on. */
  from(offset: number): readonly LogRecord[] {
    return this.#records.slice(this.#dropped + Math.max(0, offset - this.low));
  }

  dropFirst(count: number): void {
    this.#dropped += Math.max(0, Math.min(count, this.length));
    if (this.#dropped < SHRINK_SLOTS || this.#dropped * 2 < this.#records.length) return;
    this.#records = this.#records.slice(this.#dropped);
    this.#dropped = 0;
  }

  /** Forgets records from `offset` on, as a crash does with what was not synced. */
  truncate(offset: number): void {
    const keep = Math.max(0, offset - this.low);
    this.#records.length = this.#dropped + Math.min(keep, this.length);
    this.high = Math.min(this.high, offset);
  }
}
