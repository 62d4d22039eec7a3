/**
 * What a call reaches, as the gate believes it. Detectors weigh what calls say of themselves; the gate must not be talked out of a rule, so here
 * a call's word for where it goes counts against it and never for it, and one thing that is known says nothing of another that is not.
 */
import { agentKey, type CredentialRecord, type CredentialUse, UNKNOWN_ENVIRONMENT } from "@tripline/model";
import type { Target, Verdict } from "../classify/verdict.ts";
import type { Observed } from "../detectors/detector.ts";
import { statedEnvironment } from "../environment/environment.ts";
import type { Registry } from "../registry/registry.ts";

/** The environment that no mistake may reach; in lists of environments it comes first. */
export const PRODUCTION = "production";

export interface Reached {
  readonly kind: string;
  readonly id: string;
  /** What may be relied on: the inventory, the credential in use, the machine of the agent; `production` wherever anything says so. */
  readonly environment: string;
  /** Every environment that anything says of it, the call itself included; empty where nothing does. */
  readonly said: readonly string[];
}

export interface Reaching {
  readonly observed: Observed;
  readonly registry: Registry;
  /** Environment of the credential that the gate injects; null for none. */
  readonly injected: string | null;
}

/** Kinds of target that lie on the machine the agent runs on. */
const LOCAL_KINDS: ReadonlySet<string> = new Set(["path", "file", "directory"]);

/** Everything that `verdict` touches. Never empty: a call that names nothing touches whatever its credential reaches. */
export function reached(verdict: Verdict, reaching: Reaching): Reached[] {
  const { resource } = reaching.observed.action;
  const targets: Target[] = verdict.targets.flatMap((target) => (target.kind === "url" ? [target, ...namedInPath(target.id, reaching)] : [target]));
  if (resource !== null) targets.push(resource);
  if (targets.length === 0) targets.push({ kind: "credential", id: "its reach", environment: null });
  const credential = credentialEnvironment(reaching);
  return targets.map((target) => reachedAt(target, verdict, credential, reaching));
}

/** Pairs of a path that are looked at; deeper ones name parts of what is named before. */
const MAX_PAIRS = 32;

/** Registered resources as REST names them, `volumes/vol-1`: by kind and id together, since an id alone may be any word. */
function namedInPath(address: string, { observed, registry }: Reaching): Target[] {
  const parts = partsOfPath(address).slice(0, MAX_PAIRS);
  return parts.slice(1).flatMap((id, at) => {
    const kinds = [parts[at]!, parts[at]!.replace(/s$/, "")];
    return kinds.filter((kind) => registry.resource(observed.action.tenant, kind, id) !== null).map((kind): Target => ({ kind, id, environment: null }));
  });
}

/** Of `host/path`, without what follows a `?`. */
export function partsOfPath(address: string): string[] {
  return address.split(/[?#]/, 1)[0]!.split("/").slice(1).filter((part) => part !== "").map(decoded);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function reachedAt({ kind, id, environment: stated }: Target, verdict: Verdict, credential: string, { observed, registry }: Reaching): Reached {
  const inventory = registry.resource(observed.action.tenant, kind, id)?.environment ?? UNKNOWN_ENVIRONMENT;
  if (inventory !== UNKNOWN_ENVIRONMENT) return { kind, id, environment: inventory, said: [inventory] };
  const own = verdict.effect === "read" ? statedOfRead(kind, id, stated) : stated;
  const said = [own, credential].filter((word): word is string => word !== null && word !== UNKNOWN_ENVIRONMENT);
  if (said.includes(PRODUCTION)) return { kind, id, environment: PRODUCTION, said };
  if (credential !== UNKNOWN_ENVIRONMENT) return { kind, id, environment: credential, said };
  return { kind, id, environment: LOCAL_KINDS.has(kind) ? observed.agentEnvironment : UNKNOWN_ENVIRONMENT, said };
}

/** Pages and files about production are read all day: of what is only read, a path states nothing, and of an address the host alone. */
function statedOfRead(kind: string, id: string, stated: string | null): string | null {
  if (LOCAL_KINDS.has(kind)) return null;
  return kind === "url" ? statedEnvironment(id.split("/", 1)[0]!) : stated;
}

/** Of the injected credential, else of those that the call shows, all of them known; production before all else. */
function credentialEnvironment({ observed, registry, injected }: Reaching): string {
  if (injected !== null) return injected;
  const found: string[] = [];
  for (const use of observed.action.credentials) {
    const records = recordsOf(use, observed, registry);
    if (records.length === 0) found.push(UNKNOWN_ENVIRONMENT);
    for (const { environment } of records) found.push(environment);
  }
  if (found.includes(PRODUCTION)) return PRODUCTION;
  return found.includes(UNKNOWN_ENVIRONMENT) ? UNKNOWN_ENVIRONMENT : (found[0] ?? UNKNOWN_ENVIRONMENT);
}

/** Credentials in the inventory that the call shows: what is the agent's own, or made up, must not hide what stands beside it. */
export function shownCredentials(observed: Observed, registry: Registry): CredentialRecord[] {
  return observed.action.credentials.flatMap((use) => recordsOf(use, observed, registry));
}

function recordsOf({ fingerprint, principal, leaseId }: CredentialUse, { action }: Observed, registry: Registry): CredentialRecord[] {
  const { tenant, agent } = action;
  const lease = leaseId === null ? undefined : registry.leases(agentKey(tenant, agent.id)).find(({ id }) => id === leaseId);
  const records = [
    fingerprint === null ? null : registry.credentialByFingerprint(tenant, fingerprint),
    principal === null ? null : registry.credentialByPrincipal(tenant, principal),
    lease === undefined ? null : registry.credential(tenant, lease.credentialId),
  ];
  return records.filter((record) => record !== null);
}
