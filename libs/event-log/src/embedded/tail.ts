/**
 * The newest records of all topic-partitions in memory, so that readers at the end of the log are served without touching the
 * disk. One bound for the whole; the oldest commits are forgotten first, and whoever still needs them reads the disk.
 */
import type { Topic } from "@tripline/model";
import type { LogRecord } from "../event-log.ts";
import { RecordRun } from "../record-run.ts";

/** What a record costs beside its value: objects, key, slots. An estimate, measured on V8 to be on the safe side. */
const RECORD_OVERHEAD_BYTES = 200;

export class Tail {
  readonly #limitBytes: number;
  readonly #runs = new Map<Topic, RecordRun[]>();
  #ages: { run: RecordRun; count: number; bytes: number }[] = [];
  #agesDropped = 0;
  bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Adds what one commit wrote to a topic-partition. */
  add(records: readonly LogRecord[]): void {
    const first = records[0];
    if (first === undefined) return;
    const run = this.#run(first.topic, first.partition, first.offset);
    let bytes = 0;
    for (const record of records) {
      run.push(record);
      bytes += record.value.byteLength + RECORD_OVERHEAD_BYTES;
    }
    this.bytes += bytes;
    this.#ages.push({ run, count: records.length, bytes });
    while (this.bytes > this.#limitBytes) this.#forgetOldest();
  }

  /** A batch from memory, or null when `position` is older than what is kept. */
  batch(topic: Topic, partition: number, position: number): readonly LogRecord[] | null {
    const run = this.#runs.get(topic)?.[partition];
    return run === undefined || run.length === 0 || position < run.low ? null : run.batch(position);
  }

  #run(topic: Topic, partition: number, offset: number): RecordRun {
    const runs = this.#runs.get(topic) ?? [];
    this.#runs.set(topic, runs);
    return (runs[partition] ??= new RecordRun(offset));
  }

  #forgetOldest(): void {
    const oldest = this.#ages[this.#agesDropped++];
    if (oldest === undefined) return;
    oldest.run.dropFirst(oldest.count);
    this.bytes -= oldest.bytes;
    if (this.#agesDropped * 2 < this.#ages.length) return;
    this.#ages = this.#ages.slice(this.#agesDropped);
    this.#agesDropped = 0;
  }
}
