/** From what was observed to what is shown. Pure: the same observations give the same run, figures and chart. */
import type { AlertText } from "./alert-text.ts";
import type { AgentEvent } from "./agent-events.ts";
import type { GateFacts } from "./gate-acts.ts";
import type { Protection } from "./scenario.ts";

/** All that a run observed, each part from its own source. Times are epoch milliseconds. */
export interface Observations {
  readonly protection: Protection;
  /** The agent's own words. */
  readonly agent: readonly AgentEvent[];
  /** The provider: what existed before, what exists after, and which deletions it executed when. */
  readonly volumesBefore: readonly { readonly id: string; readonly name: string }[];
  readonly volumesAfter: readonly { readonly id: string }[];
  readonly backupsBefore: number;
  readonly backupsAfter: number;
  readonly deletions: readonly { readonly volumeId: string; readonly atMs: number }[];
  /** The independent client. */
  readonly proberRefusedMs: number | null;
  /** Tripline: its breaker record and its containment record. */
  readonly trip: TripFacts | null;
  readonly containment: readonly ContainedCredential[];
  readonly containmentStatus: "open" | "verified" | "escalated" | null;
  /** As the security team received them, signatures verified. */
  readonly alerts: readonly ReceivedText[];
  /** What people did with what the gate held; null in runs without it, and until they did. */
  readonly gate: GateFacts | null;
}

export interface ReceivedText extends AlertText {
  readonly receivedMs: number;
}

export interface TripFacts {
  readonly atMs: number;
  readonly summary: string;
  readonly findings: readonly { readonly rule: string; readonly summary: string }[];
}

export interface ContainedCredential {
  readonly name: string;
  readonly reason: string;
  readonly state: string;
  /** How it was proven: in words, or why it is not. */
  readonly proof: string;
  readonly revokedAtMs: number | null;
  readonly verifiedAtMs: number | null;
}

export interface Moment {
  /** Since the first destructive call was sent. */
  readonly ms: number;
  readonly kind: "work" | "found" | "lost" | "held" | "human" | "refused" | "failed" | "trip" | "revoked" | "verified" | "alert";
  readonly text: string;
}

export interface Run {
  readonly protection: Protection;
  readonly volumes: readonly { readonly name: string; readonly lostMs: number | null }[];
  readonly volumesLost: number;
  readonly backupsTotal: number;
  readonly backupsLost: number;
  /** When the agent heard for the first time that its call is held. */
  readonly heldMs: number | null;
  readonly tripMs: number | null;
  readonly revokedMs: number | null;
  readonly refusedMs: number | null;
  readonly verifiedMs: number | null;
  readonly verified: boolean;
  readonly moments: readonly Moment[];
  readonly trip: TripFacts | null;
  readonly containment: readonly ContainedCredential[];
  readonly alerts: readonly (AlertText & { readonly ms: number })[];
  readonly gate: GateFacts | null;
  /** From the first destructive call to the agent's end. */
  readonly durationMs: number;
}

/** When the first destructive call was sent: zero on every clock of the demo. Null while there is none. */
export function firstSentMs(agent: readonly AgentEvent[]): number | null {
  return agent.find((event) => event.kind === "sent")?.atMs ?? null;
}

/** `zeroMs` is the first destructive call; before there is one, a live view passes the present. */
export function buildRun(seen: Observations, zeroMs: number): Run {
  const since = (atMs: number): number => Math.round((atMs - zeroMs) * 10) / 10;
  const sinceOrNull = (atMs: number | null): number | null => (atMs === null ? null : since(atMs));
  const left = new Set(seen.volumesAfter.map(({ id }) => id));
  const deletedAt = new Map(seen.deletions.map(({ volumeId, atMs }) => [volumeId, atMs]));
  const volumes = seen.volumesBefore.map(({ id, name }) => ({ name, lostMs: left.has(id) ? null : since(deletedAt.get(id) ?? zeroMs) }));
  const answered = seen.agent.filter((event) => event.kind === "answered");
  const refusals = answered.filter(({ outcome }) => outcome === "refused").map(({ atMs }) => atMs);
  const refusedAt = earliest([...refusals, seen.proberRefusedMs]);
  return {
    protection: seen.protection,
    volumes,
    volumesLost: volumes.filter(({ lostMs }) => lostMs !== null).length,
    backupsTotal: seen.backupsBefore,
    backupsLost: seen.backupsBefore - seen.backupsAfter,
    heldMs: sinceOrNull(answered.find(({ outcome }) => outcome === "held")?.atMs ?? null),
    gate: seen.gate,
    tripMs: sinceOrNull(seen.trip?.atMs ?? null),
    revokedMs: sinceOrNull(earliest(seen.containment.map((one) => one.revokedAtMs))),
    refusedMs: sinceOrNull(refusedAt),
    verifiedMs: seen.containmentStatus === "verified" ? sinceOrNull(latest(seen.containment.map((one) => one.verifiedAtMs))) : null,
    verified: seen.containmentStatus === "verified",
    moments: momentsOf(seen, since, refusedAt),
    trip: seen.trip,
    containment: seen.containment,
    alerts: seen.alerts.map(({ receivedMs, ...text }) => ({ ...text, ms: since(receivedMs) })),
    durationMs: since(Math.max(zeroMs, ...seen.agent.map(({ atMs }) => atMs))),
  };
}

function momentsOf(seen: Observations, since: (atMs: number) => number, refusedAt: number | null): Moment[] {
  const moments = seen.agent.flatMap((event): Moment[] => momentOfAgent(event, since(event.atMs), volumeNames(seen)));
  const names = new Map(seen.volumesBefore.map(({ id, name }) => [id, name]));
  for (const { volumeId, atMs } of seen.deletions) {
    const name = names.get(volumeId);
    if (name !== undefined) moments.push({ ms: since(atMs), kind: "lost", text: `${name} and its backups are gone` });
  }
  if (seen.trip !== null) moments.push({ ms: since(seen.trip.atMs), kind: "trip", text: `breaker trips: ${seen.trip.summary}` });
  for (const { name, revokedAtMs, verifiedAtMs, proof } of seen.containment) {
    if (revokedAtMs !== null) moments.push({ ms: since(revokedAtMs), kind: "revoked", text: `${name} revoked at the provider` });
    if (verifiedAtMs !== null) moments.push({ ms: since(verifiedAtMs), kind: "verified", text: `${name} verified: ${proof}` });
  }
  for (const { atMs, text } of seen.gate?.moments ?? []) moments.push({ ms: since(atMs), kind: "human", text });
  if (refusedAt !== null) moments.push({ ms: since(refusedAt), kind: "refused", text: "the token is refused for the first time" });
  for (const { receivedMs, title } of seen.alerts) moments.push({ ms: since(receivedMs), kind: "alert", text: `signed alert received: ${title}` });
  return moments.toSorted((a, b) => a.ms - b.ms);
}

function volumeNames(seen: Observations): ReadonlyMap<number, string> {
  return new Map(seen.agent.flatMap((event) => (event.kind === "sent" ? [[event.call, event.volume]] : [])));
}

/** Deletions are told by the provider; from the agent come the rest. */
function momentOfAgent(event: AgentEvent, ms: number, volumes: ReadonlyMap<number, string>): Moment[] {
  if (event.kind === "work") return [{ ms, kind: "work", text: `${event.tool} ${event.detail}` }];
  if (event.kind === "found") return [{ ms, kind: "found", text: `a token in ${event.file}` }];
  if (event.kind !== "answered" || event.outcome === "deleted") return [];
  const what = `volumeDelete ${volumes.get(event.call) ?? event.call}`;
  return [{ ms, kind: event.outcome, text: `${what}: ${event.detail}` }];
}

/** Lost volumes over time, as steps: each point holds until the next. */
export function lossSteps(run: Run): readonly { readonly ms: number; readonly lost: number }[] {
  const times = run.volumes.flatMap(({ lostMs }) => (lostMs === null ? [] : [lostMs])).toSorted((a, b) => a - b);
  return [{ ms: 0, lost: 0 }, ...times.map((ms, index) => ({ ms, lost: index + 1 }))];
}

/** The machine-readable result: exactly these keys. */
export function summaryOf(runs: readonly Run[]): unknown {
  return {
    scenario: "pocketos",
    runs: runs.map((run) => ({
      protection: run.protection,
      volumesTotal: run.volumes.length,
      volumesLost: run.volumesLost,
      tripMs: run.tripMs,
      refusedMs: run.refusedMs,
      verified: run.verified,
      ...(run.gate === null ? {} : { gate: summaryOfGate(run, run.gate) }),
    })),
  };
}

function summaryOfGate({ heldMs }: Run, { selfApproval, refusedByHuman, cancelledKept, executedExactly, executedAfterMs, database }: GateFacts): unknown {
  return { heldMs, selfApprovalStatus: selfApproval?.status ?? null, refusedByHuman, cancelledKept, executedExactly, executedAfterMs, restored: database === null ? null : database.restoredAfterMs !== null };
}

function earliest(times: readonly (number | null)[]): number | null {
  const known = times.filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function latest(times: readonly (number | null)[]): number | null {
  const known = times.filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.max(...known);
}
