/** Replayed trips beside those that were recorded. */
import type { Trip } from "@tripline/model";
import type { ReplayedTrip } from "./tally.ts";

/** Trips of one agent this far apart are of one incident. */
export const SAME_INCIDENT_MS = 3_600_000;

export interface RecordedTrip {
  readonly tenant: string;
  readonly agent: string;
  readonly atMs: number;
  readonly cause: Trip["cause"]["kind"];
  readonly summary: string;
  /** Actions behind its evidence. */
  readonly actionIds: readonly string[];
}

export interface Matched {
  readonly replayed: ReplayedTrip;
  readonly recorded: RecordedTrip;
  /** Negative: the replay trips earlier. Milliseconds. */
  readonly laterMs: number;
}

export interface Comparison {
  readonly both: readonly Matched[];
  readonly onlyReplayed: readonly ReplayedTrip[];
  readonly onlyRecorded: readonly RecordedTrip[];
  /** Opened by a human's order: no policy decides those. */
  readonly ordered: number;
}

/** Each recorded trip has at most one replayed, by its evidence, else the nearest in time within the hour. */
export function compareTrips(replayed: readonly ReplayedTrip[], recorded: readonly RecordedTrip[]): Comparison {
  const decided = recorded.filter(({ cause }) => cause !== "command");
  const open = new Set(replayed);
  const ofAgent = Map.groupBy(replayed, ({ tenant, agent }) => `${tenant}/${agent}`);
  const both: Matched[] = [];
  const onlyRecorded: RecordedTrip[] = [];
  for (const trip of decided) {
    const match = nearest(trip, (ofAgent.get(`${trip.tenant}/${trip.agent}`) ?? []).filter((one) => open.has(one)));
    if (match === null) onlyRecorded.push(trip);
    else {
      open.delete(match);
      both.push({ replayed: match, recorded: trip, laterMs: match.atMs - trip.atMs });
    }
  }
  return { both, onlyReplayed: [...open], onlyRecorded, ordered: recorded.length - decided.length };
}

function nearest(trip: RecordedTrip, among: readonly ReplayedTrip[]): ReplayedTrip | null {
  let best: ReplayedTrip | null = null;
  let bestMs = SAME_INCIDENT_MS;
  for (const one of among) {
    if (one.actionId !== null && trip.actionIds.includes(one.actionId)) return one;
    const apart = Math.abs(one.atMs - trip.atMs);
    if (apart <= bestMs) {
      best = one;
      bestMs = apart;
    }
  }
  return best;
}
