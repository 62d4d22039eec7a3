import { describe, expect, it } from "vitest";
import { combine } from "../risk/risk.ts";
import { takeAlert } from "../risk/alert-level.ts";
import { accountOf } from "./account.ts";
import { BaselineTable } from "./baseline-table.ts";
import { baseRateFor } from "./drift-power.ts";
import { DAY_MS, RING_DAYS } from "./layout.ts";
import { countTrip, learn, measure } from "./measure.ts";
import { newBaselineView } from "./view.ts";

const POLICY = { budget: { agentHoursPerFalseTrip: 50_000, alertsPerCall: 0.002 } };

/** A baseline after so many days, with so many destructive ones among a hundred evenly spread actions each. */
function after(days: number, destructive: number, then: (table: BaselineTable, slot: number) => void = () => undefined): Uint8Array {
  const table = new BaselineTable(1);
  const slot = table.allocate()!;
  const [page, word, view] = [table.page(slot), table.wordAt(slot), newBaselineView()];
  view.scope.signs.shown.fill(-1);
  for (let call = 0; call < days * 100; call += 1) {
    const atMs = Date.UTC(2026, 0, 5) + (call * DAY_MS) / 100;
    view.destructive = ((call * 37) % 100) < destructive;
    measure(page, word, atMs, atMs, view);
    combine(page, word, atMs, view, 99);
    learn(page, word, atMs, view, true);
  }
  then(table, slot);
  return table.serialize(slot);
}

describe("the account of a baseline", () => {
  it("says what can be known of a rise, from the agent's own days", () => {
    const { drift } = accountOf(after(31, 20), POLICY)!;
    expect(drift).toMatchObject({ days: 30, perDay: 20, withinDays: RING_DAYS });
    expect(drift.dispersion).toBeLessThan(1.5);
    expect(drift.fastestBeforeDoubling).toBeGreaterThan(0.03);
    expect(drift.slowest).toBeLessThan(0.05);
    expect(drift.takesPerDay["5 %"]).toBeCloseTo(baseRateFor(0.05, { days: 30, dispersion: drift.dispersion, bitsPerDay: Math.log2(50_000 / 24 / 0.45) }), 6);
  });
  it("says that nothing can be known of one that hardly destroys anything, nor of a newcomer", () => {
    expect(accountOf(after(31, 0), POLICY)!.drift).toMatchObject({ perDay: 0, slowest: null, fastestBeforeDoubling: 0 });
    expect(accountOf(after(1, 20), POLICY)!.drift).toMatchObject({ days: 0, perDay: 0, slowest: null });
  });
  it("sets alerts and trips beside what the budget allows in the same calls and hours", () => {
    const quiet = accountOf(after(20, 5), POLICY)!;
    expect(quiet).toMatchObject({ calls: 2_000, alerts: { asked: 4, actual: 0 }, trips: { asked: quiet.agentHours / 50_000, actual: 0 } });
    // Of the newest day as much as has passed up to the last action: a hundred a day, evenly spread.
    expect(quiet.agentHours).toBeCloseTo(480 - 24 / 100, 3);
    const bytes = after(20, 5, (table, slot) => {
      takeAlert(table.page(slot), table.wordAt(slot), 30, 0.002);
      countTrip(table.page(slot), table.wordAt(slot));
    });
    const loud = accountOf(bytes, POLICY)!;
    expect(loud).toMatchObject({ alerts: { actual: 1 }, trips: { actual: 1 } });
    expect(loud.alertBits).toBeGreaterThan(quiet.alertBits + 7.9);
    expect(quiet.tripBits).toBeCloseTo(Math.log2(50_000 * 4.3), 0);
  });
  it("is none of bytes that are no baseline", () => expect(accountOf(new Uint8Array([7, 7]), POLICY)).toBeNull());
});
