/** From counts to figures and goals. */
import type { HostileResult } from "./campaign.ts";
import { LOOP_BOUND_MS } from "./loop-watch.ts";

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, one) => total + one, 0);
const byCount = (counts: Readonly<Record<string, number>>): Record<string, number> => Object.fromEntries(Object.entries(counts).toSorted(([, a], [, b]) => b - a));

export function hostileFigures({ requests, seconds, connections, decided, reached, losses, undecided, crash, gate, idle, violations }: HostileResult) {
  return {
    requests, seconds: Math.round(seconds), perSecond: Math.round(requests / seconds), connections, decided: sum(decided), allowed: decided["allow"] ?? 0, held: decided["hold"] ?? 0, denied: decided["deny"] ?? 0,
    reachedUpstream: reached, destroyedUnapproved: losses, undecidedAtUpstream: undecided, undecodableRecords: violations.filter(({ kind }) => kind === "undecodable record").length,
    crashes: crash === null ? 0 : 1, faults: sum(gate?.faults ?? {}), recordsLost: gate?.recordsLost ?? null, rssMiB: gate === null ? null : Math.round(gate.rssBytes / 1_048_576),
    loopP50Ms: gate?.loop.p50Ms ?? null, loopP99Ms: gate?.loop.p99Ms ?? null, loopMaxMs: gate?.loop.maxMs ?? null, loopOverBound: gate?.loop.overBound ?? null,
    loopOwnMaxMs: gate?.loop.ownMaxMs ?? null, loopOwnOverBound: gate?.loop.ownOverBound ?? null, gateCpuMs: gate?.loop.cpuMs ?? null,
    idleP50Ms: idle?.p50Ms ?? null, idleP99Ms: idle?.p99Ms ?? null, idleMaxMs: idle?.maxMs ?? null, idleOverBound: idle?.overBound ?? null,
  };
}

/** What must not be, in words; empty where all is well. */
export function hostileComplaints(result: HostileResult): string[] {
  const { losses, undecided, crash, gate, reached, decided, requests, violations } = result;
  const undecodable = violations.filter(({ kind }) => kind === "undecodable record").length;
  return [
    ...(losses === 0 ? [] : [`${losses} requests destroyed something at an upstream, and nobody had approved them`]),
    ...(undecided === 0 ? [] : [`${undecided} requests reached an upstream, and no decision on record covers them`]),
    ...(undecodable === 0 ? [] : [`${undecodable} records cannot be read`]),
    ...(crash === null ? [] : [`the gate's process ended: ${crash}`]),
    ...Object.entries(gate?.faults ?? {}).map(([fault, times]) => `the gate said ${times} times: ${fault}`),
    ...(gate === null || gate.recordsLost === 0 ? [] : [`${gate.recordsLost} decisions were not recorded`]),
    ...(gate === null || gate.loop.ownOverBound === 0 ? [] : [`the gate's own work held its event loop for more than ${LOOP_BOUND_MS} ms ${gate.loop.ownOverBound} times, ${gate.loop.ownMaxMs} ms at most`]),
    // A campaign in which nothing passes or nothing is held shows nothing.
    ...(reached >= requests / 50 && sum(decided) >= requests / 5 ? [] : [`only ${reached} of ${requests} requests reached an upstream, and ${sum(decided)} were decided: the campaign tried nothing`]),
  ];
}

const SHOWN = 20;

export function humanReport(result: HostileResult, violationsFile: string): string {
  const { said, rules, violations, during } = result;
  const complaints = hostileComplaints(result);
  const rows = (counts: Readonly<Record<string, number>>): string[] => Object.entries(byCount(counts)).map(([name, times]) => `${String(times).padStart(10)}  ${name}`);
  const figures = Object.entries(hostileFigures(result)).map(([name, value]) => `${String(value).padStart(10)}  ${name}`);
  return [
    ...figures, "what clients were told:", ...rows(said), "decisions on record, by their first rule:", ...rows(rules),
    ...violations.slice(0, SHOWN).map(({ kind, caseId, trail, what }) => `${kind}: ${caseId ?? "unnamed"}: ${trail.join(" > ")}: ${what}`),
    ...(violations.length === 0 ? [] : [`the requests are in ${violationsFile}`]),
    ...during.filter(({ workedMs }) => workedMs > LOOP_BOUND_MS).slice(0, SHOWN).map(({ wallMs, workedMs, cases }) => `held up for ${wallMs.toFixed(0)} ms, of which it worked ${workedMs.toFixed(0)}; decided meanwhile: ${cases.slice(0, SHOWN).join(", ")}`),
    ...(complaints.length === 0 ? ["reached: nothing destroyed, nothing undecided, no crash"] : complaints.map((one) => `MISSED  ${one}`)), "",
  ].join("\n");
}

export function hostileJson(result: HostileResult, seed: number): string {
  const { said, rules, violations } = result;
  return JSON.stringify({ seed, figures: hostileFigures(result), said: byCount(said), rules: byCount(rules), violations: violations.slice(0, SHOWN), complaints: hostileComplaints(result) });
}
