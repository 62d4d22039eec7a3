/** Records that wait for the brokers: a queue per topic-partition, in the order in which they were appended. */
import type { Topic } from "@tripline/model";
import type { Appended, AppendRecord } from "../event-log.ts";
import { recordBound } from "./batch-encoder.ts";
import { KAFKA_LIMITS } from "./options.ts";

/** One call of append, which is done when its last part is. */
export interface PendingAppend {
  readonly topic: Topic;
  readonly appended: Appended[];
  readonly expiresAtMs: number;
  readonly bytes: number;
  /** Records that are not acknowledged yet. */
  left: number;
  settled: boolean;
  readonly resolve: (appended: Appended[]) => void;
  readonly reject: (error: Error) => void;
}

interface Entry {
  readonly append: PendingAppend;
  /** Place in the append. */
  readonly index: number;
  readonly record: AppendRecord;
}

/** Up to a batch's bounds of what waits for one topic-partition; taken out of the queue until it is settled or put back. */
export interface Parcel {
  readonly topic: Topic;
  readonly partition: number;
  readonly entries: readonly Entry[];
  readonly bytes: number;
}

export class PartitionQueue {
  readonly topic: Topic;
  readonly partition: number;
  /** True while a parcel of it is on its way: one at a time, so that none overtakes another. */
  busy = false;
  /** True until the leaders are known anew: this one's did not take it, or is not known. */
  held = false;
  #entries: Entry[] = [];
  #start = 0;

  constructor(topic: Topic, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get empty(): boolean {
    return this.#start === this.#entries.length;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Null if nothing is left to send; what its append has given up meanwhile is left out. */
  take(): Parcel | null {
    const entries: Entry[] = [];
    let bytes = 0;
    while (!this.empty && entries.length < KAFKA_LIMITS.batchRecords && bytes < KAFKA_LIMITS.batchBytes) {
      const entry = this.#entries[this.#start++];
      if (entry === undefined || entry.append.settled) continue;
      bytes += recordBound(entry.record);
      entries.push(entry);
    }
    this.#compact();
    return entries.length === 0 ? null : { topic: this.topic, partition: this.partition, entries, bytes };
  }

  /** Lets go of what its append has given up. Otherwise only `take` does, and nothing is taken while nobody can be sent to. */
  forget(): void {
    this.#entries = this.#entries.slice(this.#start).filter(({ append }) => !append.settled);
    this.#start = 0;
  }

  /** Before everything else, in its own order. */
  putBack({ entries }: Parcel): void {
    this.#entries = [...entries, ...this.#entries.slice(this.#start)];
    this.#start = 0;
    this.forget();
  }

  #compact(): void {
    if (this.#start * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#start);
    this.#start = 0;
  }
}
