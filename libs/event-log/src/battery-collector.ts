/** What the battery reads with: it refuses gaps, changes and disorder. */
import type { Topic } from "@tripline/model";
import { expect } from "vitest";
import type { GroupHandlers, LogRecord, Ownership } from "./event-log.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = ({ value }: LogRecord): string => Buffer.from(value).toString("utf8");

/** Takes in records, refusing gaps, changes and disorder; a repetition must equal what was there. */
export class Collector {
  readonly byPartition = new Map<string, LogRecord[]>();
  largestBatch = { records: 0, bytes: 0 };
  readonly #waiting: { enough: () => boolean; resolve: () => void }[] = [];
  readonly #starts: ReadonlyMap<number, number>;

  constructor(starts: ReadonlyMap<number, number> = new Map()) {
    this.#starts = starts;
  }

  readonly take = async (records: readonly LogRecord[]): Promise<void> => {
    const size = records.reduce((sum, { value }) => sum + value.byteLength, 0);
    this.largestBatch = { records: Math.max(this.largestBatch.records, records.length), bytes: Math.max(this.largestBatch.bytes, size) };
    for (const record of records) this.#takeOne(record);
    for (const { enough, resolve } of this.#waiting) if (enough()) resolve();
  };

  #takeOne(record: LogRecord): void {
    const place = `${record.topic}/${record.partition}`;
    const seen = this.byPartition.get(place) ?? [];
    this.byPartition.set(place, seen);
    const index = record.offset - (this.#starts.get(record.partition) ?? 0);
    const before = seen[index];
    // Plain comparisons first: there may be a million records.
    if (before !== undefined) {
      if (textOf(record) !== textOf(before)) expect(textOf(record)).toBe(textOf(before));
    } else {
      if (index !== seen.length) expect(index).toBe(seen.length);
      const lastMs = seen.at(-1)?.timestampMs ?? 0;
      if (record.timestampMs < lastMs) expect(record.timestampMs).toBeGreaterThanOrEqual(lastMs);
      seen.push(record);
    }
  }

  get all(): readonly LogRecord[] {
    return [...this.byPartition.values()].flat();
  }

  textsOf(key: string): string[] {
    return this.all.filter((record) => record.key === key).map(textOf);
  }

  until(count: number): Promise<void> {
    const enough = (): boolean => this.all.length >= count;
    return enough() ? Promise.resolve() : new Promise((resolve) => this.#waiting.push({ enough, resolve }));
  }
}

/** A member of a group that starts where `starts` says and collects. */
export function member(starts: ReadonlyMap<Topic, number>, batch: GroupHandlers["batch"]): GroupHandlers & { owned: Ownership[]; lost: number[] } {
  const owned: Ownership[] = [];
  const lost: number[] = [];
  return {
    owned,
    lost,
    assigned: async (ownership) => {
      owned.push(ownership);
      return starts;
    },
    batch,
    revoked: async (partition) => {
      lost.push(partition);
    },
  };
}
