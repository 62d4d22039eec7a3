import { UNKNOWN_ENVIRONMENT } from "@tripline/model";
import { hashName, hashPair } from "../baseline/sketch.ts";
import { SCOPE } from "../baseline/scope.ts";
import type { ScopeView } from "../baseline/view.ts";
import type { Population } from "../baseline/population.ts";
import type { Registry } from "../registry/registry.ts";
import type { Observed } from "./detector.ts";
import { isSideEffect } from "./evidence.ts";
import { foreignUses } from "./foreign-use.ts";
import { fitGrants } from "./grant-scope.ts";

/** Seeds that keep the kinds of names apart in one sketch. */
const SEED = { operation: 1, resource: 2, environment: 3, credential: 4 } as const;

/** Reads off an action what the scope evidence bets on. Names are hashed once, here. */
export function readSigns(observed: Observed, registry: Registry, population: Population, role: string | null, scope: ScopeView): void {
  const { action, classification } = observed;
  const { signs } = scope;
  const { worst } = classification;
  const sideEffect = classification.verdicts.some(isSideEffect);
  const target = action.resource ?? worst.targets[0] ?? null;
  signs.operationHash = hashPair(action.tool, worst.operation, SEED.operation);
  signs.population = population;
  signs.role = role;
  signs.resourceHash = sideEffect && target !== null ? hashPair(target.kind, target.id, SEED.resource) : 0;
  const environment = target === null ? UNKNOWN_ENVIRONMENT : registry.environmentOf(action.tenant, target.kind, target.id, target.environment);
  signs.environmentHash = environment === UNKNOWN_ENVIRONMENT ? 0 : hashName(environment, SEED.environment);
  readGrant(observed, registry, scope);
  signs.shown[SCOPE.provenance] = provenanceShown(observed, sideEffect);
  readCredentials(observed, registry, scope);
}

function readGrant(observed: Observed, registry: Registry, scope: ScopeView): void {
  const fit = fitGrants(observed, registry);
  scope.signs.shown[SCOPE.grant] = fit.kind === "no-statement" ? -1 : Number(fit.kind === "outside");
  scope.grantExpects = fit.kind === "outside" ? fit.expected : "";
  scope.grantObserved = fit.kind === "outside" ? fit.verdict.operation : "";
}

function provenanceShown({ action }: Observed, sideEffect: boolean): -1 | 0 | 1 {
  if (!sideEffect) return -1;
  let stated = false;
  for (const path in action.provenance) {
    if (action.provenance[path] === "tool-output") return 1;
    stated = true;
  }
  return stated ? 0 : -1;
}

function readCredentials(observed: Observed, registry: Registry, { signs }: ScopeView): void {
  signs.credentialHash = 0;
  signs.shown[SCOPE.foreign] = -1;
  signs.shown[SCOPE.unregistered] = -1;
  if (observed.action.credentials.length === 0) return;
  const uses = foreignUses(observed, registry);
  const unregistered = uses.find(({ record }) => record === null);
  signs.shown[SCOPE.foreign] = Number(uses.some(({ record }) => record !== null));
  signs.shown[SCOPE.unregistered] = Number(unregistered !== undefined);
  if (unregistered !== undefined) signs.credentialHash = hashName(unregistered.name, SEED.credential);
}
