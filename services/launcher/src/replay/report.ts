/** What a replay says, as data. */
import { compareTrips, type Damage, type Interval, poissonInterval, type RecordedTrip, type ReplayedTrip, type ReplayCounts, wilsonInterval } from "@tripline/core";

export interface ReplayReport {
  readonly source: string;
  readonly tookMs: number;
  readonly cpuMs: number;
  readonly actions: number;
  readonly calls: number;
  readonly claimed: number;
  readonly agents: number;
  /** From the first action to the last. */
  readonly spanHours: number;
  /** What a budget is stated in: `agent-hours.ts` of the core says how they are counted. */
  readonly agentHours: number;
  /** Not replayed, by topic and reason. */
  readonly undecodable: Readonly<Record<string, number>>;
  readonly budget: { readonly agentHoursPerFalseTrip: number; readonly recorded: number | null };
  readonly findings: Readonly<Record<string, number>>;
  readonly alerts: Rate;
  readonly tripCount: number;
  /** At most 10,000, the first. */
  readonly trips: readonly ReplayedTrip[];
  readonly falseTrips: FalseTrips;
  readonly damage: { readonly before: Omit<Damage, "first">; readonly after: Omit<Damage, "first"> };
  readonly compared: Compared;
}

export interface Rate extends Interval {
  readonly count: number;
  readonly of: number;
  readonly rate: number;
}

export interface FalseTrips extends HourlyRate {
  /** `benign-period`: all of them, since the period is known to be benign. `resets`: those that a human's first reset after them calls false. */
  readonly counted: "benign-period" | "resets";
  readonly count: number;
  /** Trips of which no human said what they were; none where all are counted. */
  readonly unlabelled: number;
}

export interface Compared {
  readonly recorded: number;
  readonly ordered: number;
  readonly both: readonly { readonly agent: string; readonly recordedAtMs: number; readonly laterMs: number }[];
  readonly onlyReplayed: number;
  readonly onlyRecorded: readonly RecordedTrip[];
}

/** Default where nothing was recorded and nothing asked for. */
export interface Asked {
  readonly benign: boolean;
  readonly budgetHours: number;
  readonly recordedBudgetHours: number | null;
}

/** Shorter than one day of one agent nothing is said of how often something happens in an hour. */
export const LEAST_HOURS = 24;

/** Per agent-hour; null where too little is recorded to say. */
export interface HourlyRate {
  readonly perAgentHour: number | null;
  /** 95 % interval. */
  readonly low: number | null;
  readonly high: number | null;
}

export function hourlyRate(count: number, agentHours: number): HourlyRate {
  if (agentHours < LEAST_HOURS) return { perAgentHour: null, low: null, high: null };
  const { low, high } = poissonInterval(count);
  return { perAgentHour: count / agentHours, low: low / agentHours, high: high / agentHours };
}

const CALLED_FALSE = /\bfalse\b/iu;

/** True where a human reset the trip with the word false in the reason. */
export function calledFalse({ reset }: ReplayedTrip): boolean {
  return reset !== null && CALLED_FALSE.test(reset.reason);
}

export function falseTripsOf(tally: ReplayCounts, benign: boolean): FalseTrips {
  const { trips, agentHours, tripCount } = tally;
  const count = benign ? tripCount : trips.filter(calledFalse).length;
  const unlabelled = benign ? 0 : trips.filter(({ reset }) => reset === null).length + tripCount - trips.length;
  return { counted: benign ? "benign-period" : "resets", count, unlabelled, ...hourlyRate(count, agentHours) };
}

export function alertsOf({ alerts, calls }: ReplayCounts): Rate {
  return { count: alerts, of: calls, rate: calls === 0 ? 0 : alerts / calls, ...wilsonInterval(alerts, calls) };
}

export function reportOf(tally: ReplayCounts, recordedTrips: readonly RecordedTrip[], asked: Asked, given: Pick<ReplayReport, "source" | "tookMs" | "cpuMs" | "undecodable">): ReplayReport {
  const { both, onlyReplayed, onlyRecorded, ordered } = compareTrips(tally.trips, recordedTrips);
  return {
    ...given,
    actions: tally.actions,
    calls: tally.calls,
    claimed: tally.claimed,
    agents: tally.agents,
    spanHours: (tally.lastMs - tally.firstMs) / 3_600_000,
    agentHours: tally.agentHours,
    budget: { agentHoursPerFalseTrip: asked.budgetHours, recorded: asked.recordedBudgetHours },
    findings: Object.fromEntries(tally.findings),
    alerts: alertsOf(tally),
    tripCount: tally.tripCount,
    trips: tally.trips,
    falseTrips: falseTripsOf(tally, asked.benign),
    damage: { before: summed(tally.trips.map(({ before }) => before)), after: summed(tally.trips.map(({ after }) => after)) },
    compared: {
      recorded: recordedTrips.length,
      ordered,
      both: both.map(({ recorded, laterMs }) => ({ agent: recorded.agent, recordedAtMs: recorded.atMs, laterMs })),
      onlyReplayed: onlyReplayed.length,
      onlyRecorded,
    },
  };
}

function summed(damages: readonly Damage[]): Omit<Damage, "first"> {
  return { destructive: damages.reduce((sum, one) => sum + one.destructive, 0), irreversible: damages.reduce((sum, one) => sum + one.irreversible, 0) };
}
