import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combine } from "../risk/risk.ts";
import { budgetBits, MIN_BUDGET_BITS, SHARES } from "../risk/budget.ts";
import { BaselineTable } from "./baseline-table.ts";
import { betaGeometricBits, measureBurst } from "./burst.ts";
import { log2NormalTail, measureClimb } from "./climb.ts";
import { DAY_MS, F32, NAME_WORDS, NAMES_AT, RESOURCE_WORDS, RESOURCES_AT, STRIDE_BYTES } from "./layout.ts";
import { SCOPE } from "./scope.ts";
import { learn, measure } from "./measure.ts";
import { Population } from "./population.ts";
import { REFERENCE_DAYS } from "./reference.ts";
import { hashName, sketchAdd, sketchFull, sketchHas } from "./sketch.ts";
import { newBaselineView, type BaselineView } from "./view.ts";

const START_MS = Date.UTC(2026, 0, 5);

interface Step {
  readonly gapMs: number;
  readonly destructive: boolean;
  readonly operation: number;
  readonly resource: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  gapMs: fc.oneof(fc.integer({ min: -10_000, max: 10_000 }), fc.integer({ min: 0, max: 3 * DAY_MS }), fc.constant(90 * DAY_MS)),
  destructive: fc.boolean(),
  operation: fc.integer({ min: 1, max: 40 }),
  resource: fc.integer({ min: 0, max: 500 }),
});

function judge(table: BaselineTable, slot: number, view: BaselineView, atMs: number, { destructive, operation, resource }: Omit<Step, "gapMs">) {
  view.destructive = destructive;
  const { signs } = view.scope;
  signs.operationHash = hashName(`op${operation}`, 1);
  signs.resourceHash = resource === 0 ? 0 : hashName(`res${resource}`, 2);
  signs.environmentHash = 0;
  signs.shown.fill(-1);
  const page = table.page(slot);
  const word = table.wordAt(slot);
  measure(page, word, atMs, atMs, view);
  const risk = combine(page, word, atMs, view, 20);
  learn(page, word, atMs, view, !risk.over);
  return risk;
}

function run(table: BaselineTable, slot: number, steps: readonly Step[], fromMs = START_MS): number[] {
  const view = newBaselineView();
  let atMs = fromMs;
  return steps.map((one) => {
    atMs += one.gapMs;
    return judge(table, slot, view, atMs, one).bits;
  });
}

/** One action every `gapMs`, every `every`th destructive, for `days`. */
function steady(table: BaselineTable, slot: number, gapMs: number, every: number, days: number): number {
  const view = newBaselineView();
  let atMs = START_MS;
  for (let count = 1; atMs < START_MS + days * DAY_MS; count += 1) {
    atMs += gapMs;
    judge(table, slot, view, atMs, { destructive: count % every === 0, operation: 1 + (count % 5), resource: 0 });
  }
  return atMs;
}

describe("a baseline", () => {
  it("costs at most 2 KiB an agent", () => {
    expect(STRIDE_BYTES).toBeLessThanOrEqual(2_048);
  });
  it("never yields anything but finite, non-negative evidence, whatever happens in whatever time", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const table = new BaselineTable(1);
        for (const bits of run(table, table.allocate()!, steps)) expect(Number.isFinite(bits) && bits >= 0).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
  it("goes on after serialize and restore exactly as without", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(step, { minLength: 1, maxLength: 30 }), (before, after) => {
        const table = new BaselineTable(2);
        const [original, copy] = [table.allocate()!, table.allocate()!];
        run(table, original, before);
        const bytes = table.serialize(original);
        expect(table.restore(copy, bytes)).toBe("restored");
        expect(table.serialize(copy)).toEqual(bytes);
        const later = START_MS + 400 * DAY_MS;
        expect(run(table, copy, after, later)).toEqual(run(table, original, after, later));
      }),
      { numRuns: 100 },
    );
  });
  it("refuses a stored state that is cut short or of another format, and starts afresh", () => {
    const table = new BaselineTable(1);
    const slot = table.allocate()!;
    run(table, slot, [{ gapMs: 5, destructive: true, operation: 1, resource: 1 }]);
    const bytes = table.serialize(slot);
    const fresh = new BaselineTable(1);
    const empty = fresh.serialize(fresh.allocate()!);
    const otherFormat = bytes.slice();
    otherFormat[0] = 9;
    for (const damaged of [bytes.slice(0, -1), otherFormat, new Uint8Array(0)]) {
      expect(table.restore(slot, damaged)).toBe("unusable");
      expect(table.serialize(slot)).toEqual(empty);
    }
  });
  it("has counted at least half as many chances as its sets have bits, so that a set is known not to be full without counting it out", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new BaselineTable(1);
        const slot = table.allocate()!;
        run(table, slot, steps);
        const { f32, u32 } = table.page(slot);
        const at = table.wordAt(slot);
        const bits = (from: number, count: number): number => u32.slice(at + from, at + from + count).reduce((sum, word) => sum + word.toString(2).replaceAll("0", "").length, 0);
        const chances = (feature: number): number => f32[at + F32.scopeChances + feature]!;
        expect(bits(NAMES_AT, NAME_WORDS)).toBeLessThanOrEqual(2 * (chances(SCOPE.operation) + chances(SCOPE.environment) + chances(SCOPE.unregistered)));
        expect(bits(RESOURCES_AT, RESOURCE_WORDS)).toBeLessThanOrEqual(2 * chances(SCOPE.resource));
      }),
      { numRuns: 100 },
    );
  });
  it("is the same after its lines were read ahead", () => {
    const table = new BaselineTable(2);
    const slots = [table.allocate()!, table.allocate()!];
    for (const slot of slots) run(table, slot, [{ gapMs: 5, destructive: true, operation: 1, resource: 1 }]);
    const bytes = slots.map((slot) => table.serialize(slot));
    expect(table.warm(slots)).toBe(table.warm(slots));
    expect(table.warm([])).toBe(0);
    expect(slots.map((slot) => table.serialize(slot))).toEqual(bytes);
  });
  it("answers null when every slot is taken, and gives a freed one out empty", () => {
    const table = new BaselineTable(2);
    const first = table.allocate()!;
    const empty = table.serialize(first);
    expect(table.allocate()).not.toBeNull();
    expect(table.allocate()).toBeNull();
    run(table, first, [{ gapMs: 1, destructive: true, operation: 3, resource: 2 }]);
    table.free(first);
    const again = table.allocate()!;
    expect(table.serialize(again)).toEqual(empty);
  });
});

describe("burst evidence", () => {
  it("grows with every further deletion, and shrinks with what is usual", () => {
    const counts = fc.double({ min: 0, max: 40, noNaN: true });
    const figures = fc.double({ min: 0.001, max: 500, noNaN: true });
    fc.assert(
      fc.property(counts, counts, figures, figures, (one, other, events, terms) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        expect(betaGeometricBits(more, events, terms)).toBeGreaterThanOrEqual(betaGeometricBits(less, events, terms));
        expect(betaGeometricBits(more, events * 2, terms)).toBeLessThanOrEqual(betaGeometricBits(more, events, terms));
      }),
    );
  });
  it("exceeds the budget by the fifth deletion of an agent that never varied", () => {
    const table = new BaselineTable(1);
    const slot = table.allocate()!;
    let atMs = steady(table, slot, 180_000, 60, 2) + 60_000;
    const view = newBaselineView();
    const risks = Array.from({ length: 5 }, () => judge(table, slot, view, (atMs += 90), { destructive: true, operation: 1, resource: 0 }));
    expect(risks[4]?.over).toBe(true);
    expect(risks[0]?.over).toBe(false);
  });
  it("stays calm where bursts are usual for the agent", () => {
    const table = new BaselineTable(1);
    const slot = table.allocate()!;
    const view = newBaselineView();
    let atMs = START_MS;
    let highest = 0;
    for (let task = 0; task < 300; task += 1) {
      atMs += 3_600_000;
      for (let call = 0; call < 30; call += 1) highest = Math.max(highest, judge(table, slot, view, (atMs += 800), { destructive: call % 10 < 2 && task % 3 === 0, operation: 1, resource: 0 }).bits);
    }
    const burst = Array.from({ length: 4 }, () => judge(table, slot, view, (atMs += 800), { destructive: true, operation: 1, resource: 0 }).over);
    expect(burst).toEqual([false, false, false, false]);
    expect(highest).toBeLessThan(20);
  });
  it("is not taught by the cluster that it judges", () => {
    const table = new BaselineTable(1);
    const slot = table.allocate()!;
    let atMs = steady(table, slot, 180_000, 60, 2);
    const { f32 } = table.page(slot);
    const word = table.wordAt(slot);
    const before = f32[word + F32.destructiveNear]!;
    const view = newBaselineView();
    for (let count = 0; count < 20; count += 1) judge(table, slot, view, (atMs += 90), { destructive: true, operation: 1, resource: 0 });
    expect(f32[word + F32.destructiveNear]).toBeCloseTo(before, 3);
    const out = { bits: 0, scale: 0, count: 0, usual: 0 };
    measureBurst(f32, word, 48, 0.02, out);
    expect(out.bits).toBeGreaterThan(30);
  });
});

describe("climb evidence", () => {
  const climbBits = (counts: readonly number[], perDay = 1_000): number => {
    const table = new BaselineTable(1);
    const slot = table.allocate()!;
    const { f32 } = table.page(slot);
    const word = table.wordAt(slot);
    f32[word + F32.today] = counts.length - 1;
    counts.forEach((count, day) => {
      f32[word + F32.dayDestructive + day] = count;
      f32[word + F32.dayActions + day] = perDay;
    });
    const out = { bits: 0, days: 0, shareBefore: 0, shareNow: 0 };
    measureClimb(f32, word, 1, out);
    return out.bits;
  };
  it("sees five per cent a day from twenty before it doubles", () => {
    const counts = Array.from({ length: 23 }, (_, day) => Math.round(20 * 1.05 ** Math.max(0, day - 9)));
    expect(climbBits(counts)).toBeGreaterThan(16);
  });
  it("says nothing of steady, falling or merely noisy days", () => {
    expect(climbBits(Array.from({ length: 20 }, (_, day) => 20 + (day % 2)))).toBeLessThan(2);
    expect(climbBits(Array.from({ length: 20 }, (_, day) => 40 - day))).toBe(0);
    expect(climbBits([18, 25, 14, 22, 27, 16, 21, 19, 24, 15, 23, 20])).toBeLessThan(4);
  });
  it("takes one odd day for an odd day, not for the climb of the days about it", () => {
    const usual = Array.from({ length: 14 }, () => 20);
    expect(climbBits([...usual, 20, 60, 21, 22])).toBeLessThan(6);
    expect(climbBits([...usual, 30, 32, 31, 30])).toBeGreaterThan(6);
  });
  it("does not mistake fewer reads for more deletions", () => {
    const table = new BaselineTable(1);
    const slot = table.allocate()!;
    const { f32 } = table.page(slot);
    const word = table.wordAt(slot);
    f32[word + F32.today] = 11;
    for (let day = 0; day < 12; day += 1) {
      f32[word + F32.dayDestructive + day] = day < 6 ? 20 : 19;
      f32[word + F32.dayActions + day] = day < 6 ? 1_000 : 300;
    }
    const out = { bits: 0, days: 0, shareBefore: 0, shareNow: 0 };
    measureClimb(f32, word, 1, out);
    expect(out.bits).toBe(0);
  });
  it("freezes its reference: a year of slow climbing cannot teach more than double", () => {
    const table = new BaselineTable(1);
    const slot = table.allocate()!;
    const { f32 } = table.page(slot);
    const word = table.wordAt(slot);
    const view = newBaselineView();
    let atMs = START_MS;
    for (let day = 0; day < 365; day += 1) {
      for (let call = 0; call < 100; call += 1) judge(table, slot, view, (atMs += DAY_MS / 100), { destructive: call < 4 + day / 4, operation: 1, resource: 0 });
    }
    const share = f32[word + F32.referenceDestructive]! / f32[word + F32.referenceActions]!;
    expect(f32[word + F32.referenceDays]).toBe(REFERENCE_DAYS);
    expect(share).toBeLessThanOrEqual(f32[word + F32.frozenShare]! * 2.001);
  });
  it("has the tail of the normal distribution right, far out too", () => {
    expect(2 ** log2NormalTail(1.959964)).toBeCloseTo(0.025, 5);
    expect(log2NormalTail(6)).toBeCloseTo(Math.log2(9.8659e-10), 1);
    expect(Number.isFinite(log2NormalTail(60))).toBe(true);
  });
});

describe("the sketch", () => {
  it("never calls a known name new, and falls silent when full", () => {
    const words = new Uint32Array(RESOURCE_WORDS);
    const names = Array.from({ length: 900 }, (_, index) => hashName(`name-${index}`, 2));
    for (const name of names) sketchAdd(words, 0, RESOURCE_WORDS, name);
    expect(names.every((name) => sketchHas(words, 0, RESOURCE_WORDS, name))).toBe(true);
    const fresh = new Uint32Array(RESOURCE_WORDS);
    expect(sketchFull(fresh, 0, RESOURCE_WORDS)).toBe(false);
    for (let index = 0; index < 5_000; index += 1) sketchAdd(fresh, 0, RESOURCE_WORDS, hashName(`more-${index}`, 2));
    expect(sketchFull(fresh, 0, RESOURCE_WORDS)).toBe(true);
  });
});

describe("the population", () => {
  it("finds what nobody did rarer than what the role does, and survives storing", () => {
    const population = new Population();
    for (let index = 0; index < 50; index += 1) population.learn("coder", hashName(`common-${index % 10}`, 1));
    const known = population.bitsFor("coder", hashName("common-3", 1));
    const unheard = population.bitsFor("coder", hashName("unheard-of", 1));
    expect(unheard).toBeGreaterThan(known);
    const copy = new Population();
    expect(copy.restore(population.serialize())).toBe("restored");
    expect(copy.bitsFor("coder", hashName("unheard-of", 1))).toBe(unheard);
    expect(copy.restore(new Uint8Array([7]))).toBe("unusable");
  });
});

describe("the alarm budget", () => {
  it("asks for one bit more with each doubling of hours or of the agent's own rate, and never less than the floor", () => {
    const budget = (hours: number, rate: number) => budgetBits({ budget: { agentHoursPerFalseTrip: hours } }, rate);
    expect(budget(100_000, 20) - budget(50_000, 20)).toBeCloseTo(1, 10);
    expect(budget(50_000, 40) - budget(50_000, 20)).toBeCloseTo(1, 10);
    expect(budget(1, 1)).toBe(MIN_BUDGET_BITS);
  });
  it("is shared out whole", () => {
    expect(Object.values(SHARES).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 10);
  });
});
