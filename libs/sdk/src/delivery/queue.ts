/** What waits to be sent. Attempts go before results; at the bound the oldest results go first. */

export type Phase = "attempt" | "result";

export interface Entry {
  readonly phase: Phase;
  /** JSON text of the log record. */
  readonly record: string;
  readonly bornMs: number;
}

export interface QueueBounds {
  readonly records: number;
  /** UTF-16 units of all records together. */
  readonly chars: number;
}

/** Most records and characters that wait; about 16 MiB of memory at worst. */
export const QUEUE_BOUNDS: QueueBounds = { records: 2_048, chars: 8_388_608 };

export class Queue {
  readonly #bounds: QueueBounds;
  readonly #waiting: Record<Phase, Entry[]> = { attempt: [], result: [] };
  #chars = 0;

  constructor(bounds: QueueBounds = QUEUE_BOUNDS) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#waiting.attempt.length + this.#waiting.result.length;
  }

  get attempts(): number {
    return this.#waiting.attempt.length;
  }

  /** Adds an entry and returns what had to leave for it: the oldest results, else the oldest attempts. */
  add(entry: Entry): Entry[] {
    this.#waiting[entry.phase].push(entry);
    this.#chars += entry.record.length;
    return this.#shrink();
  }

  /** Puts entries back to the front, in their order, for another try. */
  putBack(entries: readonly Entry[]): Entry[] {
    for (const phase of ["attempt", "result"] as const) {
      this.#waiting[phase].unshift(...entries.filter((entry) => entry.phase === phase));
    }
    for (const entry of entries) this.#chars += entry.record.length;
    return this.#shrink();
  }

  /** Takes the next batch, attempts first: at least one entry if there is any, then as many as the bounds allow. */
  take(maxRecords: number, maxChars: number): Entry[] {
    const batch: Entry[] = [];
    let chars = 0;
    for (const phase of ["attempt", "result"] as const) {
      const waiting = this.#waiting[phase];
      let count = 0;
      for (const entry of waiting) {
        if (batch.length >= maxRecords || (batch.length > 0 && chars + entry.record.length > maxChars)) break;
        batch.push(entry);
        chars += entry.record.length;
        count++;
      }
      waiting.splice(0, count);
    }
    this.#chars -= chars;
    return batch;
  }

  #shrink(): Entry[] {
    const dropped: Entry[] = [];
    while (this.size > this.#bounds.records || this.#chars > this.#bounds.chars) {
      const oldest = this.#waiting.result.shift() ?? this.#waiting.attempt.shift();
      if (oldest === undefined) break;
      this.#chars -= oldest.record.length;
      dropped.push(oldest);
    }
    return dropped;
  }
}
