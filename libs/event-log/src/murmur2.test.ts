import { describe, expect, it } from "vitest";
import { murmur2, partitionOf } from "./murmur2.ts";

// Published in Apache Kafka's own UtilsTest.
const KNOWN: readonly (readonly [string, number])[] = [
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
];

describe("partitioner", () => {
  it.each(KNOWN)("hashes %s as Kafka does", (text, hash) => {
    expect(murmur2(new TextEncoder().encode(text))).toBe(hash);
  });

  it("clears the sign bit before the modulo, as Kafka's DefaultPartitioner", () => {
    for (const [text, hash] of KNOWN) expect(partitionOf(text, 48)).toBe((hash & 0x7fffffff) % 48);
  });

  it("hashes the UTF-8 bytes of the key, however long", () => {
    const key = "мандат/агент-7".repeat(500);
    expect(partitionOf(key, 48)).toBe((murmur2(new TextEncoder().encode(key)) & 0x7fffffff) % 48);
  });

  it("spreads keys over all 48 partitions", () => {
    const seen = new Set(Array.from({ length: 2_000 }, (_, i) => partitionOf(`acme/agent-${i}`, 48)));
    expect(seen.size).toBe(48);
  });
});
