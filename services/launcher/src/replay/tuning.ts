/** Which alarm budget keeps the false trips of a recorded history within what is asked, and how sure that is. */
import { compareTrips, poissonInterval, type RecordedTrip, type ReplayedTrip, type ReplayCounts } from "@tripline/core";
import { alertsOf, calledFalse, type HourlyRate, hourlyRate, type Rate } from "./report.ts";

/** Budgets tried, as multiples of the one that is asked for. */
const MULTIPLES = [0.01, 0.1, 1 / 3, 1, 3, 10, 100];
const MOST_HOURS = 1e9;
/** Upper end of the 95 % interval where nothing was seen: no shorter history can show that a budget is kept. */
const NONE_SEEN = poissonInterval(0).high;

export interface Wanted {
  /** Agent-hours per false trip. */
  readonly budgetHours: number;
  /** Share of calls that may alert; null: no matter how many. */
  readonly alertShare: number | null;
}

export interface Candidate extends HourlyRate {
  readonly agentHoursPerFalseTrip: number;
  readonly trips: number;
  /** On risk over budget, and counted as false; rate and interval are theirs. */
  readonly falseTrips: number;
  /** Of hard rules, and counted as false: no budget changes those, and they come on top. */
  readonly hardFalseTrips: number;
  readonly alerts: Rate;
  /** Recorded trips that nobody called false, and that trip again. */
  readonly keptTrips: number;
  /** Whether the whole interval lies within the asked budget, beyond it, or neither. */
  readonly budget: "kept" | "missed" | "open";
  readonly alertsKept: boolean | null;
}

/**
 * `catches-more`: more sensitive than asked, trips on more of what a human let stand, and is kept all the same. `kept`: what is asked, shown by
 * the data. `too-short`: what is asked, since no history this short can show or contradict it. `open`: what is asked, and neither shown nor
 * contradicted. `less-sensitive`: what is asked is contradicted, this is not.
 */
export type Why = "catches-more" | "kept" | "too-short" | "open" | "less-sensitive";

export interface Tuning {
  readonly wanted: Wanted;
  readonly agentHours: number;
  /** Shortest history that could show the asked budget to be kept, without a single false trip. */
  readonly neededHours: number;
  readonly counted: "benign-period" | "not-confirmed";
  readonly confirmedTrips: number;
  readonly candidates: readonly Candidate[];
  /** Null where none of them keeps what is asked within these data. */
  readonly proposed: { readonly agentHoursPerFalseTrip: number; readonly why: Why } | null;
}

/** Budgets to replay, from the most sensitive on. */
export function candidateHours({ budgetHours }: Wanted): number[] {
  return MULTIPLES.map((multiple) => rounded(budgetHours * multiple)).filter((hours) => hours >= 1 && hours <= MOST_HOURS);
}

const rounded = (hours: number): number => (hours < 10 ? hours : Math.round(hours));

/** `tallies`: of replays that reset at once, one for each of `hours`. */
export function tuningOf(wanted: Wanted, hours: readonly number[], tallies: readonly ReplayCounts[], recorded: readonly RecordedTrip[], benign: boolean): Tuning {
  const candidates = hours.map((one, at) => candidateOf(one, tallies[at]!, wanted, recorded, benign));
  const { agentHours = 0 } = tallies[0] ?? {};
  const neededHours = NONE_SEEN * wanted.budgetHours;
  return {
    wanted,
    agentHours,
    neededHours,
    counted: benign ? "benign-period" : "not-confirmed",
    confirmedTrips: Math.max(0, ...candidates.map(({ keptTrips }) => keptTrips)),
    candidates,
    proposed: proposedOf(candidates, wanted, agentHours < neededHours),
  };
}

function candidateOf(agentHoursPerFalseTrip: number, tally: ReplayCounts, wanted: Wanted, recorded: readonly RecordedTrip[], benign: boolean): Candidate {
  const confirmed = benign ? new Set<ReplayedTrip>() : new Set(compareTrips(tally.trips, recorded).both.map(({ replayed }) => replayed).filter((trip) => !calledFalse(trip)));
  const counted = tally.trips.filter((trip) => !confirmed.has(trip));
  const hardFalseTrips = counted.filter(({ cause }) => cause === "hard-finding").length;
  const falseTrips = tally.tripCount - confirmed.size - hardFalseTrips;
  const rate = hourlyRate(falseTrips, tally.agentHours);
  const alerts = alertsOf(tally);
  const allowed = 1 / wanted.budgetHours;
  return {
    agentHoursPerFalseTrip,
    trips: tally.tripCount,
    falseTrips,
    hardFalseTrips,
    ...rate,
    alerts,
    keptTrips: confirmed.size,
    budget: rate.high !== null && rate.high <= allowed ? "kept" : rate.low !== null && rate.low > allowed ? "missed" : "open",
    alertsKept: wanted.alertShare === null ? null : alerts.rate <= wanted.alertShare,
  };
}

/**
 * More sensitive than asked only where that catches something and is kept all the same; else what is asked, since thresholds are derived from
 * it; less sensitive only where the data contradict that.
 */
function proposedOf(candidates: readonly Candidate[], { budgetHours }: Wanted, tooShort: boolean): Tuning["proposed"] {
  const fit = candidates.filter(({ alertsKept, budget }) => alertsKept !== false && budget !== "missed");
  const asked = fit.find(({ agentHoursPerFalseTrip }) => agentHoursPerFalseTrip === rounded(budgetHours));
  const keener = fit.find((one) => one.agentHoursPerFalseTrip < budgetHours && one.budget === "kept" && one.keptTrips > (asked?.keptTrips ?? 0));
  if (keener !== undefined) return { agentHoursPerFalseTrip: keener.agentHoursPerFalseTrip, why: "catches-more" };
  if (asked !== undefined) return { agentHoursPerFalseTrip: asked.agentHoursPerFalseTrip, why: asked.budget === "kept" ? "kept" : tooShort ? "too-short" : "open" };
  const next = fit.find(({ agentHoursPerFalseTrip }) => agentHoursPerFalseTrip > budgetHours);
  return next === undefined ? null : { agentHoursPerFalseTrip: next.agentHoursPerFalseTrip, why: "less-sensitive" };
}
