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
/** Credentials contained by one trip. */
export const MAX_ITEMS = 256;

/** Everything this trip must contain: active leases, credentials registered to the agent, foreign credentials seen in use. */
export function planContainment(trip: Trip, registry: Registry, nowMs: number): ContainmentItem[] {
  const key = agentKey(trip.tenant, trip.agent);
  const items = new Map<string, ContainmentItem>();
  const add = (item: ContainmentItem): void => {
    if (!items.has(item.credentialId) && items.size < MAX_ITEMS) items.set(item.credentialId, item);
  };
  for (const item of leasedItems(key, registry, nowMs)) add(item);
  for (const record of registry.credentials()) {
    if (record.tenant === trip.tenant && record.status === "active" && record.issuedTo.includes(trip.agent)) {
      add(itemFor(record, "registered", nowMs));
    }
  }
  for (const mark of trip.foreignCredentials) {
    const record = registry.credentialByMark(trip.tenant, mark);
    if (record === null) add(unregistered(mark, nowMs));
    else if (record.status === "active") add(itemFor(record, "foreign", nowMs));
  }
  const planned = [...items.values()];
  return trip.soft ? planned.map((item) => escalate(item, "Mass-trip guard: too many agents tripped at once, so nothing was revoked.", nowMs)) : planned;
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
  return escalate(item, `${rule}${users}${plan}`, nowMs);
}

function unregistered(mark: string, nowMs: number): ContainmentItem {
  const item = emptyItem(`unregistered:${mark.slice(0, 16)}`, "none", "foreign", nowMs);
  const text = "A credential that is not in the inventory was used; Tripline cannot tell whose it is and cannot revoke it.";
  return { ...escalate(item, text, nowMs), nextAttemptMs: null };
}

function emptyItem(credentialId: string, provider: string, reason: ContainmentItem["reason"], nowMs: number): ContainmentItem {
  return {
    credentialId, provider, reason, state: "intended", outcome: null, probe: null, attempts: 0,
    intendedAtMs: nowMs, revokedAtMs: null, verifiedAtMs: null, nextAttemptMs: nowMs, escalation: null,
  };
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
  const again = probe.kind === "still-works" && goneStale ? { ...probed, outcome: null, state: keepEscalated(item, "revoking"), revokedAtMs: null } : probed;
  // A recovered intent that still works was never carried out: revoke now.
  if (probe.kind === "still-works" && item.state === "intended") return { ...again, state: "revoking", nextAttemptMs: nowMs };
  return later(again, null, nowMs, reason);
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
