/**
 * The breaker's rule: from the agent's current record and one input to the next record. Pure, so that the service, the
 * simulation and a replay trip at the same place.
 *
 *   closed --hard finding | risk over budget | command--> open --reset--> probing --N read-only actions--> closed
 *                                                          ^------ side effect or finding -----'
 * A human's hold lies beside the position: it denies while it stands, and a reset is refused until it is released.
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
/** Foreign credentials kept in one trip record. */
export const MAX_FOREIGN_CREDENTIALS = 64;
export const MAX_HOLDS = 64;
/** Commands remembered per agent, so that one read again after a crash is applied once. */
export const MAX_COMMAND_IDS = 32;

export type BreakerInput =
  /** `receiveMs`: receive time of the action behind the findings. */
  | { readonly kind: "findings"; readonly findings: readonly Finding[]; readonly receiveMs: number }
  | { readonly kind: "command"; readonly command: Command }
  /** An action seen while probing. */
  | { readonly kind: "action"; readonly actionId: string; readonly readOnly: boolean; readonly receiveMs: number };

export type Transition =
  | { readonly kind: "changed"; readonly record: BreakerRecord; readonly tripped: Trip | null }
  | { readonly kind: "unchanged"; readonly reason: UnchangedReason };

export type UnchangedReason =
  | "no-trip-due"
  | "already-open"
  /** The evidence is older than the last reset: a human has judged it. */
  | "before-reset"
  | "applied-before"
  | "not-open"
  | "held"
  | "unknown-hold"
  | "too-many-holds";

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
  /** Foreign credentials that this agent was seen using before, on whatever action. */
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
      return onCommand(record, input.command, context);
  }
}

function onFindings(record: BreakerRecord, findings: readonly Finding[], receiveMs: number, context: BreakerContext): Transition {
  if (record.position.state === "open") return moreEvidence(record, findings, context);
  // In the same millisecond it may have come after: trip rather than miss it.
  if (receiveMs < record.resetAtMs) return { kind: "unchanged", reason: "before-reset" };
  const cause = causeOf(findings);
  return cause === null ? { kind: "unchanged", reason: "no-trip-due" } : open(record, cause, findings, context);
}

/** While open, only a foreign credential not seen before matters: it must be contained as well. */
function moreEvidence(record: BreakerRecord, findings: readonly Finding[], context: BreakerContext): Transition {
  const { trip } = record;
  if (trip === null) return { kind: "unchanged", reason: "already-open" };
  const foreignCredentials = mergeForeign([...trip.foreignCredentials, ...context.foreignSeen], findings);
  if (foreignCredentials.length === trip.foreignCredentials.length) return { kind: "unchanged", reason: "already-open" };
  const extended = { ...trip, foreignCredentials, findings: [...trip.findings, ...findings].slice(0, MAX_TRIP_FINDINGS) };
  return { kind: "changed", record: { ...record, trip: extended, atMs: context.nowMs, change: "evidence-added" }, tripped: extended };
}

function onAction(record: BreakerRecord, action: Extract<BreakerInput, { kind: "action" }>, context: BreakerContext): Transition {
  const { position } = record;
  if (position.state !== "probing" || action.receiveMs < position.sinceMs) return { kind: "unchanged", reason: "no-trip-due" };
  if (!action.readOnly) {
    const cause: TripCause = { kind: "probe-violation", actionId: action.actionId };
    return open(record, cause, [], context, "Side effect while probing: only reads are allowed after a reset.");
  }
  const actionsLeft = position.actionsLeft - 1;
  const next: BreakerPosition = actionsLeft <= 0 ? { state: "closed" } : { ...position, actionsLeft };
  const change = actionsLeft <= 0 ? "probe-passed" : "probe-used";
  return { kind: "changed", record: { ...record, position: next, atMs: context.nowMs, change }, tripped: null };
}

function onCommand(before: BreakerRecord, command: Command, context: BreakerContext): Transition {
  if (before.commandIds.includes(command.id)) return { kind: "unchanged", reason: "applied-before" };
  const record = { ...before, commandIds: [...before.commandIds, command.id].slice(-MAX_COMMAND_IDS) };
  const { nowMs } = context;
  switch (command.kind) {
    case "trip":
    case "panic":
      if (record.position.state === "open") return { kind: "unchanged", reason: "already-open" };
      return open(record, { kind: "command", commandId: command.id, by: command.by }, [], context, command.reason);
    case "hold": {
      if (record.holds.length >= MAX_HOLDS) return { kind: "unchanged", reason: "too-many-holds" };
      const hold = { id: command.id, by: command.by, reason: command.reason, atMs: nowMs };
      return changed(record, { holds: [...record.holds, hold] }, nowMs, "hold");
    }
    case "release": {
      const holds = record.holds.filter((hold) => hold.id !== command.holdId);
      if (holds.length === record.holds.length) return { kind: "unchanged", reason: "unknown-hold" };
      return changed(record, { holds }, nowMs, "release");
    }
    case "reset":
      return reset(record, context);
  }
}

function reset(record: BreakerRecord, { nowMs, probeActions }: BreakerContext): Transition {
  const { position } = record;
  if (position.state !== "open") return { kind: "unchanged", reason: "not-open" };
  if (record.holds.length > 0) return { kind: "unchanged", reason: "held" };
  const probing: BreakerPosition = { state: "probing", tripId: position.tripId, sinceMs: nowMs, actionsLeft: probeActions };
  return changed(record, { position: probing, generation: record.generation + 1, resetAtMs: nowMs }, nowMs, "reset");
}

function changed(record: BreakerRecord, change: Partial<BreakerRecord>, nowMs: number, name: string): Transition {
  return { kind: "changed", record: { ...record, ...change, atMs: nowMs, change: name }, tripped: null };
}

function open(record: BreakerRecord, cause: TripCause, findings: readonly Finding[], context: BreakerContext, text?: string): Transition {
  const { nowMs } = context;
  const { tenant, agent, generation } = record;
  const trip: Trip = {
    id: tripId(`${tenant}/${agent}`, generation),
    tenant,
    agent,
    generation,
    atMs: nowMs,
    cause,
    findings: findings.slice(0, MAX_TRIP_FINDINGS),
    foreignCredentials: mergeForeign(context.foreignSeen, findings),
    soft: cause.kind === "risk" && context.massTrip,
    summary: text ?? findings.map((finding) => finding.summary).join(" ").slice(0, 1_000),
  };
  const position: BreakerPosition = { state: "open", tripId: trip.id, sinceMs: nowMs };
  return { kind: "changed", record: { ...record, position, trip, atMs: nowMs, change: "trip" }, tripped: trip };
}

/** A hard finding trips by itself; else the newest risk over budget does. */
function causeOf(findings: readonly Finding[]): TripCause | null {
  const hard = findings.find((finding) => finding.weight === "hard");
  if (hard !== undefined) return { kind: "hard-finding", findingId: hard.id };
  const over = findings.findLast((finding) => finding.risk?.over === true)?.risk;
  return over ? { kind: "risk", bits: over.bits, budgetBits: over.budgetBits } : null;
}

function mergeForeign(known: readonly string[], findings: readonly Finding[]): string[] {
  const merged = new Set(known);
  for (const finding of findings) for (const fingerprint of finding.foreignCredentials) merged.add(fingerprint);
  return [...merged].slice(0, MAX_FOREIGN_CREDENTIALS);
}
