import { agentKey, UNKNOWN_ENVIRONMENT, type Grant } from "@tripline/model";
import type { Verdict } from "../classify/verdict.ts";
import { isBypass } from "../decision/bypass.ts";
import { matchesAny } from "../registry/pattern.ts";
import type { Registry } from "../registry/registry.ts";
import type { Observed } from "./detector.ts";
import { isSideEffect } from "./evidence.ts";
import { placesOf } from "./place.ts";

/** `no-statement`: no grant in force says anything that this action could leave; a bypass only adds to what others say. */
export type GrantFit =
  | { readonly kind: "no-statement" }
  | { readonly kind: "inside" }
  | { readonly kind: "outside"; readonly verdict: Verdict; readonly expected: string };

/** Compares the side effects of an action with the agent's grants: each must fit one grant whole. */
export function fitGrants(observed: Observed, registry: Registry): GrantFit {
  const { action, receiveMs, classification } = observed;
  const grants = registry.grants(agentKey(action.tenant, action.agent.id), receiveMs);
  if (!grants.some((grant) => states(grant) && !isBypass(grant))) return { kind: "no-statement" };
  let tested = false;
  for (const verdict of classification.verdicts) {
    if (!isSideEffect(verdict)) continue;
    tested = true;
    if (!grants.some((grant) => fits(grant, verdict, observed, registry))) return { kind: "outside", verdict, expected: statement(grants) };
  }
  return tested ? { kind: "inside" } : { kind: "no-statement" };
}

function states(grant: Grant): boolean {
  return grant.operations.length > 0 || grant.effects.length > 0 || grant.resources.length > 0;
}

function fits(grant: Grant, verdict: Verdict, observed: Observed, registry: Registry): boolean {
  const open = grant.operations.length === 0 && grant.effects.length === 0;
  if (!open && !matchesAny(grant.operations, verdict.operation) && !grant.effects.includes(verdict.effect) && !matchesAny(grant.irreversible, verdict.operation)) return false;
  if (grant.resources.length === 0) return true;
  // A call that names nothing cannot be held against a list of names; its environment still is.
  return placesOf(verdict, observed, registry).every(
    ({ id, kind, environment }) =>
      (kind === "credential" || kind === "path" || matchesAny(grant.resources, id)) &&
      (environment === UNKNOWN_ENVIRONMENT || grant.environments.length === 0 || matchesAny(grant.environments, environment)),
  );
}

function statement(grants: readonly Grant[]): string {
  const words = grants.flatMap(({ operations, effects, resources }) => [...operations, ...effects, ...resources]);
  return `within the grant: ${words.slice(0, 8).join(", ")}${words.length > 8 ? ", …" : ""}`;
}
