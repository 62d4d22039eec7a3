/**
 * The rules of containment, pure: which credentials a trip contains, what to do next about each, and when a human must hear of
 * it. Nothing is contained until a probe was refused; nothing is ever given up, only escalated and tried more slowly.
 */
import {
  type AgentKey,
  type Containment,
  type ContainmentItem,
  type CredentialRecord,
  type ProbeOutcome,
  type RevocationOutcome,
  type Trip,
  agentKey,
} from "@tripline/model";
import type { Registry } from "../registry/registry.ts";
import { MAX_FOREIGN_CREDENTIALS } from "./breaker.ts";

/** A human is called when a credential is not verified this long after the intent. Railway, PostgreSQL: milliseconds; IAM: minutes. */
export const ESCALATE_AFTER_MS = 30_000;
/** A credential that still works this long after `revoked` is revoked again. */
export const REVOKE_AGAIN_AFTER_MS = 5_000;
/** Waits between attempts: first at once, then doubling. */
export const FIRST_RETRY_MS = 5;
export const MAX_RETRY_MS = 2_000;
/** After escalation Tripline goes on trying at this pace. */
export const ESCALATED_RETRY_MS = 60_000;
/** Longest Retry-After that is honoured. */
export const MAX_RETRY_AFTER_MS = 60_000;
/** Longest wait between two attempts, whatever a clock that steps back makes of the times. */
export const MAX_WAIT_MS = Math.max(ESCALATED_RETRY_MS, MAX_RETRY_AFTER_MS);
/** Items of one plan; the last place tells of what lies beyond. Room is left in the record for what evidence adds later. */
export const MAX_PLANNED_ITEMS = 192;
/** Items in one containment's record. */
export const MAX_REPORTED_ITEMS = 256;
/** Names the item that stands for everything beyond a bound; `*` is in no credential's id. */
export const BEYOND_BOUND = "beyond-bound:*";

/**
 * Everything this trip must contain: foreign credentials seen in use, active leases, credentials registered to the agent, the most
 * urgent first. What lies beyond the bound is one escalated item that says so.
 */
export function planContainment(trip: Trip, registry: Registry, nowMs: number): ContainmentItem[] {
  const key = agentKey(trip.tenant, trip.agent);
  const items = new Map<string, ContainmentItem>();
  let beyond = trip.foreignCredentials.length >= MAX_FOREIGN_CREDENTIALS ? 1 : 0;
  const add = (item: ContainmentItem): void => {
    if (items.has(item.credentialId)) return;
    if (items.size < MAX_PLANNED_ITEMS - 1) items.set(item.credentialId, item);
    else beyond += 1;
  };
  for (const mark of trip.foreignCredentials) {
    const record = registry.credentialByMark(trip.tenant, mark);
    if (record === null) add(unregistered(mark, nowMs));
    // It opens nothing: there is nothing to revoke, unless the operator made it a real one and says so.
    else if (record.decoy === true && record.autoRevoke !== "yes") continue;
    // Contained before and seen in use again: it may have been put back, so it is revoked and probed once more.
    else if (record.status === "active" || (record.autoRevoke === "yes" && usedSince(trip, mark, record.atMs))) add(itemFor(record, "foreign", nowMs));
  }
  for (const item of leasedItems(key, registry, nowMs)) add(item);
  // Newest first: of leases long expired that a provider never ended, the latest are the likeliest to be in use.
  for (const record of registry.credentialsOf(key).toReversed()) if (record.status === "active") add(itemFor(record, "registered", nowMs));
  if (beyond > 0) items.set(BEYOND_BOUND, beyondBound(beyond, nowMs));
  const planned = [...items.values()];
  return trip.soft ? planned.map((item) => leftAlone(item, nowMs)) : planned;
}

/** True if this trip's own evidence shows it in use after it was found refused; what was only used before is contained already. */
function usedSince(trip: Trip, mark: string, refusedMs: number): boolean {
  return trip.findings.some((finding) => finding.receiveMs > refusedMs && finding.foreignCredentials.includes(mark));
}

/** Nothing is revoked on a soft trip; a probe still notices what a human revokes. */
function leftAlone(item: ContainmentItem, nowMs: number): ContainmentItem {
  const text = "Mass-trip guard: too many agents tripped at once, so nothing was revoked. `tripline trip` revokes all that the agent has, `tripline revoke` one credential.";
  return item.nextAttemptMs === null ? item : escalate(item, text, nowMs);
}

function beyondBound(count: number, nowMs: number): ContainmentItem {
  const text = `At least ${count} more credentials of this agent are beyond what one trip contains: revoke them by hand (see \`tripline credentials\`).`;
  return { ...escalate(emptyItem(BEYOND_BOUND, "none", "registered", nowMs), text, nowMs), nextAttemptMs: null };
}

function leasedItems(key: AgentKey, registry: Registry, nowMs: number): ContainmentItem[] {
  return registry
    .leases(key)
    .filter((lease) => lease.status === "active" && lease.expiresAtMs > nowMs)
    .map((lease) => emptyItem(lease.credentialId, lease.provider, "lease", nowMs));
}

function itemFor(record: CredentialRecord, reason: ContainmentItem["reason"], nowMs: number): ContainmentItem {
  const item = emptyItem(record.id, record.provider, reason, nowMs);
  if (record.autoRevoke === "yes") return item;
  const users = record.alsoUsedBy.length === 0 ? "" : ` Also used by ${record.alsoUsedBy.join(", ")}.`;
  const plan = record.replacement === null ? "" : ` Replacement: ${record.replacement}`;
  const rule = record.autoRevoke === "page" ? "A human must decide to revoke it (autoRevoke: page)." : "It is never revoked automatically (autoRevoke: never).";
  const order = ` Order it with \`tripline revoke ${record.id}\`, or revoke it at the provider: it is probed every ${ESCALATED_RETRY_MS / 1_000} s.`;
  return escalate(item, `${rule}${order}${users}${plan}`, nowMs);
}

function unregistered(mark: string, nowMs: number): ContainmentItem {
  // Part of a fingerprint tells it from others; part of a name would not.
  const name = mark.startsWith("principal:") ? mark : mark.slice(0, 16);
  const item = emptyItem(`unregistered:${name}`, "none", "foreign", nowMs);
  const text = "A credential that is not in the inventory was used; Tripline cannot tell whose it is and cannot revoke it.";
  return { ...escalate(item, text, nowMs), nextAttemptMs: null };
}

function emptyItem(credentialId: string, provider: string, reason: ContainmentItem["reason"], nowMs: number): ContainmentItem {
  return {
    credentialId, provider, reason, state: "intended", outcome: null, probe: null, attempts: 0,
    intendedAtMs: nowMs, revokedAtMs: null, verifiedAtMs: null, nextAttemptMs: nowMs, escalation: null,
  };
}

/**
 * A human ordered what was left to them: from now on it is revoked and probed as any other, and they are called again if that fails.
 * Null where nothing waits for an order: revoking is under way, done, or impossible.
 */
export function ordered(item: ContainmentItem, orderedAtMs: number, nowMs: number): ContainmentItem | null {
  if (item.state !== "escalated" || item.outcome !== null || item.nextAttemptMs === null) return null;
  // Kept as a call that did nothing: what it asks for is one that does.
  const outcome: RevocationOutcome = { kind: "failed", reason: "It was ordered and has not been tried yet.", effect: "none", retryAfterMs: null };
  return { ...item, state: "revoking", outcome, probe: null, escalation: null, intendedAtMs: nowMs, nextAttemptMs: nowMs, orderedAtMs };
}

/** What to do with an item that is due. Revoking is idempotent; where a call may have taken effect, a probe decides first. */
export function nextCall(item: ContainmentItem, recovered: boolean): "revoke" | "probe" {
  if (recovered && item.state === "intended") return "probe";
  if (item.outcome === null) return item.state === "escalated" ? "probe" : "revoke";
  switch (item.outcome.kind) {
    case "revoked":
    case "already-gone":
    case "not-revocable":
    case "expires-at":
      return "probe";
    case "revoked-but-sessions-open":
      return "revoke";
    case "failed":
      return item.outcome.effect === "unknown" && item.probe === null ? "probe" : "revoke";
  }
}

/** The item after a revocation call answered. */
export function afterRevocation(item: ContainmentItem, outcome: RevocationOutcome, nowMs: number): ContainmentItem {
  const called = { ...item, outcome, probe: null, attempts: item.attempts + 1 };
  switch (outcome.kind) {
    case "revoked":
    case "already-gone":
      return { ...called, state: keepEscalated(item, "revoked"), revokedAtMs: nowMs, nextAttemptMs: nowMs };
    case "revoked-but-sessions-open":
      return later({ ...called, state: keepEscalated(item, "revoking"), revokedAtMs: item.revokedAtMs ?? nowMs }, null, nowMs, outcome.reason);
    case "expires-at":
      return escalate(called, `It cannot be revoked and works until ${new Date(outcome.expiresAtMs).toISOString()}: ${outcome.reason}`, nowMs);
    case "not-revocable":
      return escalate(called, `It cannot be revoked: ${outcome.reason}`, nowMs);
    case "failed":
      if (outcome.effect === "unknown") return { ...called, state: keepEscalated(item, "revoking"), nextAttemptMs: nowMs };
      return later({ ...called, state: keepEscalated(item, "revoking") }, outcome.retryAfterMs, nowMs, outcome.reason);
  }
}

/** The item after a probe answered. Only `refused` verifies. */
export function afterProbe(item: ContainmentItem, probe: ProbeOutcome, nowMs: number): ContainmentItem {
  const probed = { ...item, probe, attempts: item.attempts + 1 };
  if (probe.kind === "refused") return { ...probed, state: "verified", verifiedAtMs: nowMs, nextAttemptMs: null };
  const reason = probe.kind === "still-works" ? "the credential still works" : `the probe cannot tell: ${probe.reason}`;
  const goneStale = item.revokedAtMs !== null && nowMs - item.revokedAtMs >= REVOKE_AGAIN_AFTER_MS;
  // Kept as a failed call, so that it is made again even after a human was called.
  const untrue: RevocationOutcome = { kind: "failed", reason: "It was reported as revoked and still works.", effect: "none", retryAfterMs: null };
  const again = probe.kind === "still-works" && goneStale ? { ...probed, outcome: untrue, state: keepEscalated(item, "revoking"), revokedAtMs: null } : probed;
  // A recovered intent that still works was never carried out: revoke now.
  if (probe.kind === "still-works" && item.state === "intended") return { ...again, state: "revoking", nextAttemptMs: nowMs };
  return later(again, null, nowMs, reason);
}

/** How long to wait for the item's next attempt: never longer than any wait that is ever planned. */
export function waitMs(item: ContainmentItem, nowMs: number): number {
  const longest = item.state === "escalated" || item.outcome?.kind === "failed" ? MAX_WAIT_MS : MAX_RETRY_MS;
  return Math.max(0, Math.min((item.nextAttemptMs ?? nowMs) - nowMs, longest));
}

/** Status of the whole: verified only when every item is; escalated when what is left is with a human. */
export function statusOf(items: readonly ContainmentItem[]): Containment["status"] {
  if (items.length === 0) return "escalated";
  if (items.every((item) => item.state === "verified")) return "verified";
  return items.every((item) => item.state === "verified" || item.state === "escalated") ? "escalated" : "open";
}

function later(item: ContainmentItem, retryAfterMs: number | null, nowMs: number, reason: string): ContainmentItem {
  if (item.state === "escalated") return { ...item, nextAttemptMs: nowMs + ESCALATED_RETRY_MS };
  if (nowMs - item.intendedAtMs >= ESCALATE_AFTER_MS) return escalate(item, `Not contained after ${ESCALATE_AFTER_MS / 1_000} s: ${reason}.`, nowMs);
  const backoff = Math.min(FIRST_RETRY_MS * 2 ** Math.min(item.attempts, 20), MAX_RETRY_MS);
  return { ...item, nextAttemptMs: nowMs + Math.max(backoff, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)) };
}

function escalate(item: ContainmentItem, text: string, nowMs: number): ContainmentItem {
  return { ...item, state: "escalated", escalation: text.slice(0, 1_000), nextAttemptMs: nowMs + ESCALATED_RETRY_MS };
}

/** What was escalated stays with the human until it is verified. */
function keepEscalated<S extends ContainmentItem["state"]>(item: ContainmentItem, state: S): S | "escalated" {
  return item.state === "escalated" ? "escalated" : state;
}
