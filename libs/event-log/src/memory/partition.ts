/** One topic-partition in memory: what is synced, and what a crash may take. */
import { RecordRun } from "../record-run.ts";
import type { Random } from "./random.ts";

export interface CrashReport {
  /** Records that were not synced and are gone. */
  readonly lost: number;
  /** Of these, records cut in the middle: recovery finds a bad checksum and drops them. */
  readonly torn: number;
  /** Records that were not synced, and therefore not acknowledged, but had reached the disk. */
  readonly survived: number;
}

export class MemoryPartition {
  readonly run = new RecordRun(0);
  /** Next offset after the last synced record. */
  durable = 0;

  /** The disk kept some prefix of the bytes that were not synced; a record is there only if all of it is. */
  crash(random: Random): CrashReport {
    const unsynced = this.run.from(this.durable);
    const bytes = unsynced.reduce((sum, record) => sum + record.value.byteLength, 0);
    let left = random.below(bytes + unsynced.length + 1);
    let survived = 0;
    for (const { value } of unsynced) {
      left -= value.byteLength + 1;
      if (left < 0) break;
      survived++;
    }
    const torn = survived < unsynced.length && left < 0 ? 1 : 0;
    this.run.truncate(this.durable + survived);
    this.durable = this.run.high;
    return { lost: unsynced.length - survived, torn, survived };
  }

  /** Keeps the newest `keep` records, and everything that `needed` (a live reader's position) still asks for. */
  retain(keep: number, needed: number): void {
    this.run.dropFirst(Math.min(this.run.length - keep, needed - this.run.low));
  }
}
