/** Which credential is injected: the first of the upstream's that the registry gave to this agent, for an environment it works in. */
import { fingerprint, sha256Hex } from "@tripline/canonical";
import { matchesAny, type Registry } from "@tripline/core";
import { agentKey, UNKNOWN_ENVIRONMENT } from "@tripline/model";
import type { Caller, Injected } from "../../call.ts";
import type { GateDeps, Upstream } from "../../deps.ts";

export type Chosen =
  | { readonly kind: "none" }
  | { readonly kind: "credential"; readonly injected: Injected; readonly secret: string }
  /** Credentials are configured, and none of them is for this agent. */
  | { readonly kind: "unfit"; readonly reason: string };

export type ChooseCredential = (caller: Caller, upstream: Upstream) => Chosen;

export function createChooseCredential({ secretOf, tenantKey, clock }: Pick<GateDeps, "secretOf" | "tenantKey" | "clock">, registry: Registry): ChooseCredential {
  /** By tenant and id: an HMAC for each request would be paid for nothing. */
  const fingerprints = new Map<string, { readonly secret: string; readonly made: string }>();
  const fingerprintOf = (tenant: string, id: string, secret: string): string => {
    const known = fingerprints.get(`${tenant}/${id}`);
    if (known?.secret === secret) return known.made;
    const made = fingerprint(tenantKey(tenant), sha256Hex(secret));
    fingerprints.set(`${tenant}/${id}`, { secret, made });
    return made;
  };
  return (caller, { credentials, name }) => {
    if (credentials.length === 0) return { kind: "none" };
    const environments = environmentsOf(caller, registry, clock());
    for (const id of credentials) {
      const record = registry.credential(caller.tenant, id);
      if (record === null || record.status !== "active" || !registry.issuedTo(record, caller.agent)) continue;
      if (record.environment === UNKNOWN_ENVIRONMENT || !matchesAny(environments, record.environment)) continue;
      const secret = secretOf(id);
      if (secret === null) continue;
      const made = fingerprintOf(caller.tenant, id, secret);
      // Another secret than the registered one reaches who knows what.
      if (record.fingerprint !== null && record.fingerprint !== made) continue;
      return { kind: "credential", secret, injected: { id, environment: record.environment, version: record.version, fingerprint: made } };
    }
    return { kind: "unfit", reason: `No credential of ${name} is active, issued to ${caller.agent} and for an environment it works in (${environments.join(", ") || "none known"}).` };
  };
}

function environmentsOf({ tenant, agent }: Caller, registry: Registry, nowMs: number): string[] {
  const key = agentKey(tenant, agent);
  const registered = registry.profile(key)?.environment;
  const granted = registry.grants(key, nowMs).flatMap(({ environments }) => environments);
  return [...new Set([...(registered === undefined ? [] : [registered]), ...granted])].filter((environment) => environment !== UNKNOWN_ENVIRONMENT);
}
