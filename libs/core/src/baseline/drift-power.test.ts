import { describe, expect, it } from "vitest";
import { budgetBits, climbBitsPerDay } from "../risk/budget.ts";
import { combine } from "../risk/risk.ts";
import { BaselineTable } from "./baseline-table.ts";
import { baseRateFor, fastestBeforeDoubling, slowestWithinRing, type Steady } from "./drift-power.ts";
import { DAY_MS } from "./layout.ts";
import { acceptHistory, learn, measure } from "./measure.ts";
import { newBaselineView } from "./view.ts";

const HOURS = 50_000;
const steady = (over: Partial<Steady> = {}): Steady => ({ days: 14, dispersion: 1, bitsPerDay: climbBitsPerDay({ budget: { agentHoursPerFalseTrip: HOURS } }), ...over });

/** Uniform numbers in [0, 1), the same for the same seed. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function poisson(mean: number, random: () => number): number {
  let count = -1;
  for (let left = mean; left > 0; count += 1) left += Math.log(1 - random());
  return count;
}

/** Share of simulated lives in which the best test, told growth and start, finds the rise before it doubles, with a false alarm in 2^−bits of those without. */
function idealPower(perDay: number, growth: number, days: number, bits: number): number {
  const rising = Math.floor(Math.LN2 / Math.log1p(growth)) + 1;
  const weights = Array.from({ length: days + rising }, (_, day) => (1 + growth) ** Math.max(0, day - days));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  const random = uniform(42);
  const lives = (risen: boolean): number[] =>
    Array.from({ length: 4_000 }, () => weights.reduce((sum, weight) => sum + poisson(perDay * (risen ? weight : mean), random) * Math.log(weight / mean), 0));
  const threshold = lives(false).toSorted((a, b) => b - a)[Math.floor(4_000 * 2 ** -bits)]!;
  return lives(true).filter((ratio) => ratio > threshold).length / 4_000;
}

/** Day on which an agent whose destructive rate starts to grow after `days` is over its budget; null where it doubled before. */
function foundOnDay(perDay: number, growth: number, days: number, seed: number): number | null {
  const table = new BaselineTable(1);
  const slot = table.allocate()!;
  const [page, word, view, random] = [table.page(slot), table.wordAt(slot), newBaselineView(), uniform(seed)];
  view.scope.signs.shown.fill(-1);
  const actionsPerDay = perDay * 8;
  const startMs = Date.UTC(2026, 0, 5);
  for (let atMs = startMs; ; ) {
    atMs -= (Math.log(1 - random()) * DAY_MS) / actionsPerDay;
    const day = Math.floor((atMs - startMs) / DAY_MS);
    const factor = (1 + growth) ** Math.max(0, day - days);
    if (factor >= 2) return null;
    view.destructive = random() < factor / 8;
    measure(page, word, atMs, atMs, view);
    const risk = combine(page, word, atMs, view, budgetBits({ budget: { agentHoursPerFalseTrip: HOURS } }, view.actionsPerHour));
    learn(page, word, atMs, view, !risk.over);
    if (risk.over && day >= days) return day;
    if (risk.over) acceptHistory(page, word);
  }
}

describe("what can be known of a slow rise", () => {
  it("is what the best test of simulated days finds: nearly always at the base rate said, rarely at a third of it", () => {
    const perDay = baseRateFor(0.1, steady({ bitsPerDay: 7 }));
    expect(idealPower(perDay, 0.1, 14, 7)).toBeCloseTo(0.99, 1);
    expect(idealPower(perDay, 0.1, 14, 7)).toBeGreaterThan(0.975);
    expect(idealPower(perDay / 3, 0.1, 14, 7)).toBeLessThan(0.7);
  });
  it("takes more actions a day the faster the rise, the fewer days are known, the wider they spread and the smaller the budget", () => {
    const base = baseRateFor(0.05, steady());
    expect(baseRateFor(0.1, steady())).toBeGreaterThan(base);
    expect(baseRateFor(0.05, steady({ days: 5 }))).toBeGreaterThan(base);
    expect(baseRateFor(0.05, steady({ dispersion: 3 }))).toBeCloseTo(3 * base, 6);
    expect(baseRateFor(0.05, steady({ bitsPerDay: 20 }))).toBeGreaterThan(base);
  });
  it("is the same whether asked for the rate or for the growth", () => {
    const perDay = baseRateFor(0.04, steady());
    expect(fastestBeforeDoubling(perDay, steady())).toBeCloseTo(0.04, 3);
    expect(fastestBeforeDoubling(0.5, steady())).toBe(0);
  });
  it("has a slowest growth within the days kept, the slower the more an agent destroys, and none for one that hardly does", () => {
    const slowest = [10, 20, 40].map((perDay) => slowestWithinRing(perDay, steady())!);
    expect(slowest).toEqual(slowest.toSorted((a, b) => b - a));
    expect(slowest[2]).toBeGreaterThan(0.005);
    expect(slowestWithinRing(0.000_01, steady())).toBeNull();
  });
});

describe("a slow rise of an agent's destructive actions", () => {
  const LIVES = 24;
  for (const growth of [0.02, 0.05, 0.1]) {
    it(`of ${growth * 100} % a day is found before it doubles, at one and a half times the base rate that theory asks for`, () => {
      const days = Array.from({ length: LIVES }, (_, seed) => 10 + (seed % 9));
      const found = days.filter((before, seed) => foundOnDay(1.5 * baseRateFor(growth, steady({ days: before })), growth, before, 1_000 + seed * 7_919) !== null);
      expect(found.length).toBeGreaterThanOrEqual(LIVES - 1);
    });
  }
});
