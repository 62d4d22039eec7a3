/** Packed rows of one topic-partition in memory, in offset order, appended at the end and dropped from the front. */
import type { Topic } from "@tripline/model";
import type { LogRecord } from "../event-log.ts";
import { type PackedRow, unpackRow } from "../framing.ts";
import { BATCH_BYTES, BATCH_RECORDS } from "../record-run.ts";

export interface TailRow extends PackedRow {
  /** Offset after the row's last record. */
  readonly nextOffset: number;
}

/** Dropped slots are given back once they are this many, and half of the array. */
const SHRINK_SLOTS = 64;

export class RowRun {
  #rows: (TailRow | null)[] = [];
  #dropped = 0;

  /** First offset held; Infinity when none is. */
  get low(): number {
    return this.#rows[this.#dropped]?.base ?? Infinity;
  }

  push(row: TailRow): void {
    this.#rows.push(row);
  }

  /** A batch from `position` on, which must not be below `low`; empty at the end. Offsets in a run have no holes. */
  batch(topic: Topic, partition: number, position: number): readonly LogRecord[] {
    const records: LogRecord[] = [];
    let bytes = 0;
    for (let at = this.#rowOf(position); at < this.#rows.length && records.length < BATCH_RECORDS && bytes < BATCH_BYTES; at++) {
      const row = this.#rows[at];
      if (row === null || row === undefined) continue;
      const bound = { records: BATCH_RECORDS - records.length, bytes: BATCH_BYTES - bytes };
      // Readers get a copy: the row's own memory is used again once it is forgotten.
      const copy = { ...row, payload: new Uint8Array(row.payload) };
      for (const record of unpackRow(topic, partition, copy, position, row.nextOffset, bound)) {
        bytes += record.value.byteLength;
        records.push(record);
      }
    }
    return records;
  }

  /** Forgets the oldest row. */
  dropFirst(): void {
    if (this.#dropped === this.#rows.length) return;
    this.#rows[this.#dropped++] = null;
    if (this.#dropped < SHRINK_SLOTS || this.#dropped * 2 < this.#rows.length) return;
    this.#rows = this.#rows.slice(this.#dropped);
    this.#dropped = 0;
  }

  /** Index of the row that holds `position`. */
  #rowOf(position: number): number {
    let from = this.#dropped;
    let to = this.#rows.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#rows[middle]?.nextOffset ?? 0) <= position) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
