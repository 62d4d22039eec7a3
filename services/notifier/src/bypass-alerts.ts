/**
 * Which bypasses are told: each when it is given, and when it is over. Nothing on the log says that its time has passed, so its end is planned
 * when it is given; an approver who ends it sooner is told of at once, in the planned one's place.
 */
import type { Alert, JsonValue } from "@tripline/alerts";
import type { Grant } from "@tripline/model";
import { alertId } from "./alert-id.ts";
import { LIMITS } from "./limits.ts";

export interface Planned {
  readonly alert: Alert;
  /** Not to be sent before; epoch milliseconds. */
  readonly dueMs: number;
}

/** Whatever the clock of whoever wrote it says. */
export const AT_ONCE = 0;

export function bypassAlerts(grant: Grant): Planned[] {
  const { bypass, tenant, agent, id, version, expiresAtMs, atMs } = grant;
  // What is for ever is a grant of the configuration's.
  if (bypass === undefined || expiresAtMs === null) return [];
  const data = { ...scopeOf(grant), reason: bypass.reason };
  const ended = { id: alertId("bypass-ended", tenant, id), type: "bypass.ended" } as const;
  if (version > 1) return expiresAtMs > atMs ? [] : [{ dueMs: AT_ONCE, alert: { ...ended, atMs, title: `A bypass of agent ${agent} was ended before its time: its calls are held again`, data: { ...data, by: bypass.by } } }];
  return [
    { dueMs: AT_ONCE, alert: { id: alertId("bypass-given", tenant, id), type: "bypass.given", atMs, title: `A bypass was given to agent ${agent}: what it covers runs without asking anybody until it ends`, data: { ...data, by: bypass.by, look: "tripline approvals", end: `tripline bypass-end ${id}` } } },
    { dueMs: expiresAtMs, alert: { ...ended, atMs: expiresAtMs, title: `The time of a bypass of agent ${agent} is over: its calls are held again`, data: { ...data, by: null } } },
  ];
}

/** Where it weighs most: what runs unasked there is everybody's data. */
const GRAVE = "production";

function scopeOf({ tenant, agent, id, environments, irreversible, resources, expiresAtMs }: Grant): Record<string, JsonValue> {
  const { namesPerAlert } = LIMITS;
  return {
    tenant, agent, bypassId: id, severity: environments.includes(GRAVE) ? "high" : "medium", environments: environments.slice(0, namesPerAlert), operations: irreversible.slice(0, namesPerAlert),
    resources: resources.length === 0 ? "all" : resources.slice(0, namesPerAlert), until: new Date(expiresAtMs ?? 0).toISOString(),
  };
}
