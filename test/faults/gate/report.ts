/** Figures for machines and people with their goals beside them, and what is wrong, by name. */
import type { GateCampaign } from "./campaign.ts";
import { DOORS } from "./doors.ts";
import type { Outage, OutageRun } from "./outages.ts";
import { quantile, type Trips } from "./trip.ts";

/** Of reads that policy allows, during outages. */
const READS_SHARE = 0.99;
const CUT_MS = 250;
const BACK_MS = 2_000;

/** `must`: whatever the machine does meanwhile; else what took longer says as much about who else was at work. */
export interface Goal {
  readonly goal: string;
  readonly isMet: boolean;
  readonly must: boolean;
}

export interface PartReport {
  readonly figures: Readonly<Record<string, number>>;
  readonly goals: Readonly<Record<string, Goal>>;
  /** Each thing that is wrong, by name; none when all is well. */
  readonly wrong: readonly string[];
}

export type GateReport = Readonly<Record<string, PartReport>>;

const exactly = (value: number, wanted: number): Goal => ({ goal: `= ${wanted}`, isMet: value === wanted, must: true });
const atLeast = (value: number, least: number): Goal => ({ goal: `>= ${least}`, isMet: value >= least, must: true });
const within = (value: number, most: number): Goal => ({ goal: `<= ${most}`, isMet: value <= most, must: false });

export function gateReport({ changes, uses, trips, log, kills }: GateCampaign): GateReport {
  return {
    ...(changes === null ? {} : {
      changes: {
        figures: { changes: changes.changes, kinds: Object.keys(changes.kinds).length, executed: changes.executed, unchanged: changes.unchanged, unchangedExecuted: changes.unchangedExecuted, seconds: changes.seconds },
        goals: { executed: exactly(changes.executed, 0), unchangedExecuted: exactly(changes.unchangedExecuted, changes.unchanged) }, wrong: [],
      },
    }),
    ...(uses === null ? {} : {
      uses: {
        figures: { uses: uses.uses, gates: uses.gates, allowed: uses.allowed, denied: uses.denied, claims: uses.claims, seconds: uses.seconds },
        goals: { allowed: exactly(uses.allowed, 1), denied: exactly(uses.denied, uses.uses - 1), claims: exactly(uses.claims, 1) }, wrong: [],
      },
    }),
    ...(trips === null ? {} : { trips: tripsReport(trips, trips.seconds) }),
    ...(log === null ? {} : { ...outagesOf("withoutLog", log, "refuses", "hangs"), ...outagesOf("stale", log, "ends", "readers"), log: runReport(log, log.seconds) }),
    ...(kills === null ? {} : { kills: both(outagesReport(kills.outages), runReport(kills, kills.seconds)) }),
  };
}

function tripsReport(trips: Trips, seconds: number): PartReport {
  const { doors, notEnded, notOpen, othersEnded } = trips;
  const ofDoors = Object.fromEntries(DOORS.flatMap((door) => Object.entries(doors[door]).map(([name, value]) => [`${door}${name[0]!.toUpperCase()}${name.slice(1)}`, value] as const)));
  return {
    figures: { ...ofDoors, notEnded: notEnded.length, notOpen: notOpen.length, othersEnded: othersEnded.length, seconds },
    goals: {
      ...Object.fromEntries(DOORS.map((door) => [`${door}P99`, within(doors[door].p99, CUT_MS)])),
      notEnded: exactly(notEnded.length, 0), notOpen: exactly(notOpen.length, 0), othersEnded: exactly(othersEnded.length, 0),
    },
    wrong: [...notEnded.map((line) => `notEnded: ${line}`), ...notOpen.map((line) => `notOpen: ${line}`), ...othersEnded.map((line) => `othersEnded: ${line}`)],
  };
}

function outagesOf(name: string, { outages }: OutageRun, ...kinds: Outage["what"][]): GateReport {
  const some = outages.filter(({ what }) => kinds.includes(what));
  return some.length === 0 ? {} : { [name]: outagesReport(some) };
}

function both(one: PartReport, other: PartReport): PartReport {
  return { figures: { ...one.figures, ...other.figures }, goals: { ...one.goals, ...other.goals }, wrong: [...one.wrong, ...other.wrong] };
}

function outagesReport(outages: readonly Outage[]): PartReport {
  const sum = (of: (outage: Outage) => number): number => outages.reduce((total, outage) => total + of(outage), 0);
  const backs = outages.map(({ backMs }) => backMs ?? Number.POSITIVE_INFINITY);
  const starts = outages.flatMap(({ startMs }) => startMs ?? []);
  const passed = outages.flatMap(({ irreversible }) => irreversible.passed);
  const reads = sum((one) => one.reads.asked);
  const readsFailed = reads - sum((one) => one.reads.succeeded);
  const share = reads === 0 ? 1 : 1 - readsFailed / reads;
  const [notBack, backMsMax] = [outages.filter(({ backMs }) => backMs === null).length, quantile(backs, 1)];
  return {
    figures: {
      outages: outages.length, reads, readsFailed, readsShare: Math.floor(share * 10_000) / 10_000, readsRetried: sum((one) => one.reads.retried),
      readLongestMs: outages.reduce((longest, one) => Math.max(longest, one.reads.longestMs), 0), triedOnceWhileDead: sum((one) => one.triedOnceWhileDead),
      irreversible: sum(({ irreversible }) => irreversible.asked), irreversiblePassed: passed.length, notBack, backMsP50: quantile(backs, 0.5), backMsMax, backLate: backs.filter((backMs) => backMs > BACK_MS).length,
      ...(starts.length === 0 ? {} : { startMsP50: quantile(starts, 0.5) }),
    },
    goals: { irreversiblePassed: exactly(passed.length, 0), notBack: exactly(notBack, 0), readsShare: atLeast(share, READS_SHARE), backMsMax: within(backMsMax, BACK_MS) },
    wrong: [...passed.map((line) => `irreversiblePassed: ${line}`), ...(share < READS_SHARE ? outages.flatMap((one) => one.reads.failures).map((line) => `readsFailed: ${line}`) : [])],
  };
}

/** What is known of the whole time, the outages and what lies between them. */
function runReport({ neverApproved, unrecorded, readsTrailing }: OutageRun, seconds: number): PartReport {
  return {
    figures: { neverApprovedPassed: neverApproved.length, unrecorded: unrecorded.length, readsTrailing, seconds },
    goals: { neverApprovedPassed: exactly(neverApproved.length, 0), unrecorded: exactly(unrecorded.length, 0) },
    wrong: [...neverApproved.map((line) => `neverApprovedPassed: ${line}`), ...unrecorded.map((line) => `unrecorded: ${line}`)],
  };
}

/** Names of goals that must be met and are not, and then what was wrong, one by one. */
export function gateComplaints(report: GateReport): string[] {
  return Object.entries(report).flatMap(([part, { figures, goals, wrong }]) => [
    ...Object.entries(goals).filter(([, { must, isMet }]) => must && !isMet).map(([name, { goal }]) => `${part}.${name}: ${figures[name]}, must be ${goal}`),
    ...wrong.map((line) => `${part}.${line}`),
  ]);
}

/** What took longer than it should. */
export function gateDelays(report: GateReport): string[] {
  return Object.entries(report).flatMap(([part, { figures, goals }]) => Object.entries(goals).filter(([, { must, isMet }]) => !must && !isMet).map(([name, { goal }]) => `${part}.${name}: ${figures[name]}, goal ${goal}`));
}
