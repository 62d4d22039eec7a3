import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framedBytes, writeFrame } from "../framing.ts";
import { BATCH_BYTES, BATCH_RECORDS } from "../record-run.ts";
import type { TailRow } from "./row-run.ts";
import { Tail } from "./tail.ts";

function row(base: number, count: number, bytes = 800): TailRow {
  const record = { key: "acme/a", value: new Uint8Array(bytes) };
  const payload = Buffer.alloc(framedBytes(record) * count);
  for (let delta = 0, at = 0; delta < count; delta++) at = writeFrame(payload, at, delta, record);
  return { base, nextOffset: base + count, timestampMs: 7, payload };
}

describe("tail", () => {
  it("answers from memory what it holds, and null for what is older or was never there", () => {
    const tail = new Tail(1_048_576);
    tail.add("actions", 1, row(10, 5));
    expect(tail.batch("actions", 1, 12)?.map(({ offset }) => offset)).toEqual([12, 13, 14]);
    expect(tail.batch("actions", 1, 15)).toEqual([]);
    expect(tail.batch("actions", 1, 9)).toBeNull();
    expect(tail.batch("actions", 2, 10)).toBeNull();
    expect(tail.batch("findings", 1, 10)).toBeNull();
  });

  it("never holds more than its bound, and forgets the oldest row first, of whichever partition", () => {
    const tail = new Tail(14_000);
    for (let commit = 0; commit < 500; commit++) {
      tail.add("actions", commit % 2, row(Math.floor(commit / 2) * 3, 3));
      expect(tail.bytes).toBeLessThanOrEqual(14_000);
    }
    // Four rows of 2,848 bytes fit.
    expect(tail.batch("actions", 1, 747)?.length).toBe(3);
    expect(tail.batch("actions", 1, 744)?.length).toBe(6);
    expect(tail.batch("actions", 1, 741)).toBeNull();
    expect(tail.batch("actions", 0, 744)?.length).toBe(6);
    expect(tail.batch("actions", 0, 741)).toBeNull();
  });

  it("keeps nothing of a row larger than itself", () => {
    const tail = new Tail(1_000);
    tail.add("actions", 0, row(0, 5));
    expect(tail.bytes).toBe(0);
    expect(tail.batch("actions", 0, 0)).toBeNull();
  });

  it("keeps what was written, whatever the sizes, and never a row after one that is forgotten", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30_000 }), fc.array(fc.tuple(fc.nat({ max: 2 }), fc.integer({ min: 0, max: 9_000 })), { maxLength: 80 }), (limit, rows) => {
        const tail = new Tail(limit);
        const highs = [0, 0, 0];
        for (const [partition, bytes] of rows) {
          const base = highs[partition]!;
          const made = row(base, 1, bytes);
          made.payload.fill(base % 256, 16);
          tail.add("actions", partition, made);
          highs[partition] = base + 1;
          expect(tail.bytes).toBeLessThanOrEqual(limit);
          for (const [one, high] of highs.entries()) {
            const low = Array.from({ length: high }, (_, position) => position).find((position) => tail.batch("actions", one, position) !== null) ?? high;
            const found = low === high ? [] : (tail.batch("actions", one, low) ?? []);
            expect(found.map(({ offset }) => offset)).toEqual(Array.from({ length: high - low }, (_, index) => low + index));
            for (const { offset, value } of found) expect(value.every((byte) => byte === offset % 256)).toBe(true);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("hands out copies, which stay as they are when their row is forgotten and its memory used again", () => {
    const tail = new Tail(5_000);
    tail.add("actions", 0, row(0, 3));
    const held = tail.batch("actions", 0, 0) ?? [];
    const other = row(3, 3);
    other.payload.fill(0xff, 16, 800);
    tail.add("actions", 0, other);
    expect(tail.batch("actions", 0, 0)).toBeNull();
    expect(held.map(({ value }) => value.every((byte) => byte === 0))).toEqual([true, true, true]);
  });

  it("hands over rows of any size in whole order, each batch within its bounds", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 2_500 }), fc.constantFrom(0, 50, 900)), { minLength: 1, maxLength: 12 }), (sizes) => {
        const tail = new Tail(64 * 1_048_576);
        let high = 0;
        for (const [count, bytes] of sizes) {
          tail.add("actions", 0, row(high, count, bytes));
          high += count;
        }
        let position = 0;
        while (position < high) {
          const batch = tail.batch("actions", 0, position) ?? [];
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(BATCH_RECORDS);
          expect(batch.slice(0, -1).reduce((sum, { value }) => sum + value.byteLength, 0)).toBeLessThan(BATCH_BYTES);
          for (const record of batch) expect(record.offset).toBe(position++);
        }
      }),
      { numRuns: 30 },
    );
  });
});
