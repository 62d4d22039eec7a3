import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wilson } from "./figures.ts";

describe("Wilson's 95 % interval", () => {
  it.each([
    // Computed apart from the closed form, with z = 1.959964.
    [0, 10, 0, 0.2775],
    [5, 10, 0.2366, 0.7634],
    [10, 10, 0.7225, 1],
    [81, 263, 0.2553, 0.3662],
    [1, 100, 0.0018, 0.0545],
  ])("of %i out of %i is %f to %f", (hits, of, low, high) => {
    expect(wilson(hits, of)[0]).toBeCloseTo(low, 4);
    expect(wilson(hits, of)[1]).toBeCloseTo(high, 4);
  });

  it("of nothing says nothing", () => expect(wilson(0, 0)).toEqual([0, 1]));

  it("holds the share, mirrors its complement and narrows with more of the same", () => {
    const counted = fc.integer({ min: 1, max: 100_000 }).chain((of) => fc.tuple(fc.integer({ min: 0, max: of }), fc.constant(of)));
    fc.assert(
      fc.property(counted, ([hits, of]) => {
        const [low, high] = wilson(hits, of);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(hits / of + 1e-12);
        expect(high).toBeGreaterThanOrEqual(hits / of - 1e-12);
        const [otherLow, otherHigh] = wilson(of - hits, of);
        expect(otherLow).toBeCloseTo(1 - high, 9);
        expect(otherHigh).toBeCloseTo(1 - low, 9);
        const [manyLow, manyHigh] = wilson(hits * 10, of * 10);
        expect(manyHigh - manyLow).toBeLessThan(high - low);
      }),
    );
  });
});
