import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BaselineTable } from "../baseline/baseline-table.ts";
import { F32 } from "../baseline/layout.ts";
import { ALERT_STEP_BITS, alertLevel, MAX_ALERT_BITS, takeAlert } from "./alert-level.ts";

const PER_CALL = 0.002;

/** Alerts among calls with evidence of so many bits. */
function alertsOf(evidence: readonly number[], perCall = PER_CALL): boolean[] {
  const table = new BaselineTable(1);
  const slot = table.allocate()!;
  const [page, word] = [table.page(slot), table.wordAt(slot)];
  return evidence.map((bits) => {
    page.f32[word + F32.rateActions]! += 1;
    return takeAlert(page, word, bits, perCall);
  });
}
const count = (alerts: readonly boolean[]): number => alerts.filter(Boolean).length;

describe("the level of alerts", () => {
  it("keeps within the budget whatever an agent does, but for a bounded start", () => {
    const evidence = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 4_000 });
    const perCall = fc.constantFrom(0.0005, 0.002, 0.02, 0.5);
    fc.assert(
      fc.property(evidence, perCall, (bits, allowed) => {
        const start = (MAX_ALERT_BITS + Math.log2(allowed)) / ALERT_STEP_BITS + 1;
        expect(count(alertsOf(bits, allowed))).toBeLessThanOrEqual(allowed * bits.length + start + 1);
      }),
      { numRuns: 60 },
    );
    const loud = alertsOf(Array.from({ length: 50_000 }, () => 40));
    expect(count(loud)).toBeLessThanOrEqual(100 + 8);
    expect(count(loud)).toBeGreaterThanOrEqual(100);
  });
  it("takes what is rarer than the budget at once, and what is not never", () => {
    expect(alertsOf([8, 9])).toEqual([false, true]);
    expect(count(alertsOf(Array.from({ length: 10_000 }, () => 8.9)))).toBe(0);
  });
  it("asks for stronger evidence after an alert, until enough calls have passed", () => {
    const calls = (many: number): number[] => Array.from({ length: many }, () => 0);
    expect(alertsOf([10, 10, 18])).toEqual([true, false, true]);
    expect(alertsOf([10, ...calls(600), 10]).at(-1)).toBe(true);
  });
  it("lets a weak alarm of yesterday never hide a strong one of today", () => {
    expect(alertsOf([10, 20, 40]).at(-1)).toBe(true);
  });
  it("is least before anything happened", () => {
    const table = new BaselineTable(1);
    const slot = table.allocate()!;
    expect(alertLevel(table.page(slot), table.wordAt(slot), PER_CALL)).toBeCloseTo(-Math.log2(PER_CALL), 10);
  });
});
