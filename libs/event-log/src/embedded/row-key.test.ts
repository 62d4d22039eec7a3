import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lastRowKey, MAX_PARTITIONS, MAX_TOPIC_ID, offsetOfRowKey, rowKey } from "./row-key.ts";

const place = fc.tuple(fc.nat(MAX_TOPIC_ID), fc.nat(MAX_PARTITIONS - 1), fc.nat(2 ** 31 - 1).map((n) => n * 4_095));

describe("row key", () => {
  it("orders as topic, partition, offset do, within 63 bits", () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        const order = a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
        const [left, right] = [rowKey(...a), rowKey(...b)];
        expect(left < right).toBe(order < 0);
        expect(left).toBeLessThan(2n ** 63n);
        expect(offsetOfRowKey(left)).toBe(a[2]);
        expect(left).toBeLessThanOrEqual(lastRowKey(a[0], a[1]));
      }),
    );
  });

  it("ends a partition right before the next one begins", () => {
    expect(lastRowKey(3, 5) + 1n).toBe(rowKey(3, 6, 0));
    expect(lastRowKey(3, MAX_PARTITIONS - 1) + 1n).toBe(rowKey(4, 0, 0));
    expect(lastRowKey(MAX_TOPIC_ID, MAX_PARTITIONS - 1)).toBe(2n ** 63n - 1n);
  });
});
