/** What grants allow at the gate. Stricter than what detectors weigh: a grant speaks for its own environments alone. */
import { agentKey, type Grant, UNKNOWN_ENVIRONMENT } from "@tripline/model";
import type { Verdict } from "../classify/verdict.ts";
import { isSideEffect } from "../detectors/evidence.ts";
import { matchesAny } from "../registry/pattern.ts";
import { isBypass } from "./bypass.ts";
import { levelOf } from "./level.ts";
import { type Reached, reached, type Reaching } from "./reach.ts";

export interface Outside {
  readonly verdict: Verdict;
  /** What the agent was granted, for people. */
  readonly expected: string;
}

export function grantsOf({ observed: { action, receiveMs }, registry }: Reaching): readonly Grant[] {
  return registry.grants(agentKey(action.tenant, action.agent.id), receiveMs);
}

/** The first side effect that no grant covers whole; null where there is none, or where no grant says anything that it could leave. */
export function outsideGrants(reaching: Reaching): Outside | null {
  const grants = grantsOf(reaching);
  // A bypass only adds to what others say.
  if (!grants.some((grant) => !isBypass(grant) && grant.operations.length + grant.effects.length + grant.resources.length > 0)) return null;
  for (const verdict of reaching.observed.classification.verdicts) {
    if (!isSideEffect(verdict)) continue;
    const places = reached(verdict, reaching);
    if (!grants.some((grant) => allowsOperation(grant, verdict) && places.every((place) => allowsPlace(grant, place, reaching)))) return { verdict, expected: statement(grants) };
  }
  return null;
}

function allowsOperation({ operations, effects, irreversible }: Grant, { operation, effect }: Verdict): boolean {
  if (operations.length === 0 && effects.length === 0) return true;
  return matchesAny(operations, operation) || effects.includes(effect) || matchesAny(irreversible, operation);
}

function allowsPlace(grant: Grant, { kind, id, environment, said }: Reached, reaching: Reaching): boolean {
  // A call that names nothing cannot be held against a list of names; its environment still is.
  if (grant.resources.length > 0 && kind !== "credential" && kind !== "path" && !matchesAny(grant.resources, id)) return false;
  return [environment, ...said].every((one) => one === UNKNOWN_ENVIRONMENT || matchesAny(environmentsOf(grant, reaching), one));
}

/** A grant without environments speaks for the one that the agent is registered in, not for those that other grants open. */
function environmentsOf({ environments }: Grant, { observed }: Reaching): readonly string[] {
  return environments.length > 0 ? environments : [observed.agentEnvironment];
}

/**
 * True where a grant's author approved this operation in advance. Where the environment cannot be relied on, only a resource that the grant
 * names is covered; what takes away the means of recovery has to be named itself, since `railway.*` was hardly meant for backups, and no
 * bypass stands in for its approval.
 */
export function approvedInAdvance(verdict: Verdict, reaching: Reaching): boolean {
  const places = reached(verdict, reaching);
  const isHighest = levelOf(verdict) === "highest";
  return grantsOf(reaching).some((grant) => {
    if (isHighest && isBypass(grant)) return false;
    const named = isHighest ? grant.irreversible.includes(verdict.operation) : matchesAny(grant.irreversible, verdict.operation);
    return named && places.every((place) => coversPlace(grant, place, reaching));
  });
}

function coversPlace(grant: Grant, { id, environment }: Reached, reaching: Reaching): boolean {
  if (grant.resources.length > 0 && !matchesAny(grant.resources, id)) return false;
  if (environment !== UNKNOWN_ENVIRONMENT) return matchesAny(environmentsOf(grant, reaching), environment);
  return grant.resources.some((pattern) => pattern !== "*" && matchesAny([pattern], id));
}

const STATED_WORDS = 8;

function statement(grants: readonly Grant[]): string {
  const words = grants.flatMap(({ operations, effects, resources }) => [...operations, ...effects, ...resources]);
  return `within the grant: ${words.slice(0, STATED_WORDS).join(", ")}${words.length > STATED_WORDS ? ", …" : ""}`;
}
