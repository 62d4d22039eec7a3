/** What a replay says, as a person reads it. */
import type { ReplayedTrip } from "@tripline/core";
import { plain, table, time, wrapped } from "../commands/output.ts";
import type { Compared, FalseTrips, ReplayReport } from "./report.ts";

/** Trips listed; `--json` has them all. */
const MAX_ROWS = 50;
const COLUMNS = 110;

export const amount = (value: number): string => Math.round(value).toLocaleString("en-US");
/** Three digits that matter, up to a thousand. */
export const hours = (value: number): string => (value < 1_000 ? String(Number(value.toPrecision(3))) : amount(value));
export const many = (count: number, one: string, more = `${one}s`): string => `${amount(count)} ${count === 1 ? one : more}`;
/** Rates from hundreds down to one in a billion. */
export const rate = (value: number): string => (value === 0 ? "0" : value >= 0.01 ? value.toFixed(2) : value.toPrecision(2));

export function reportText(report: ReplayReport, details: (trip: ReplayedTrip) => readonly string[]): string {
  const { trips, tripCount } = report;
  const shown = trips.slice(0, MAX_ROWS);
  return [
    ...headLines(report),
    "",
    ...(tripCount === 0 ? ["Nothing would have tripped."] : [`${many(tripCount, "trip")}:`, ...shown.flatMap((trip) => [...tripLines(trip), ...details(trip)])]),
    ...(tripCount > shown.length ? [`… and ${many(tripCount - shown.length, "more trip", "more trips")} (--json lists ${amount(trips.length)})`] : []),
    ...(tripCount === 0 ? [] : ["", ...damageLines(report)]),
    "",
    ...comparisonLines(report.compared),
    falseLine(report.falseTrips, report.agentHours),
    `Alerts: ${many(report.alerts.count, "call")} of ${amount(report.alerts.of)} told of, ${rate(report.alerts.rate * 1_000)} per 1,000 calls (95 % interval ${rate(report.alerts.low * 1_000)}–${rate(report.alerts.high * 1_000)}).`,
  ].join("\n");
}

function headLines({ source, actions, calls, claimed, agents, spanHours, agentHours, tookMs, undecodable, budget, findings }: ReplayReport): string[] {
  const unread = Object.entries(undecodable);
  const found = Object.entries(findings).map(([detector, count]) => `${detector} ${amount(count)}`);
  const recorded = budget.recorded === null ? "none was recorded" : budget.recorded === budget.agentHoursPerFalseTrip ? "as recorded" : `recorded: ${amount(budget.recorded)}`;
  return [
    `Replayed from ${plain(source)} in ${(tookMs / 1_000).toFixed(1)} s: ${many(actions, "action")} in ${many(calls, "call")} of ${many(agents, "agent")}, ${hours(spanHours)} h from first to last.`,
    `Budget: one false trip in ${amount(budget.agentHoursPerFalseTrip)} agent-hours (${recorded}). Recorded here: ${hours(agentHours)} agent-hours, of the days on which each acted.`,
    ...(claimed === 0 ? [] : [`Not judged, since their identity was only claimed: ${many(claimed, "action")}.`]),
    ...(unread.length === 0 ? [] : [`Not replayed, since they cannot be read: ${unread.map(([what, count]) => `${plain(what)} ${amount(count)}`).join(", ")}. What depends on them is judged without.`]),
    found.length === 0 ? "No findings." : `Findings: ${found.join(", ")}.`,
  ];
}

function tripLines(trip: ReplayedTrip): string[] {
  const { atMs, agent, rule, before, after, reported, reset } = trip;
  // The strongest evidence alone: all of it is told by --evidence.
  const summary = trip.evidence.find((finding) => finding.rule === rule)?.summary ?? trip.summary;
  const ran = reported === "before-it-ran" ? "reported before it ran" : "reported after it ran";
  const kept = after.destructive === 0 ? "none came after" : `${many(after.destructive, "came", "came")} after`;
  return [
    `  ${time(atMs)}  ${plain(agent)}  ${plain(rule)}`,
    ...wrapped(`    ${summary}`, COLUMNS, "    "),
    ...wrapped(`    ${ran}; destructive calls: ${amount(before.destructive)} ran in the hour before${named(before.first)}, ${kept}${named(after.first)}`, COLUMNS, "    "),
    ...(reset === null ? [] : [...wrapped(`    reset at ${time(reset.atMs)} by ${reset.by}: ${reset.reason}`, COLUMNS, "    ")]),
  ];
}

const NAMED = 2;

function named(names: readonly string[]): string {
  if (names.length === 0) return "";
  return ` (${names.slice(0, NAMED).join(", ")}${names.length > NAMED ? ", …" : ""})`;
}

function damageLines({ damage: { before, after }, falseTrips }: ReplayReport): string[] {
  const lost = `Lost before the trips: ${many(before.destructive, "destructive call")}, ${amount(before.irreversible)} of them irreversible.`;
  // In a period known to be benign each is reset at once: nothing comes while it is open.
  if (falseTrips.counted === "benign-period") return [lost];
  return [lost, `Kept by them: ${many(after.destructive, "destructive call")} that came while the breaker would have been open, ${amount(after.irreversible)} of them irreversible.`];
}

/** What comes this much earlier or later is the same moment. */
const LEAST_MOVED_MS = 50;

function comparisonLines({ recorded, ordered, both, onlyReplayed, onlyRecorded }: Compared): string[] {
  if (recorded === 0) return ["No trip is on record to compare with."];
  const moved = both.filter(({ laterMs }) => Math.abs(laterMs) >= LEAST_MOVED_MS).map(({ agent, laterMs }) => `${plain(agent)} ${laterMs < 0 ? `${seconds(-laterMs)} earlier` : `${seconds(laterMs)} later`}`);
  const orders = ordered === 0 ? "" : `; ${many(ordered, "more was", "more were")} ordered by hand`;
  return [
    `Recorded ${many(recorded - ordered, "trip")}${orders}. Tripped again: ${amount(both.length)}${moved.length === 0 ? "" : ` (${moved.slice(0, 5).join(", ")})`}. New: ${amount(onlyReplayed)}. No more: ${amount(onlyRecorded.length)}.`,
    ...(onlyRecorded.length === 0 ? [] : table(["  NO MORE AT", "AGENT", "WHY IT HAD"], onlyRecorded.slice(0, MAX_ROWS).map(({ atMs, agent, summary }) => [`  ${time(atMs)}`, agent, summary.slice(0, 100)])).split("\n")),
  ];
}

const seconds = (ms: number): string => (ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${(ms / 60_000).toFixed(0)} min`);

function falseLine({ counted, count, unlabelled, perAgentHour, low, high }: FalseTrips, agentHours: number): string {
  const which = counted === "benign-period" ? "all trips, since the period is said to be benign" : `trips whose reset says false${unlabelled === 0 ? "" : `; of ${amount(unlabelled)} nobody said what they were`}`;
  if (perAgentHour === null || low === null || high === null) return `False trips: ${amount(count)} (${which}); too little history to say how often (${hours(agentHours)} agent-hours).`;
  return `False trips: ${amount(count)} in ${hours(agentHours)} agent-hours, ${rate(perAgentHour * 10_000)} per 10,000 (95 % interval ${rate(low * 10_000)}–${rate(high * 10_000)}). Counted: ${which}.`;
}
