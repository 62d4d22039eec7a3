import type { RecordedTrip, ReplayedTrip, ReplayCounts } from "@tripline/core";
import { describe, expect, it } from "vitest";
import { tuningText } from "./tuning-text.ts";
import { candidateHours, type Tuning, tuningOf } from "./tuning.ts";

const trip = (atMs: number, cause: ReplayedTrip["cause"] = "risk"): ReplayedTrip => ({
  tenant: "t", agent: "bot", atMs, cause, rule: "r", summary: "", actionId: `a${atMs}`, evidence: [], reported: "after-it-ran",
  before: { destructive: 0, irreversible: 0, first: [] }, after: { destructive: 0, irreversible: 0, first: [] }, reset: null,
});
const tally = (agentHours: number, trips: readonly ReplayedTrip[], alerts = 0): ReplayCounts => ({ agentHours, trips, tripCount: trips.length, alerts, calls: 10_000 }) as unknown as ReplayCounts;
const HOUR_MS = 3_600_000;

/** Trips at every tenth hour, as many for each candidate as given. */
function tuned(agentHours: number, counts: readonly number[], over: { alerts?: readonly number[]; alertShare?: number; recorded?: readonly RecordedTrip[]; hard?: number } = {}): Tuning {
  const wanted = { budgetHours: 1_000, alertShare: over.alertShare ?? null };
  const hard = Array.from({ length: over.hard ?? 0 }, (_, index) => trip(index, "hard-finding"));
  const tallies = counts.map((count, at) => tally(agentHours, [...hard, ...Array.from({ length: count }, (_, index) => trip(1e9 + index * 10 * HOUR_MS))], over.alerts?.[at]));
  return tuningOf(wanted, candidateHours(wanted), tallies, over.recorded ?? [], over.recorded === undefined);
}

describe("the budget that is proposed", () => {
  it("is tried around the one asked for, within what a policy can hold", () => {
    expect(candidateHours({ budgetHours: 1_000, alertShare: null })).toEqual([10, 100, 333, 1_000, 3_000, 10_000, 100_000]);
    expect(candidateHours({ budgetHours: 1, alertShare: null })).toEqual([1, 3, 10, 100]);
    expect(candidateHours({ budgetHours: 1e9, alertShare: null }).at(-1)).toBe(1e9);
  });

  it("is the one asked for where the data show it kept, and where they cannot tell", () => {
    expect(tuned(100_000, [500, 90, 80, 60, 5, 1, 0]).proposed).toEqual({ agentHoursPerFalseTrip: 1_000, why: "kept" });
    expect(tuned(10_000, [500, 90, 80, 8, 5, 1, 0]).proposed).toEqual({ agentHoursPerFalseTrip: 1_000, why: "open" });
    expect(tuned(500, [0, 0, 0, 0, 0, 0, 0]).proposed).toEqual({ agentHoursPerFalseTrip: 1_000, why: "too-short" });
  });

  it("is less sensitive only where the data contradict the one asked for, and none where they contradict all", () => {
    expect(tuned(10_000, [500, 90, 80, 40, 30, 8, 0]).proposed).toEqual({ agentHoursPerFalseTrip: 10_000, why: "less-sensitive" });
    expect(tuned(10_000, [90, 90, 90, 90, 90, 90, 90]).proposed).toBeNull();
  });

  it("is more sensitive only where that trips on more of what a human let stand", () => {
    const recorded: RecordedTrip = { tenant: "t", agent: "bot", atMs: 1e9 + 10 * HOUR_MS, cause: "risk", summary: "", actionIds: [] };
    expect(tuned(100_000, [500, 2, 2, 1, 0, 0, 0], { recorded: [recorded] })).toMatchObject({ counted: "not-confirmed", confirmedTrips: 1, proposed: { agentHoursPerFalseTrip: 100, why: "catches-more" } });
    expect(tuned(100_000, [500, 2, 2, 2, 0, 0, 0], { recorded: [recorded] }).proposed).toMatchObject({ agentHoursPerFalseTrip: 1_000 });
  });

  it("keeps the alerts within what is asked as well", () => {
    expect(tuned(100_000, [0, 0, 0, 0, 0, 0, 0], { alerts: [90, 80, 70, 60, 50, 15, 10], alertShare: 0.002 }).proposed).toMatchObject({ agentHoursPerFalseTrip: 10_000 });
  });

  it("is not blamed for the trips of hard rules, which are told apart", () => {
    const tuning = tuned(100_000, [0, 0, 0, 0, 0, 0, 0], { hard: 900 });
    expect(tuning.candidates[0]).toMatchObject({ hardFalseTrips: 900, falseTrips: 0, budget: "kept" });
  });

  it("says in plain words which trips are counted as false", () => {
    const recorded = (hour: number): RecordedTrip => ({ tenant: "t", agent: "bot", atMs: 1e9 + hour * 10 * HOUR_MS, cause: "risk", summary: "", actionIds: [] });
    const told = (...trips: readonly RecordedTrip[]): string => tuningText(tuned(100_000, [500, 3, 3, 3, 3, 3, 3], { recorded: trips }), "here", 0).replaceAll("\n", " ");
    expect(told()).toContain("Counted as false: every trip: none is on record that a human let stand.");
    expect(told(recorded(1))).toContain("Counted as false: every trip but one that is on record and that no reset calls false.");
    expect(told(recorded(0), recorded(1))).toContain("Counted as false: every trip but 2 that are on record and that no reset calls false.");
  });

  it("is not shown by no history at all", () => {
    expect(tuned(0, [0, 0, 0, 0, 0, 0, 0])).toMatchObject({ proposed: { why: "too-short" }, candidates: Array.from({ length: 7 }, () => ({ budget: "open" })) });
  });
});
