/**
 * From the alarm budget to bits. "At most one false trip in H hours of an agent" allows, with r tested actions per hour, one
 * false trip in H·r tests; a test that a benign action passes with probability 2^−b per action may therefore trip at
 * b ≥ log2(H·r). r is the agent's own. An agent's hours are those of the days on which it acts.
 *
 * Three kinds of evidence and their combination share the budget: a kind with share s must exceed log2(H·r) − log2(s), which
 * is the union bound. The shares add up to 1.
 */
import { DEFAULT_ALERTS_PER_CALL, type Policy } from "@tripline/model";

/** Never trip on less, whatever the budget says. */
export const MIN_BUDGET_BITS = 10;

/** The climb gets most: its evidence grows slowest and its test is the tightest (its false-alarm rate is met, not merely bounded). */
export const SHARES = { burst: 0.25, climb: 0.45, scope: 0.2, combined: 0.1 } as const;

export function budgetBits(policy: Pick<Policy, "budget">, actionsPerHour: number): number {
  return Math.max(MIN_BUDGET_BITS, Math.log2(policy.budget.agentHoursPerFalseTrip * Math.max(1, actionsPerHour)));
}

/** −log2 of the share of days on which the climb may trip by itself: its share of the budget, over days of 24 hours. */
export function climbBitsPerDay({ budget }: Pick<Policy, "budget">): number {
  return Math.log2(budget.agentHoursPerFalseTrip / 24) - Math.log2(SHARES.climb);
}

/** Bits from which on something unusual among an agent's own calls may be worth an alert: as improbable as the budget of alerts allows. */
export function alertBits({ budget }: Pick<Policy, "budget">): number {
  return -Math.log2(budget.alertsPerCall ?? DEFAULT_ALERTS_PER_CALL);
}
