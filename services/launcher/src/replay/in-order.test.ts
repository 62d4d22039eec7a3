import { openMemoryLog } from "@tripline/event-log";
import { encode } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inOrder } from "./in-order.ts";

async function logOf(writes: readonly (readonly [key: number, afterMs: number])[]) {
  let nowMs = 1;
  const log = await openMemoryLog({ partitions: 4 }, { metrics: createMetrics(), clock: () => nowMs });
  for (const [key, afterMs] of writes) {
    nowMs += afterMs;
    await log.append("clock", [{ key: `k${key}`, value: encode("clock", { v: 1, atMs: nowMs }) }]);
  }
  return log;
}

describe("a topic in the order of receipt", () => {
  it("is whole, oldest first over all partitions, and ends where it ended when asked", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(9), fc.nat(3)), { maxLength: 60 }), async (writes) => {
        const log = await logOf(writes);
        const times: number[] = [];
        for await (const records of inOrder(log, "clock")) for (const { timestampMs } of records) times.push(timestampMs);
        expect(times).toHaveLength(writes.length);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        await log.close();
      }),
      { numRuns: 40 },
    );
  });

  it("is let go of when the reader leaves early", async () => {
    const log = await logOf(Array.from({ length: 50 }, (_, index) => [index % 10, 1] as const));
    for await (const records of inOrder(log, "clock")) {
      expect(records[0]?.timestampMs).toBe(2);
      break;
    }
    await log.close();
  });
});
