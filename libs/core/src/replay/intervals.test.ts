import { describe, expect, it } from "vitest";
import { poissonInterval, wilsonInterval } from "./intervals.ts";

describe("95 % intervals", () => {
  it("of a Poisson mean are Garwood's, as tables print them", () => {
    const tables: [number, number, number][] = [[0, 0, 3.689], [1, 0.0253, 5.572], [5, 1.623, 11.668], [10, 4.795, 18.39], [100, 81.36, 121.63]];
    for (const [count, low, high] of tables) {
      expect(poissonInterval(count).low).toBeCloseTo(low, 2);
      expect(poissonInterval(count).high).toBeCloseTo(high, 2);
    }
  });
  it("go on without a step where the exact sum is too long", () => {
    const before = poissonInterval(200);
    const after = poissonInterval(201);
    expect(after.low - before.low).toBeGreaterThan(0.8);
    expect(after.low - before.low).toBeLessThan(1.2);
    expect(after.high - before.high).toBeGreaterThan(0.8);
    expect(after.high - before.high).toBeLessThan(1.2);
  });
  it("of a share are Wilson's, and say nothing where nothing was counted", () => {
    expect(wilsonInterval(0, 100)).toMatchObject({ low: 0, high: expect.closeTo(0.037, 3) as number });
    expect(wilsonInterval(10, 100)).toMatchObject({ low: expect.closeTo(0.0552, 4) as number, high: expect.closeTo(0.1744, 4) as number });
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });
});
