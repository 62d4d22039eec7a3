/** Which alerts a breaker's record gives reason for. Judged by the state it shows, since a compacted topic may skip the changes. */
import type { Alert, AlertType, JsonValue } from "@tripline/alerts";
import { type BreakerRecord, type Finding, type Hold, type Trip, agentKey } from "@tripline/model";
import { alertId } from "./alert-id.ts";
import { LIMITS } from "./limits.ts";

export function breakerAlerts(record: BreakerRecord): Alert[] {
  const alerts: Alert[] = [];
  if (record.trip !== null && record.position.state === "open") alerts.push(trippedAlert(record.trip, record));
  for (const hold of record.holds) alerts.push(heldAlert(hold, record));
  const ending = ENDINGS[record.change];
  if (ending !== undefined) alerts.push(changeAlert(ending, record));
  return alerts;
}

function trippedAlert(trip: Trip, record: BreakerRecord): Alert {
  return {
    id: alertId("tripped", trip.id),
    type: "breaker.tripped",
    atMs: trip.atMs,
    title: trip.soft
      ? `Breaker of agent ${trip.agent} is open, but NOTHING IS REVOKED: too many agents tripped on risk alone at once`
      : `Breaker of agent ${trip.agent} is open: it gets no new credential, and those that it holds are being revoked`,
    data: {
      ...subject(record),
      tripId: trip.id,
      cause: { ...trip.cause },
      contained: ["No new lease is given to this agent."],
      notContained: [trip.soft ? NOTHING_REVOKED : NOTHING_VERIFIED],
      foreignCredentials: trip.foreignCredentials,
      summary: trip.summary,
      findings: trip.findings.slice(0, LIMITS.findingsPerAlert).map(findingData),
    },
  };
}

const NOTHING_VERIFIED = "Nothing is verified yet. Until a probe of each credential is refused, count all of them as working.";
const NOTHING_REVOKED = "Every credential of this agent still works. Look at it, then order the trip yourself: `tripline trip <agent>`.";

export function findingData(finding: Finding): JsonValue {
  return {
    rule: finding.rule,
    detector: finding.detector,
    weight: finding.weight,
    bits: finding.bits,
    actionId: finding.actionId,
    session: finding.session,
    atMs: finding.atMs,
    summary: finding.summary,
  };
}

function heldAlert(hold: Hold, record: BreakerRecord): Alert {
  return {
    id: alertId("held", agentKey(record.tenant, record.agent), hold.id),
    type: "breaker.held",
    atMs: hold.atMs,
    title: `Breaker of agent ${record.agent} is held by a human: it cannot be reset until the hold is released`,
    data: { ...subject(record), holdId: hold.id, by: hold.by, reason: hold.reason },
  };
}

interface Ending {
  readonly type: AlertType;
  title(agent: string): string;
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  release: { type: "breaker.released", title: (agent) => `A hold on the breaker of agent ${agent} was released` },
  reset: { type: "breaker.probing", title: (agent) => `Breaker of agent ${agent} was reset: it may act again, read-only and counted` },
  "probe-passed": { type: "breaker.closed", title: (agent) => `Breaker of agent ${agent} is closed: it acts normally again` },
};

function changeAlert(ending: Ending, record: BreakerRecord): Alert {
  return {
    id: alertId(ending.type, agentKey(record.tenant, record.agent), String(record.generation), String(record.atMs)),
    type: ending.type,
    atMs: record.atMs,
    title: ending.title(record.agent),
    data: { ...subject(record), generation: record.generation, holds: record.holds.map((hold) => hold.id) },
  };
}

const subject = (record: { readonly tenant: string; readonly agent: string }) => ({ tenant: record.tenant, agent: record.agent });
