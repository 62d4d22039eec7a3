import { describe, expect, it } from "vitest";
import type { LogRecord } from "../event-log.ts";
import { Tail } from "./tail.ts";

const records = (partition: number, first: number, count: number, bytes = 800): LogRecord[] =>
  Array.from({ length: count }, (_, i) => ({ topic: "actions", partition, offset: first + i, key: "acme/a", timestampMs: 0, value: new Uint8Array(bytes) }));

describe("tail", () => {
  it("answers from memory what it holds, and null for what is older or was never there", () => {
    const tail = new Tail(1_048_576);
    tail.add(records(1, 10, 5));
    expect(tail.batch("actions", 1, 12)?.map(({ offset }) => offset)).toEqual([12, 13, 14]);
    expect(tail.batch("actions", 1, 9)).toBeNull();
    expect(tail.batch("actions", 2, 10)).toBeNull();
    expect(tail.batch("findings", 1, 10)).toBeNull();
  });

  it("never holds more than its bound, and forgets the oldest commit first, of whichever partition", () => {
    const tail = new Tail(10_000);
    for (let commit = 0; commit < 100; commit++) {
      tail.add(records(commit % 2, Math.floor(commit / 2) * 3, 3));
      expect(tail.bytes).toBeLessThanOrEqual(10_000);
    }
    // Three commits of three thousand bytes fit.
    expect(tail.batch("actions", 1, 147)?.length).toBe(3);
    expect(tail.batch("actions", 1, 144)?.length).toBe(6);
    expect(tail.batch("actions", 0, 147)?.length).toBe(3);
    expect(tail.batch("actions", 0, 144)).toBeNull();
  });

  it("keeps nothing of a commit larger than itself", () => {
    const tail = new Tail(1_000);
    tail.add(records(0, 0, 5));
    expect(tail.bytes).toBe(0);
    expect(tail.batch("actions", 0, 0)).toBeNull();
  });
});
