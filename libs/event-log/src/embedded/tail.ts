/**
 * The newest rows of all topic-partitions in memory, so that readers at the end of the log are served without touching the
 * disk. Kept packed, and unpacked for whoever reads: an object per record would cost each garbage collection more than unpacking
 * does. One bound for the whole; the oldest rows are forgotten first, and whoever still needs them reads the disk.
 *
 * Rows lie one after another in a ring: memory of its own for each would be old by the time its row is forgotten, and only a full
 * garbage collection frees what is old: several a second under load, a third of what ingest costs (measured).
 */
import type { Topic } from "@tripline/model";
import type { LogRecord } from "../event-log.ts";
import { RowRun, type TailRow } from "./row-run.ts";

/** What a row costs beside its bytes: objects and slots. An estimate, on the safe side. */
const ROW_OVERHEAD_BYTES = 400;

interface Held {
  readonly run: RowRun;
  readonly start: number;
  readonly end: number;
}

export class Tail {
  readonly #limitBytes: number;
  readonly #runs = new Map<Topic, RowRun[]>();
  /** Made with the first row: a log that is only read needs none. Pages that are never written take no memory. */
  #ring: Uint8Array<ArrayBuffer> | null = null;
  #at = 0;
  /** Oldest first, from `#forgotten` on. */
  #held: Held[] = [];
  #forgotten = 0;
  bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Adds a row at the end of its topic-partition; its payload is copied. */
  add(topic: Topic, partition: number, row: TailRow): void {
    const size = row.payload.byteLength;
    while (this.bytes > 0 && this.bytes + size + ROW_OVERHEAD_BYTES > this.#limitBytes) this.#forgetOldest();
    // A row larger than all of the memory: nothing before it may stay either, since a run has no holes.
    if (size + ROW_OVERHEAD_BYTES > this.#limitBytes) return;
    const run = this.#run(topic, partition);
    const start = this.#room(size);
    const end = start + size;
    this.#ring ??= new Uint8Array(this.#limitBytes);
    const payload = this.#ring.subarray(start, end);
    // Not `set`: out of shared memory it copies a word at a time, each as if another thread were writing it (measured: half the speed).
    Buffer.from(row.payload.buffer, row.payload.byteOffset, size).copy(payload);
    run.push({ ...row, payload });
    this.#at = end;
    this.bytes += size + ROW_OVERHEAD_BYTES;
    this.#held.push({ run, start, end });
  }

  /** A batch from memory, or null when `position` is older than what is kept. */
  batch(topic: Topic, partition: number, position: number): readonly LogRecord[] | null {
    const run = this.#runs.get(topic)?.[partition];
    return run === undefined || position < run.low ? null : run.batch(topic, partition, position);
  }

  /** Where the next row begins; what lies there is forgotten. */
  #room(size: number): number {
    let start = this.#at;
    if (start + size > this.#limitBytes) {
      // Not enough is left before the end: what still lies there is older than what lies at the beginning.
      while (this.#oldestFrom(start)) this.#forgetOldest();
      start = 0;
    }
    while (this.#oldestWithin(start, start + size)) this.#forgetOldest();
    return start;
  }

  #oldestFrom(start: number): boolean {
    const oldest = this.#held[this.#forgotten];
    return oldest !== undefined && oldest.start >= start;
  }

  #oldestWithin(start: number, end: number): boolean {
    const oldest = this.#held[this.#forgotten];
    return oldest !== undefined && oldest.start < end && oldest.end > start;
  }

  #run(topic: Topic, partition: number): RowRun {
    const runs = this.#runs.get(topic) ?? [];
    this.#runs.set(topic, runs);
    return (runs[partition] ??= new RowRun());
  }

  #forgetOldest(): void {
    const oldest = this.#held[this.#forgotten++];
    if (oldest === undefined) return;
    oldest.run.dropFirst();
    this.bytes -= oldest.end - oldest.start + ROW_OVERHEAD_BYTES;
    if (this.#forgotten * 2 < this.#held.length) return;
    this.#held = this.#held.slice(this.#forgotten);
    this.#forgotten = 0;
  }
}
