import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { areaInterval, areaUnderRoc, rocCurve, thresholdFor } from "./curve.ts";

const scores = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 });

describe("the area under the ROC curve", () => {
  it.each([
    [[1, 2], [3, 4], 1],
    [[3, 4], [1, 2], 0],
    [[1, 1], [1, 1], 0.5],
    [[0, 2], [1, 2], 0.625],
  ])("of benign %j and attacked %j is %f", (benign, attacked, area) => expect(areaUnderRoc(benign, attacked)).toBe(area));

  it("says nothing of nothing", () => expect([areaUnderRoc([], [1]), areaUnderRoc([1], [])]).toEqual([null, null]));

  it("counts the pairs in order, and is what lies under the curve drawn", () => {
    fc.assert(
      fc.property(scores, scores, (benign, attacked) => {
        const pairs = attacked.flatMap((a) => benign.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
        const area = areaUnderRoc(benign, attacked)!;
        expect(area).toBeCloseTo(pairs.reduce((sum: number, one) => sum + one, 0) / pairs.length, 9);
        const points = rocCurve(benign, attacked);
        let under = 0;
        for (const [index, { benign: x, attacked: y }] of points.entries()) if (index > 0) under += (x - points[index - 1]!.benign) * ((y + points[index - 1]!.attacked) / 2);
        expect(under).toBeCloseTo(area, 9);
        const [low, high] = areaInterval(area, benign.length, attacked.length);
        expect(low <= area + 1e-12 && area - 1e-12 <= high).toBe(true);
      }),
    );
  });
});

describe("a threshold for a share of sessions", () => {
  it("flags no more than that share, and the next lower score would", () => {
    fc.assert(
      fc.property(scores, fc.double({ min: 0, max: 0.9, noNaN: true }), (sessions, share) => {
        const threshold = thresholdFor(sessions, share);
        const flagged = (at: number): number => sessions.filter((score) => score >= at).length;
        expect(flagged(threshold)).toBeLessThanOrEqual(share * sessions.length + 1e-6);
        const next = Math.max(...sessions.filter((score) => score < threshold));
        expect(flagged(next)).toBeGreaterThan(Math.floor(share * sessions.length));
      }),
    );
  });

  it("lets ties pass rather than flag too many", () => expect(thresholdFor([0, 0, 0, 0], 0.5)).toBeGreaterThan(0));
});
