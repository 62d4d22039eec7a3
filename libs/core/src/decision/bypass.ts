/**
 * A bypass: for a while, named operations of one agent on named resources ask nobody. It is a grant like any other, on record with its author
 * and reason. It never lets a call across environments, never stands in for several approvers, and never covers what takes away the means of
 * recovery (see `level.ts`): fatigue is no reason to lose a backup.
 */
import { type Grant, type GatePolicy, UNKNOWN_ENVIRONMENT } from "@tripline/model";
import type { ApprovingHuman } from "./approval.ts";

export const MAX_BYPASS_MINUTES = 480;

export interface BypassRequest {
  readonly agent: string;
  /** Canonical operations; a `*` may end one, and may not be all of it. */
  readonly operations: readonly string[];
  readonly resources: readonly string[];
  /** By their names. */
  readonly environments: readonly string[];
  readonly minutes: number;
  readonly reason: string;
}

export type BypassOutcome = { readonly kind: "granted"; readonly grant: Grant } | { readonly kind: "refused"; readonly reason: string };

interface BypassContext {
  readonly tenant: string;
  /** New and unique. */
  readonly id: string;
  readonly human: ApprovingHuman;
  /** Where the agent works without this bypass. */
  readonly agentEnvironments: ReadonlySet<string>;
  readonly policy: GatePolicy;
  readonly nowMs: number;
}

const MS_PER_MINUTE = 60_000;

export const isBypass = (grant: Pick<Grant, "bypass">): boolean => grant.bypass !== undefined;

export function bypassGrant(request: BypassRequest, { tenant, id, human, agentEnvironments, policy, nowMs }: BypassContext): BypassOutcome {
  const { agent, operations, resources, environments, minutes, reason } = request;
  if (human.id === agent) return refused(`${agent} is the agent that calls; nobody decides on calls of their own.`);
  if (!(Number.isInteger(minutes) && minutes >= 1 && minutes <= MAX_BYPASS_MINUTES)) return refused(`A bypass is for 1 to ${MAX_BYPASS_MINUTES} minutes.`);
  if (reason.trim() === "") return refused("A bypass needs a reason.");
  if (operations.length === 0 || operations.some((pattern) => pattern === "*" || pattern === "")) return refused("A bypass names its operations; `*` alone names none.");
  if (environments.length === 0) return refused("A bypass names its environments.");
  for (const environment of environments) {
    if (environment === UNKNOWN_ENVIRONMENT || environment.includes("*")) return refused("A bypass names environments that are known, each by its own name.");
    if (!agentEnvironments.has(environment)) return refused(`${agent} does not work in ${environment}, and a bypass lets nothing across environments.`);
    if (human.environments.length > 0 && !human.environments.includes(environment)) return refused(`${human.id} does not decide on ${environment}.`);
    const needed = environment === "production" ? policy.approversInProduction : policy.approversElsewhere;
    if (needed > 1) return refused(`In ${environment} it takes ${needed} approvers, and one cannot stand in for them.`);
  }
  return {
    kind: "granted",
    grant: {
      v: 1, version: 1, id, tenant, agent, task: null, environments: [...environments], operations: [], resources: [...resources], effects: [], irreversible: [...operations],
      expiresAtMs: nowMs + minutes * MS_PER_MINUTE, bypass: { by: human.id, reason }, atMs: nowMs,
    },
  };
}

const refused = (reason: string): BypassOutcome => ({ kind: "refused", reason });
