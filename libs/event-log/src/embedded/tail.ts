/**
 * The newest rows of all topic-partitions in memory, so that readers at the end of the log are served without touching the
 * disk. Kept packed, and unpacked for whoever reads: an object per record would cost each garbage collection more than unpacking
 * does. One bound for the whole; the oldest rows are forgotten first, and whoever still needs them reads the disk.
 */
import type { Topic } from "@tripline/model";
import type { LogRecord } from "../event-log.ts";
import { Blocks } from "./blocks.ts";
import { RowRun, type TailRow } from "./row-run.ts";

/** What a row costs beside its block: objects and slots. An estimate, on the safe side. */
const ROW_OVERHEAD_BYTES = 400;

export class Tail {
  readonly #limitBytes: number;
  readonly #runs = new Map<Topic, RowRun[]>();
  readonly #blocks = new Blocks();
  #ages: { run: RowRun; block: ArrayBuffer }[] = [];
  #agesDropped = 0;
  bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Adds a row at the end of its topic-partition; its payload is copied. */
  add(topic: Topic, partition: number, row: TailRow): void {
    const run = this.#run(topic, partition);
    const block = this.#blocks.take(row.payload.byteLength);
    const payload = new Uint8Array(block, 0, row.payload.byteLength);
    payload.set(row.payload);
    run.push({ ...row, payload });
    this.bytes += block.byteLength + ROW_OVERHEAD_BYTES;
    this.#ages.push({ run, block });
    while (this.bytes > this.#limitBytes) this.#forgetOldest();
  }

  /** A batch from memory, or null when `position` is older than what is kept. */
  batch(topic: Topic, partition: number, position: number): readonly LogRecord[] | null {
    const run = this.#runs.get(topic)?.[partition];
    return run === undefined || position < run.low ? null : run.batch(topic, partition, position);
  }

  #run(topic: Topic, partition: number): RowRun {
    const runs = this.#runs.get(topic) ?? [];
    this.#runs.set(topic, runs);
    return (runs[partition] ??= new RowRun());
  }

  #forgetOldest(): void {
    const oldest = this.#ages[this.#agesDropped++];
    if (oldest === undefined) return;
    oldest.run.dropFirst();
    this.bytes -= oldest.block.byteLength + ROW_OVERHEAD_BYTES;
    this.#blocks.give(oldest.block);
    if (this.#agesDropped * 2 < this.#ages.length) return;
    this.#ages = this.#ages.slice(this.#agesDropped);
    this.#agesDropped = 0;
  }
}
