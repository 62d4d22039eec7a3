/** Which alerts a containment's record gives reason for: when all is verified, and whenever a human is needed for something new. */
import type { Alert, JsonValue } from "@tripline/alerts";
import type { Containment, ContainmentItem, ProbeOutcome, RevocationOutcome } from "@tripline/model";
import { alertId } from "./alert-id.ts";
import { LIMITS } from "./limits.ts";

export function containmentAlerts(containment: Containment): Alert[] {
  const escalated = containment.items.filter((item) => item.state === "escalated");
  // Before it ends a containment may already need a human; the rest of it goes on meanwhile.
  if (escalated.length > 0) return [escalatedAlert(containment, escalated)];
  // Nothing known to revoke is not contained either: the agent may hold what nobody registered.
  if (containment.items.length === 0 && containment.status === "escalated") return [nothingKnownAlert(containment)];
  return containment.status === "verified" ? [verifiedAlert(containment)] : [];
}

function verifiedAlert(containment: Containment): Alert {
  const { agent, items } = containment;
  const title = `Contained: all ${items.length} known credentials of agent ${agent} are refused`;
  return { id: alertId("verified", containment.tripId, idsOf(items)), type: "containment.verified", atMs: timeOf(containment), title, data: dataOf(containment) };
}

function nothingKnownAlert(containment: Containment): Alert {
  const title = `NOT contained: Tripline knows no credential of agent ${containment.agent} that is left to revoke, so nothing was revoked; a human is needed now`;
  return { id: alertId("escalated", containment.tripId, "[]"), type: "containment.escalated", atMs: timeOf(containment), title, data: dataOf(containment) };
}

function escalatedAlert(containment: Containment, escalated: readonly ContainmentItem[]): Alert {
  return {
    // A new escalation is a new alert; the same ones again are not.
    id: alertId("escalated", containment.tripId, idsOf(escalated)),
    type: "containment.escalated",
    atMs: timeOf(containment),
    title: `NOT contained: ${escalated.length} of ${containment.items.length} credentials of agent ${containment.agent} need a human now`,
    data: dataOf(containment),
  };
}

/** What failed after a human ordered it is news to them. */
const idsOf = (items: readonly ContainmentItem[]) => JSON.stringify(items.map(({ credentialId, orderedAtMs }) => (orderedAtMs === undefined ? credentialId : `${credentialId}@${orderedAtMs}`)).toSorted());
const timeOf = (containment: Containment) => containment.endedAtMs ?? containment.startedAtMs;

function dataOf(containment: Containment): Alert["data"] {
  const { items } = containment;
  const verified = items.filter((item) => item.state === "verified");
  const rest = items.filter((item) => item.state !== "verified");
  // What is not contained comes first everywhere: lists are cut from their end.
  const ordered = [...rest, ...verified].slice(0, LIMITS.itemsPerAlert);
  return {
    tenant: containment.tenant,
    agent: containment.agent,
    tripId: containment.tripId,
    notContained: rest.map(notContainedText),
    contained: verified.map(containedText),
    counts: { credentials: items.length, contained: verified.length, notContained: rest.length },
    msToVerified: verified.length === 0 ? null : Math.max(...verified.map((item) => (item.verifiedAtMs ?? 0) - containment.startedAtMs)),
    items: ordered.map(itemData),
  };
}

const nameOf = (item: ContainmentItem) => `${item.credentialId} (${item.provider}, ${item.reason})`;

function containedText(item: ContainmentItem): string {
  const how = item.probe?.kind === "refused" && item.probe.by === "used-and-refused" ? "refused when used" : "gone from the provider's listing; its use was not tried";
  return `${nameOf(item)}: ${how}`;
}

function notContainedText(item: ContainmentItem): string {
  const parts = [item.escalation, item.outcome === null ? null : outcomeText(item.outcome), item.probe === null ? null : probeText(item.probe)];
  const said = parts.filter((part) => part !== null && part !== "");
  return `${nameOf(item)}: ${said.length === 0 ? "not revoked yet" : said.join("; ")}`;
}

function outcomeText(outcome: RevocationOutcome): string {
  switch (outcome.kind) {
    case "revoked":
      return "revoked, not yet seen refused";
    case "already-gone":
      return "gone at the provider, not yet seen refused";
    case "revoked-but-sessions-open":
      return `revoked, but ${outcome.sessionsOpen} sessions are open (${outcome.reason})`;
    case "expires-at":
      return `works until ${new Date(outcome.expiresAtMs).toISOString()} (${outcome.reason})`;
    case "not-revocable":
      return `cannot be revoked (${outcome.reason})`;
    case "failed":
      return `revocation failed, effect ${outcome.effect} (${outcome.reason})`;
  }
}

function probeText(probe: ProbeOutcome): string {
  switch (probe.kind) {
    case "refused":
      return "refused";
    case "still-works":
      return probe.by === "used-and-refused" ? "IT STILL WORKS when used" : "the provider still shows it as working";
    case "unknown":
      return `whether it works is not known (${probe.reason})`;
  }
}

function itemData(item: ContainmentItem): JsonValue {
  return {
    credentialId: item.credentialId,
    provider: item.provider,
    reason: item.reason,
    state: item.state,
    outcome: item.outcome?.kind ?? null,
    probe: item.probe?.kind ?? null,
    attempts: item.attempts,
    revokedAtMs: item.revokedAtMs,
    verifiedAtMs: item.verifiedAtMs,
  };
}
