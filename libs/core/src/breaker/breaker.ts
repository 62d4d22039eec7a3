/**
 * The breaker's rule: from the agent's current record and one input to the next record. Pure, so that the service, the
 * simulation and a replay trip at the same place.
 *
 *   closed --hard finding | risk over budget | command--> open --reset--> probing --N read-only actions--> closed
 *                                                          ^------ side effect or finding -----'
 * A human's hold lies beside the position: it denies while it stands, and a reset is refused until it is released.
 * A soft trip (mass-trip guard) revokes nothing; a hard finding or a human order on top of it is a trip of its own that does.
 */
import {
  type AgentKey,
  type BreakerPosition,
  type BreakerRecord,
  type Command,
  type Finding,
  type Trip,
  type TripCause,
  splitAgentKey,
  tripId,
} from "@tripline/model";

/** Findings kept as evidence in one trip record. */
export const MAX_TRIP_FINDINGS = 32;
/** Orders and evidence lie in partitions of several brokers, whose clocks differ by less than this. Orders given closer together are told apart by their ids. */
export const CLOCKS_APART_MS = 5_000;
/** Foreign credentials kept in one trip record. */
export const MAX_FOREIGN_CREDENTIALS = 64;
export const MAX_HOLDS = 64;
/** Bounds of the findings and of the holds in one record, in bytes of JSON: with all else in it, it stays below LIMITS.recordBytes. */
export const MAX_FINDINGS_BYTES = 98_304;
export const MAX_HOLDS_BYTES = 65_536;
/** Commands remembered per agent, so that one read again after a crash is applied once. */
export const MAX_COMMAND_IDS = 32;

/** Records of evidence remembered per agent, and for how long one may come again: senders give a batch up within minutes. */
export const MAX_JUDGED = 32;
export const JUDGED_MS = 600_000;

export type BreakerInput =
  /** `receiveMs`: receive time of the action behind the findings. */
  | { readonly kind: "findings"; readonly findings: readonly Finding[]; readonly receiveMs: number }
  /** `receiveMs`: receive time of the order, by the same clock as that of the evidence that a reset is compared with. */
  | { readonly kind: "command"; readonly command: Command; readonly receiveMs: number }
  /** An action seen while probing. */
  | { readonly kind: "action"; readonly actionId: string; readonly readOnly: boolean; readonly receiveMs: number; readonly digest?: string };

export type Transition =
  | { readonly kind: "changed"; readonly record: BreakerRecord; readonly tripped: Trip | null }
  /** An order that changes nothing. The record remembers it all the same: read again after a crash, it must not apply then. */
  | { readonly kind: "refused"; readonly record: BreakerRecord; readonly reason: RefusedReason }
  | { readonly kind: "unchanged"; readonly reason: UnchangedReason };

export type RefusedReason = "already-open" | "not-open" | "before-trip" | "held" | "unknown-hold" | "too-many-holds";

export type UnchangedReason =
  | "no-trip-due"
  | "already-open"
  /** Evidence, or an order to trip, that is older than the last reset: a human has judged it. */
  | "before-reset"
  /** The very record opened this breaker before, and a human has judged it since: its sender heard no answer and sent it again. */
  | "judged-before"
  | "applied-before"
  /** The containment carries it out; the breaker stays as it is. */
  | "about-a-credential";

/** The record of an agent that no breaker has seen yet: closed, generation 0. */
export function initialRecord(key: AgentKey): BreakerRecord {
  return { v: 1, ...splitAgentKey(key), generation: 0, position: { state: "closed" }, holds: [], trip: null, atMs: 0, resetAtMs: 0, commandIds: [], change: "new" };
}

/** True when nothing of this agent may pass and no lease may be issued. Probing agents get down-scoped leases only. */
export function denied(record: BreakerRecord): boolean {
  return record.holds.length > 0 || record.position.state === "open";
}

export interface BreakerContext {
  readonly nowMs: number;
  /** Read-only actions that probing lets through before the breaker closes (policy). */
  readonly probeActions: number;
  /** Registered foreign credentials that this agent was seen using before, on whatever action: they come before all others. */
  readonly foreignSeen: readonly string[];
  /** The mass-trip guard is active: a trip on risk alone denies and pages, but revokes nothing. */
  readonly massTrip: boolean;
}

/** The next record after `input`. */
export function transition(record: BreakerRecord, input: BreakerInput, context: BreakerContext): Transition {
  switch (input.kind) {
    case "findings":
      return onFindings(record, input.findings, input.receiveMs, context);
    case "action":
      return onAction(record, input, context);
    case "command":
      return onCommand(record, input, context);
  }
}

function onFindings(record: BreakerRecord, findings: readonly Finding[], receiveMs: number, context: BreakerContext): Transition {
  const isOpen = record.position.state === "open";
  if (!isOpen && findings.length > 0 && findings.every(({ digest }) => isJudged(record, digest, receiveMs))) return { kind: "unchanged", reason: "judged-before" };
  const cause = causeOf(findings);
  // In the same millisecond it may have come after: trip rather than miss it.
  const isBeforeReset = receiveMs < record.resetAtMs;
  if (isOpen && record.trip?.soft === true && cause?.kind === "hard-finding" && !isBeforeReset) return open(hardened(record), { cause, findings, receiveMs }, context);
  if (isOpen) return moreEvidence(record, findings, context);
  if (isBeforeReset) return remembered(record, findings, context) ?? { kind: "unchanged", reason: "before-reset" };
  return cause === null ? { kind: "unchanged", reason: "no-trip-due" } : open(record, { cause, findings, receiveMs }, context);
}

/** While open, only a foreign credential not seen before matters: it must be contained as well. */
function moreEvidence(record: BreakerRecord, findings: readonly Finding[], context: BreakerContext): Transition {
  const { trip } = record;
  if (trip === null) return { kind: "unchanged", reason: "already-open" };
  const foreignCredentials = mergeForeign([...context.foreignSeen, ...trip.foreignCredentials], findings);
  if (foreignCredentials.every((mark) => trip.foreignCredentials.includes(mark))) return noted(record, trip, findings, context);
  const extended = { ...withEvidence(record, trip, findings), foreignCredentials };
  const next: BreakerRecord = { ...record, ...judgedWith(record, evidenceOf(findings)), trip: extended, atMs: context.nowMs, change: "evidence-added" };
  return { kind: "changed", record: next, tripped: extended };
}

/** A breaker that is behind reads what earlier trips were about: its credentials are contained with this one, but it is no evidence of it. */
function withEvidence(record: BreakerRecord, trip: Trip, findings: readonly Finding[]): Trip {
  return { ...trip, findings: joined(trip.findings, findings.filter((finding) => isAfterReset(record, finding))) };
}

/** Each finding once, by the bytes of its record, and no more than a record can hold. */
export function joined(findings: readonly Finding[], more: readonly Finding[]): Finding[] {
  const unknown = more.filter((finding) => finding.digest === undefined || !isIn(findings, finding));
  return unknown.length === 0 ? [...findings] : bounded([...findings, ...unknown]);
}

/** What would have tripped stands beside what did, for the next reset to judge or to trip on. */
function noted(record: BreakerRecord, trip: Trip, findings: readonly Finding[], context: BreakerContext): Transition {
  return remembered({ ...record, trip: withEvidence(record, trip, findings) }, findings, context) ?? { kind: "unchanged", reason: "already-open" };
}

/** Null where none of it could trip, or nothing is new. No more than fit, since each is written. */
function remembered(record: BreakerRecord, findings: readonly Finding[], { nowMs }: BreakerContext): Transition | null {
  const { judged = [] } = record;
  if (causeOf(findings) === null || judged.length >= MAX_JUDGED) return null;
  const all = judgedWith(record, evidenceOf(findings));
  // Too old to be kept, it would be new each time.
  const isNew = all.judged?.some(({ digest }) => judged.every((one) => one.digest !== digest)) === true;
  return isNew ? changed(record, all, nowMs, "evidence-noted") : null;
}

function onAction(record: BreakerRecord, action: Extract<BreakerInput, { kind: "action" }>, context: BreakerContext): Transition {
  const { position } = record;
  if (position.state !== "probing" || action.receiveMs < position.sinceMs) return { kind: "unchanged", reason: "no-trip-due" };
  if (isJudged(record, action.digest, action.receiveMs)) return { kind: "unchanged", reason: "judged-before" };
  if (!action.readOnly) {
    const cause: TripCause = { kind: "probe-violation", actionId: action.actionId };
    const { digest, receiveMs } = action;
    const known = digest === undefined ? record : { ...record, ...judgedWith(record, [{ digest, receiveMs }]) };
    return open(known, { cause, findings: [], receiveMs }, context, "Side effect while probing: only reads are allowed after a reset.");
  }
  const actionsLeft = position.actionsLeft - 1;
  const next: BreakerPosition = actionsLeft <= 0 ? { state: "closed" } : { ...position, actionsLeft };
  const change = actionsLeft <= 0 ? "probe-passed" : "probe-used";
  return { kind: "changed", record: { ...record, position: next, atMs: context.nowMs, change }, tripped: null };
}

function onCommand(before: BreakerRecord, { command, receiveMs }: Extract<BreakerInput, { kind: "command" }>, context: BreakerContext): Transition {
  if (command.kind === "revoke") return { kind: "unchanged", reason: "about-a-credential" };
  if (before.commandIds.includes(command.id)) return { kind: "unchanged", reason: "applied-before" };
  const record = { ...before, commandIds: [...before.commandIds, command.id].slice(-MAX_COMMAND_IDS) };
  const { nowMs } = context;
  switch (command.kind) {
    case "trip":
    case "panic": {
      // A reader that is far behind meets orders again whose ids are forgotten.
      if (receiveMs < record.resetAtMs - CLOCKS_APART_MS) return { kind: "unchanged", reason: "before-reset" };
      const isOpen = record.position.state === "open";
      if (isOpen && record.trip?.soft !== true) return refused(record, "already-open", nowMs);
      const cause: TripCause = { kind: "command", commandId: command.id, by: command.by };
      return open(isOpen ? hardened(record) : record, { cause, findings: [], receiveMs }, context, command.reason);
    }
    case "hold": {
      const holds = [...record.holds, { id: command.id, by: command.by, reason: command.reason, atMs: nowMs }];
      if (holds.length > MAX_HOLDS || bytesOf(holds) > MAX_HOLDS_BYTES) return refused(record, "too-many-holds", nowMs);
      return changed(record, { holds }, nowMs, "hold");
    }
    case "release": {
      const holds = record.holds.filter((hold) => hold.id !== command.holdId);
      if (holds.length === record.holds.length) return refused(record, "unknown-hold", nowMs);
      return changed(record, { holds }, nowMs, "release");
    }
    case "reset":
      return reset(record, receiveMs, context);
  }
}

/** Evidence is judged by when it was received, so the reset is too: a wall clock that steps back must not hide what comes after. */
function reset(record: BreakerRecord, receiveMs: number, context: BreakerContext): Transition {
  const { position, trip } = record;
  const { nowMs, probeActions } = context;
  if (position.state !== "open") return refused(record, "not-open", nowMs);
  // What came after the order was not judged by who gave it: a reader that is behind must not undo a containment with an old one.
  if (position.receiveMs !== undefined && receiveMs < position.receiveMs - CLOCKS_APART_MS) return refused(record, "before-trip", nowMs);
  if (record.holds.length > 0) return refused(record, "held", nowMs);
  // Of two clocks that are apart, the one that dates the evidence counts: what opened the breaker is judged.
  const resetAtMs = Math.max(receiveMs, (position.receiveMs ?? 0) + 1);
  const probing: BreakerPosition = { state: "probing", tripId: position.tripId, sinceMs: resetAtMs, actionsLeft: probeActions };
  const next = changed(record, { position: probing, generation: record.generation + 1, resetAtMs }, nowMs, "reset");
  const late = lateEvidence(next.record, trip);
  if (late === null) return next;
  const { record: reopened, tripped } = open(next.record, late, context);
  return { kind: "changed", record: { ...reopened, change: "reset-tripped" }, tripped };
}

/**
 * What of an earlier trip's evidence came after the reset: evidence and orders are read side by side, so a breaker that is still open may
 * take it for more of what a human has judged. It trips as it would have, had it been read in turn. `seen`: the trip as it was reset.
 */
export function lateEvidence(record: BreakerRecord, trip: Trip | null, seen: Trip | null = null): Opening | null {
  const findings = trip?.findings.filter((finding) => isAfterReset(record, finding) && !isIn(seen?.findings ?? [], finding)) ?? [];
  const cause = causeOf(findings);
  return cause === null ? null : { cause, findings, receiveMs: Math.min(...findings.map(({ receiveMs }) => receiveMs)) };
}

const isIn = (findings: readonly Finding[], { id, digest }: Finding): boolean => findings.some((finding) => finding.id === id && finding.digest === digest);

function isAfterReset(record: BreakerRecord, { digest, receiveMs }: Finding): boolean {
  return receiveMs >= record.resetAtMs && !isJudged(record, digest, receiveMs);
}

function refused(record: BreakerRecord, reason: RefusedReason, nowMs: number): Transition {
  return { kind: "refused", record: { ...record, atMs: nowMs, change: "order-refused" }, reason };
}

/** What a soft trip left undone is a trip of the next generation: its containment starts from nothing. */
function hardened(record: BreakerRecord): BreakerRecord {
  return { ...record, generation: record.generation + 1 };
}

function changed(record: BreakerRecord, change: Partial<BreakerRecord>, nowMs: number, name: string): Extract<Transition, { kind: "changed" }> {
  return { kind: "changed", record: { ...record, ...change, atMs: nowMs, change: name }, tripped: null };
}

export interface Opening {
  readonly cause: TripCause;
  readonly findings: readonly Finding[];
  /** When what causes it was received. */
  readonly receiveMs: number;
}

/** The record with a trip of its generation. */
export function open(record: BreakerRecord, { cause, findings, receiveMs }: Opening, context: BreakerContext, text?: string): Extract<Transition, { kind: "changed" }> {
  const { nowMs } = context;
  const { tenant, agent, generation } = record;
  // A soft trip that becomes a hard one brings its evidence along.
  const soft = record.position.state === "open" ? record.trip : null;
  const trip: Trip = {
    id: tripId(`${tenant}/${agent}`, generation),
    tenant,
    agent,
    generation,
    atMs: nowMs,
    cause,
    findings: bounded([...findings, ...(soft?.findings ?? [])]),
    foreignCredentials: mergeForeign([...context.foreignSeen, ...(soft?.foreignCredentials ?? [])], findings),
    soft: cause.kind === "risk" && context.massTrip,
    summary: text ?? findings.map((finding) => finding.summary).join(" ").slice(0, 1_000),
  };
  const position: BreakerPosition = { state: "open", tripId: trip.id, sinceMs: nowMs, receiveMs };
  return { kind: "changed", record: { ...record, ...judgedWith(record, evidenceOf(findings)), position, trip, atMs: nowMs, change: "trip" }, tripped: trip };
}

type Judged = NonNullable<BreakerRecord["judged"]>;

/**
 * It came before the last reset, and comes again. By its bytes, not by its ids, which its agent chooses: another deed under an id that was
 * judged trips. What first came after the reset nobody has judged, though a breaker that had not heard of it took it for evidence of the trip before.
 */
function isJudged({ judged = [], resetAtMs }: BreakerRecord, digest: string | undefined, receiveMs: number): boolean {
  return digest !== undefined && judged.some((one) => one.digest === digest && one.receiveMs < resetAtMs && receiveMs - one.receiveMs <= JUDGED_MS);
}

const evidenceOf = (findings: readonly Finding[]): Judged => findings.flatMap(({ digest, receiveMs }) => (digest === undefined ? [] : [{ digest, receiveMs }]));

/** What two lists know together: each record once, by when it first came; the newest of the last minutes, the same whoever joins them. */
export function judgedWith({ judged = [] }: Pick<BreakerRecord, "judged">, more: Judged): Pick<BreakerRecord, "judged"> {
  const first = new Map<string, number>();
  for (const { digest, receiveMs } of [...judged, ...more]) first.set(digest, Math.min(receiveMs, first.get(digest) ?? receiveMs));
  if (first.size === 0) return {};
  const newestMs = Math.max(...first.values());
  const all = Array.from(first, ([digest, receiveMs]) => ({ digest, receiveMs })).filter(({ receiveMs }) => newestMs - receiveMs <= JUDGED_MS);
  return { judged: all.toSorted((a, b) => a.receiveMs - b.receiveMs || (a.digest < b.digest ? -1 : 1)).slice(-MAX_JUDGED) };
}

/** A hard finding trips by itself; else the newest risk over budget does. */
function causeOf(findings: readonly Finding[]): TripCause | null {
  const hard = findings.find((finding) => finding.weight === "hard");
  if (hard !== undefined) return { kind: "hard-finding", findingId: hard.id };
  const over = findings.findLast((finding) => finding.risk?.over === true)?.risk;
  return over ? { kind: "risk", bits: over.bits, budgetBits: over.budgetBits } : null;
}

/** The first findings, as many as a record can hold; of a single one too large, all but its features. */
function bounded(findings: readonly Finding[]): Finding[] {
  const kept: Finding[] = [];
  let bytes = 0;
  for (const finding of findings.slice(0, MAX_TRIP_FINDINGS)) {
    bytes += bytesOf(finding);
    if (bytes > MAX_FINDINGS_BYTES) return kept.length === 0 ? [{ ...finding, features: [] }] : kept;
    kept.push(finding);
  }
  return kept;
}

function bytesOf(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length;
}

const encoder = new TextEncoder();

/** Those named first are kept at the bound: an agent must not crowd out a registered credential with made-up ones. */
function mergeForeign(known: readonly string[], findings: readonly Finding[]): string[] {
  const merged = new Set(known);
  for (const finding of findings) for (const fingerprint of finding.foreignCredentials) merged.add(fingerprint);
  return [...merged].slice(0, MAX_FOREIGN_CREDENTIALS);
}
