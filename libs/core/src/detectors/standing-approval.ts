import { agentKey, UNKNOWN_ENVIRONMENT, type Grant } from "@tripline/model";
import type { Verdict } from "../classify/verdict.ts";
import { matchesAny } from "../registry/pattern.ts";
import type { Registry } from "../registry/registry.ts";
import type { Observed } from "./detector.ts";
import { placesOf, type Place } from "./place.ts";

/**
 * The grant whose author approved this irreversible operation in advance, or null. A grant without a word on resources
 * covers its environments; where the environment is unknown, only a resource that the grant names is covered.
 */
export function standingApproval(verdict: Verdict, observed: Observed, registry: Registry): Grant | null {
  const { action, receiveMs } = observed;
  const grants = registry.grants(agentKey(action.tenant, action.agent.id), receiveMs);
  if (grants.length === 0) return null;
  const places = placesOf(verdict, observed, registry);
  return grants.find((grant) => matchesAny(grant.irreversible, verdict.operation) && places.every((place) => covers(grant, place))) ?? null;
}

function covers(grant: Grant, place: Place): boolean {
  if (grant.resources.length > 0 && !matchesAny(grant.resources, place.id)) return false;
  if (place.environment !== UNKNOWN_ENVIRONMENT) return grant.environments.length === 0 || matchesAny(grant.environments, place.environment);
  return grant.resources.some((pattern) => pattern !== "*");
}
