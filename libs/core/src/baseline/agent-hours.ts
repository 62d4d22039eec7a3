/**
 * Agent-hours: what an alarm budget is stated in, and false trips are counted by. An agent's days have 24 hours each, from its own first
 * action on. A day on which it acted counts whole, the newest one as far as its last action; a day without any action does not count.
 * `tripline doctor`, `replay` and `tune` all count by this; thresholds are derived from it.
 */
const HOUR_MS = 3_600_000;
const HOURS_OF_DAY = 24;

/** `days`: on which the agent acted; `newestMs`: from the beginning of the newest of them to its last action. */
export function agentHours(days: number, newestMs: number): number {
  return Math.max(0, days - 1) * HOURS_OF_DAY + Math.min(HOURS_OF_DAY, Math.max(0, newestMs / HOUR_MS));
}
