import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AT, NAMES_PER_GENERATION, newBlock } from "./block.ts";
import { countIn, countOf, mix } from "./counts.ts";
import { isKnownName, learnName, namesIn } from "./names.ts";
import { learnScore, tailBits } from "./tail.ts";

describe("counts", () => {
  it("never count too little, until they are halved", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 400 }), (keys) => {
        const block = newBlock();
        const exact = new Map<number, number>();
        for (const key of keys) {
          countIn(block, mix(key, 1));
          exact.set(key, (exact.get(key) ?? 0) + 1);
        }
        for (const [key, count] of exact) if (Math.max(...exact.values()) < 255) expect(countOf(block, mix(key, 1))).toBeGreaterThanOrEqual(count);
      }),
    );
  });

  it("stay below a byte for ever, and remember the later part", () => {
    const block = newBlock();
    for (let at = 0; at < 1_000; at += 1) countIn(block, mix(1, 1));
    expect(countOf(block, mix(1, 1))).toBeLessThanOrEqual(255);
    expect(countOf(block, mix(1, 1))).toBeGreaterThan(100);
  });
});

describe("names", () => {
  it("are known from when they were learned, for a generation at least", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), (seed) => {
        const block = newBlock();
        for (let at = 0; at < NAMES_PER_GENERATION; at += 1) learnName(block, mix(at, seed));
        for (let at = 0; at < NAMES_PER_GENERATION; at += 1) expect(isKnownName(block, mix(at, seed))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("that were never learned pass for known in at most one case in six, however many were", () => {
    const block = newBlock();
    for (let at = 0; at < 20 * NAMES_PER_GENERATION; at += 1) learnName(block, mix(at, 3));
    let known = 0;
    for (let at = 0; at < 4_000; at += 1) if (isKnownName(block, mix(at, 99))) known += 1;
    expect(known / 4_000).toBeLessThan(1 / 6);
    expect(block.u32[AT.names / 4]).toBeLessThanOrEqual(NAMES_PER_GENERATION);
  });

  it("few names are hardly ever mistaken: probes of two names that share one are their own", () => {
    const block = newBlock();
    for (let at = 0; at < 300; at += 1) learnName(block, namesIn(`user${at}@example.com`)[0]!);
    let known = 0;
    for (let at = 0; at < 4_000; at += 1) if (isKnownName(block, namesIn(`other${at}@example.net`)[0]!)) known += 1;
    expect(known / 4_000).toBeLessThan(0.03);
  });

  it("are read from any value, few from one, in time that does not grow with it", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.double(), fc.string({ unit: "binary", maxLength: 3_000 })), (value) => namesIn(value).length <= 8));
    for (const text of ["a.".repeat(100_000), "-".repeat(100_000), "@".repeat(100_000), `${"a".repeat(600)}.com`]) expect(namesIn(text).length).toBeLessThanOrEqual(8);
  });

  it("sentences name what they point at, not their words", () => {
    expect(namesIn("Please send it to a.b@example.com, thanks.")).toEqual(namesIn("a.b@example.com"));
    expect(namesIn("these are only words, and more of them than one would call a title")).toEqual([]);
    expect(namesIn("Day off")).toHaveLength(1);
  });
});

describe("past scores", () => {
  it("a higher score is never more probable", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 30, noNaN: true }), { maxLength: 200 }), fc.double({ min: 0, max: 30, noNaN: true }), fc.double({ min: 0, max: 5, noNaN: true }), (past, score, more) => {
        const block = newBlock();
        for (const one of past) learnScore(block, one);
        expect(tailBits(block, score + more)).toBeGreaterThanOrEqual(tailBits(block, score) - 1e-6);
      }),
    );
  });

  it("the share of an agent's calls that exceed what is asked is that share", () => {
    const block = newBlock();
    for (let at = 0; at < 10_000; at += 1) learnScore(block, 10 * (at / 10_000) ** 4);
    const asked = Math.log2(1 / 0.02);
    let over = 0;
    for (let at = 0; at < 1_000; at += 1) if (tailBits(block, 10 * (at / 1_000) ** 4) >= asked) over += 1;
    expect(over / 1_000).toBeGreaterThan(0.01);
    expect(over / 1_000).toBeLessThan(0.03);
  });
});
