/**
 * What a stored baseline tells its operator: how far the alarm budget is used by the agent's own history, and which drift of its
 * destructive actions can be told from chance at all.
 */
import { DEFAULT_ALERTS_PER_CALL, type Policy } from "@tripline/model";
import { alertLevel } from "../risk/alert-level.ts";
import { budgetBits, climbBitsPerDay } from "../risk/budget.ts";
import { actionsPerHour, agentHoursOf } from "./activity.ts";
import { BaselineTable } from "./baseline-table.ts";
import { steadyDays } from "./climb.ts";
import { baseRateFor, fastestBeforeDoubling, slowestWithinRing, type Steady } from "./drift-power.ts";
import { F32, RING_DAYS } from "./layout.ts";
import { clusterDispersion } from "./measure.ts";

/** Asked for, and what happened in the same calls or hours. */
export interface BudgetUse {
  readonly asked: number;
  readonly actual: number;
}

export interface Drift {
  /** Days that it is judged by, destructive actions on each, and how many times as much as chance they spread. */
  readonly days: number;
  readonly perDay: number;
  readonly dispersion: number;
  /** A rise slower than this a day cannot be told from chance within `withinDays`; null where none can, however fast. */
  readonly slowest: number | null;
  readonly withinDays: number;
  /** A rise of up to this a day can be found before the rate has doubled; 0 where none can. A faster one is found later, or as a burst. */
  readonly fastestBeforeDoubling: number;
  /** Destructive actions a day that it takes to find 1, 2, 5 and 10 % a day before they double. */
  readonly takesPerDay: Readonly<Record<string, number>>;
}

export interface BaselineAccount {
  /** Calls and agent-hours (`agent-hours.ts`) that the account goes back over: up to sixty days. */
  readonly calls: number;
  readonly agentHours: number;
  readonly trips: BudgetUse;
  readonly alerts: BudgetUse;
  /** Bits that a trip and an alert take for this agent now. */
  readonly tripBits: number;
  readonly alertBits: number;
  readonly drift: Drift;
}

const GROWTHS = [0.01, 0.02, 0.05, 0.1] as const;

/** Null where the bytes are no baseline. */
export function accountOf(bytes: Uint8Array, policy: Pick<Policy, "budget">): BaselineAccount | null {
  const table = new BaselineTable(1);
  const slot = table.allocate()!;
  if (table.restore(slot, bytes) !== "restored") return null;
  const [page, word] = [table.page(slot), table.wordAt(slot)];
  const { f32 } = page;
  const alertsPerCall = policy.budget.alertsPerCall ?? DEFAULT_ALERTS_PER_CALL;
  const calls = Math.round(f32[word + F32.rateActions]!);
  const agentHours = agentHoursOf(page, word);
  return {
    calls,
    agentHours,
    trips: { asked: agentHours / policy.budget.agentHoursPerFalseTrip, actual: Math.round(f32[word + F32.riskTrips]!) },
    alerts: { asked: calls * alertsPerCall, actual: Math.round(f32[word + F32.alerts]!) },
    tripBits: budgetBits(policy, actionsPerHour(page, word)),
    alertBits: alertLevel(page, word, alertsPerCall),
    drift: driftOf(steadyDays(f32, word, clusterDispersion(f32, word)), climbBitsPerDay(policy)),
  };
}

function driftOf({ days, perDay, dispersion }: { days: number; perDay: number; dispersion: number }, bitsPerDay: number): Drift {
  const steady: Steady = { days, dispersion, bitsPerDay };
  return {
    days,
    perDay,
    dispersion,
    slowest: slowestWithinRing(perDay, steady),
    withinDays: RING_DAYS,
    fastestBeforeDoubling: fastestBeforeDoubling(perDay, steady),
    takesPerDay: Object.fromEntries(GROWTHS.map((growth) => [`${growth * 100} %`, baseRateFor(growth, steady)])),
  };
}
