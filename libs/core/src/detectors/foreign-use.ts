/** Credentials in use that were never issued to the agent using them. */
import { agentKey, type CredentialRecord, type CredentialUse } from "@tripline/model";
import type { Registry } from "../registry/registry.ts";
import type { Observed } from "./detector.ts";

export interface ForeignUse {
  /** Null: not in the inventory at all. */
  readonly record: CredentialRecord | null;
  /** Stands for the credential in baselines: inventory id, fingerprint or principal. */
  readonly name: string;
  /** Names it in evidence so that the breaker finds its record: the fingerprint, or `principal:<id>`. Null where it has neither. */
  readonly mark: string | null;
}

/**
 * Fingerprint, principal and lease of a use are looked up each for itself: what is the agent's own, or made up, must not hide whose
 * credential stands beside it.
 */
export function foreignUses({ action }: Observed, registry: Registry): ForeignUse[] {
  const found: ForeignUse[] = [];
  for (const use of action.credentials) {
    const known = recordsOf(use, action.tenant, action.agent.id, registry);
    for (const one of known) if (one.record !== null && !registry.issuedTo(one.record, action.agent.id)) found.push(one);
    const mark = use.fingerprint ?? principalMark(use.principal);
    if (known.length === 0 && mark !== null) found.push({ record: null, name: use.fingerprint ?? use.principal ?? mark, mark });
  }
  return found;
}

function recordsOf(use: CredentialUse, tenant: string, agent: string, registry: Registry): ForeignUse[] {
  const known: ForeignUse[] = [];
  for (const mark of [use.fingerprint, principalMark(use.principal)]) {
    const record = mark === null ? null : registry.credentialByMark(tenant, mark);
    if (record !== null) known.push({ record, name: record.id, mark });
  }
  if (use.leaseId === null) return known;
  const lease = registry.leases(agentKey(tenant, agent)).find(({ id }) => id === use.leaseId);
  const record = lease === undefined ? null : registry.credential(tenant, lease.credentialId);
  if (record !== null) known.push({ record, name: record.id, mark: record.fingerprint ?? principalMark(record.principal) });
  return known;
}

function principalMark(principal: string | null): string | null {
  return principal === null ? null : `principal:${principal}`;
}
