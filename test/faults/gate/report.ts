/** Figures for machines and people, and what is wrong, by name. */
import type { GateCampaign } from "./campaign.ts";
import { DOORS } from "./doors.ts";
import type { Outage, OutageRun } from "./outages.ts";
import { quantile } from "./trip.ts";

export type GateFigures = Readonly<Record<string, number>>;

/** Of reads that policy allows, during outages. */
const READS_SHARE = 0.99;
const CUT_MS = 250;
const BACK_MS = 2_000;

export function gateFigures({ changes, uses, trips, kills, short, long }: GateCampaign, seconds: number): GateFigures {
  return {
    ...(changes === null ? {} : { changes: changes.changes, changesKinds: Object.keys(changes.kinds).length, changesExecuted: changes.executed, unchanged: changes.unchanged, unchangedExecuted: changes.unchangedExecuted, changesSeconds: Math.round(changes.seconds) }),
    ...(uses === null ? {} : { uses: uses.uses, usesGates: uses.gates, usesAllowed: uses.allowed, usesDenied: uses.denied, usesClaimed: uses.claims }),
    ...(trips === null ? {} : { ...Object.fromEntries(DOORS.flatMap((door) => Object.entries(trips.doors[door]).map(([name, value]) => [`${door}${name[0]!.toUpperCase()}${name.slice(1)}`, value]))), tripsNotEnded: trips.notEnded.length, tripsNotOpen: trips.notOpen.length, tripsOthersEnded: trips.othersEnded.length }),
    ...outageFigures("kill", kills), ...outageFigures("shortBreak", short), ...outageFigures("longBreak", long),
    seconds,
  };
}

const succeeded = (outages: readonly Outage[]): number => outages.reduce((sum, { reads }) => sum + reads.succeeded, 0);
const asked = (outages: readonly Outage[]): number => outages.reduce((sum, { reads }) => sum + reads.asked, 0);

function outageFigures(name: string, run: OutageRun | null): GateFigures {
  if (run === null) return {};
  const { outages, neverApproved } = run;
  const backs = outages.map(({ backMs }) => backMs ?? Number.POSITIVE_INFINITY);
  const figures: GateFigures = {
    s: outages.length, Reads: asked(outages), ReadsFailed: asked(outages) - succeeded(outages), ProxyReadsWhileDead: outages.reduce((sum, one) => sum + one.proxyReadsWhileDead, 0),
    Irreversible: outages.reduce((sum, { irreversible }) => sum + irreversible.asked, 0), IrreversiblePassed: outages.reduce((sum, { irreversible }) => sum + irreversible.passed.length, 0),
    NeverApprovedPassed: neverApproved.length, BackMsP50: quantile(backs, 0.5), BackMsMax: quantile(backs, 1), NotBack: outages.filter(({ backMs }) => backMs === null).length,
  };
  return Object.fromEntries(Object.entries(figures).map(([figure, value]) => [`${name}${figure}`, value]));
}

/** What is wrong whatever the machine does meanwhile; none when all is well. */
export function gateComplaints({ changes, uses, trips, kills, short, long }: GateCampaign): string[] {
  const lines: string[] = [];
  if (changes !== null && changes.executed > 0) lines.push(`changesExecuted: ${changes.executed} calls were executed though something had changed`);
  if (changes !== null && changes.unchangedExecuted !== changes.unchanged) lines.push(`unchangedExecuted: only ${changes.unchangedExecuted} of ${changes.unchanged} calls that nobody changed were executed once`);
  if (uses !== null && (uses.allowed !== 1 || uses.claims !== 1)) lines.push(`usesAllowed: ${uses.allowed} uses of one approval, ${uses.claims} claims`);
  if (trips !== null) lines.push(...trips.notEnded.map((line) => `tripsNotEnded: ${line}`), ...trips.notOpen.map((line) => `tripsNotOpen: ${line}`), ...trips.othersEnded.map((line) => `tripsOthersEnded: ${line}`));
  for (const run of [kills, short, long]) {
    if (run === null) continue;
    const { outages, neverApproved } = run;
    lines.push(...neverApproved.map((line) => `neverApprovedPassed: ${line}`), ...outages.flatMap(({ irreversible }) => irreversible.passed.map((line) => `irreversiblePassed: ${line}`)));
    if (outages.some(({ backMs }) => backMs === null)) lines.push("notBack: the gate did not decide everything again");
    if (succeeded(outages) < asked(outages) * READS_SHARE) lines.push(`readsFailed: ${asked(outages) - succeeded(outages)} of ${asked(outages)}: ${outages.flatMap(({ reads }) => reads.failures).slice(0, 5).join("; ")}`);
  }
  return lines;
}

/** What took longer than it should. On a machine that others use this says as much about them. */
export function gateDelays({ trips, kills, short, long }: GateCampaign): string[] {
  const slow = trips === null ? [] : DOORS.filter((door) => !(trips.doors[door].p99 <= CUT_MS)).map((door) => `${door}: p99 ${trips.doors[door].p99} ms from the breaker's record to refused or cut, above ${CUT_MS}`);
  const late = Object.entries({ kills, short, long }).flatMap(([name, run]) => {
    const over = (run?.outages ?? []).filter(({ backMs }) => !(backMs !== null && backMs <= BACK_MS)).length;
    return over === 0 ? [] : [`${name}: ${over} of ${run!.outages.length} outages ended more than ${BACK_MS} ms before all was decided again`];
  });
  return [...slow, ...late];
}
