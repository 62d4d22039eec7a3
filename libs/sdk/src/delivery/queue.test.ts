import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { Queue, type Entry, type Phase } from "./queue.ts";

const entry = (phase: Phase, record: string): Entry => ({ phase, record, bornMs: 0 });

describe("the queue", () => {
  it("lets the oldest result leave first, and attempts only when nothing else is left", () => {
    const queue = new Queue({ records: 3, chars: 1_000 });
    expect(queue.add(entry("result", "r1"))).toEqual([]);
    queue.add(entry("attempt", "a1"));
    queue.add(entry("result", "r2"));
    expect(queue.add(entry("attempt", "a2")).map((dropped) => dropped.record)).toEqual(["r1"]);
    expect(queue.add(entry("attempt", "a3")).map((dropped) => dropped.record)).toEqual(["r2"]);
    expect(queue.add(entry("result", "r3")).map((dropped) => dropped.record)).toEqual(["r3"]);
    expect(queue.add(entry("attempt", "a4")).map((dropped) => dropped.record)).toEqual(["a1"]);
  });

  it("counts characters as well as records", () => {
    const queue = new Queue({ records: 100, chars: 10 });
    queue.add(entry("result", "12345"));
    queue.add(entry("attempt", "12345"));
    expect(queue.add(entry("attempt", "1")).map((dropped) => dropped.record)).toEqual(["12345"]);
    expect(queue.size).toBe(2);
  });

  it("gives attempts before results, at least one however large, and takes back in order", () => {
    const queue = new Queue({ records: 100, chars: 1_000 });
    for (const [phase, record] of [["result", "r1"], ["attempt", "a1"], ["result", "r2"], ["attempt", "a2"]] as const) queue.add(entry(phase, record));
    const batch = queue.take(3, 100);
    expect(batch.map((taken) => taken.record)).toEqual(["a1", "a2", "r1"]);
    queue.putBack(batch);
    expect(queue.take(10, 1).map((taken) => taken.record)).toEqual(["a1"]);
    expect(queue.take(10, 100).map((taken) => taken.record)).toEqual(["a2", "r1", "r2"]);
    expect(queue.size).toBe(0);
  });

  it("never holds more than its bounds, loses nothing uncounted, and never an attempt while a result is there", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("add" as const), phase: fc.constantFrom<Phase>("attempt", "result"), size: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ do: fc.constant("take" as const), records: fc.integer({ min: 1, max: 6 }), back: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new Queue({ records: 8, chars: 100 });
        let added = 0;
        let gone = 0;
        for (const next of steps) {
          let dropped: Entry[] = [];
          if (next.do === "add") {
            dropped = queue.add(entry(next.phase, "x".repeat(next.size)));
            added++;
          } else {
            const batch = queue.take(next.records, 60);
            if (next.back) dropped = queue.putBack(batch);
            else gone += batch.length;
          }
          gone += dropped.length;
          if (dropped.some((lost) => lost.phase === "attempt")) expect(queue.size).toBe(queue.attempts);
          expect(queue.size).toBeLessThanOrEqual(8);
        }
        const rest = queue.take(100, 10_000);
        expect(rest.reduce((sum, left) => sum + left.record.length, 0)).toBeLessThanOrEqual(100);
        expect(gone + rest.length).toBe(added);
      }),
      { numRuns: 1_000 },
    );
  });
});
