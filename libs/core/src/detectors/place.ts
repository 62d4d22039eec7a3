/** Where an action takes effect, and where its agent may work: what environment crossing and standing approvals compare. */
import { agentKey, UNKNOWN_ENVIRONMENT, type CredentialUse } from "@tripline/model";
import type { CredentialRecord } from "@tripline/model";
import type { Verdict } from "../classify/verdict.ts";
import type { Registry } from "../registry/registry.ts";
import type { Observed } from "./detector.ts";

/** One thing that a verdict touches. */
export interface Place {
  readonly kind: string;
  readonly id: string;
  /** `unknown` where neither the inventory, nor the call, nor the credential in use says. */
  readonly environment: string;
  /** Who said so, for people. */
  readonly source: "inventory" | "call" | "credential" | "host" | "nobody";
}

/** What a call may touch that names nothing. */
const REACH = { kind: "credential", id: "its reach" } as const;

/** Kinds of target that lie on the machine the agent runs on. */
const LOCAL_KINDS: ReadonlySet<string> = new Set(["path", "file", "directory"]);

/** Environments that the agent may work in: its registration and its grants in force; what the runtime says only where there is neither. */
export function agentEnvironments(observed: Observed, registry: Registry): ReadonlySet<string> {
  const { action, receiveMs } = observed;
  const key = agentKey(action.tenant, action.agent.id);
  const environments = new Set<string>();
  const registered = registry.profile(key)?.environment;
  if (registered !== undefined) environments.add(registered);
  for (const grant of registry.grants(key, receiveMs)) for (const environment of grant.environments) environments.add(environment);
  if (environments.size === 0 && action.environment !== null) environments.add(action.environment);
  environments.delete(UNKNOWN_ENVIRONMENT);
  return environments;
}

/** The inventory's record of a credential seen in use, by fingerprint, else by principal, else by lease; null where it knows none. */
export function knownCredential(use: CredentialUse, observed: Observed, registry: Registry): CredentialRecord | null {
  const { tenant, agent } = observed.action;
  if (use.fingerprint !== null) {
    const record = registry.credentialByFingerprint(tenant, use.fingerprint);
    if (record !== null) return record;
  }
  if (use.principal !== null) {
    const record = registry.credentialByPrincipal(tenant, use.principal);
    if (record !== null) return record;
  }
  if (use.leaseId === null) return null;
  const lease = registry.leases(agentKey(tenant, agent.id)).find(({ id }) => id === use.leaseId);
  return lease === undefined ? null : registry.credential(tenant, lease.credentialId);
}

/**
 * Everything that `verdict` touches, each with the environment it lies in. Never empty: a call that names nothing touches
 * whatever its credential reaches.
 */
export function placesOf(verdict: Verdict, observed: Observed, registry: Registry): Place[] {
  const { resource } = observed.action;
  const places: Place[] = [];
  let known = 0;
  let isNamed = false;
  const add = (kind: string, id: string, stated: string | null): void => {
    const one = place(kind, id, stated, observed, registry);
    if (one.environment !== UNKNOWN_ENVIRONMENT) known += 1;
    places.push(one);
  };
  for (const { kind, id, environment } of verdict.targets) {
    add(kind, id, environment);
    if (resource !== null && id === resource.id) isNamed = true;
  }
  if (resource !== null && !isNamed) add(resource.kind, resource.id, resource.environment);
  if (places.length === 0) add(REACH.kind, REACH.id, null);
  // One thing known settles what the same call leaves unsaid; two different answers are both kept.
  return known === 0 || known === places.length ? places : places.filter(({ environment }) => environment !== UNKNOWN_ENVIRONMENT);
}

function place(kind: string, id: string, stated: string | null, observed: Observed, registry: Registry): Place {
  const { tenant } = observed.action;
  const inventory = registry.resource(tenant, kind, id)?.environment ?? UNKNOWN_ENVIRONMENT;
  if (inventory !== UNKNOWN_ENVIRONMENT) return { kind, id, environment: inventory, source: "inventory" };
  if (stated !== null && stated !== UNKNOWN_ENVIRONMENT) return { kind, id, environment: stated, source: "call" };
  for (const use of observed.action.credentials) {
    const environment = knownCredential(use, observed, registry)?.environment ?? UNKNOWN_ENVIRONMENT;
    if (environment !== UNKNOWN_ENVIRONMENT) return { kind, id, environment, source: "credential" };
  }
  if (LOCAL_KINDS.has(kind)) return { kind, id, environment: observed.agentEnvironment, source: "host" };
  return { kind, id, environment: UNKNOWN_ENVIRONMENT, source: "nobody" };
}

/** For people: `volume vol-1`. */
export function placeName({ kind, id }: Pick<Place, "kind" | "id">): string {
  if (kind === REACH.kind && id === REACH.id) return "whatever its credential reaches";
  return `${kind} ${id}`.slice(0, 160);
}
