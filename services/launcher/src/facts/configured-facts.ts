/** What the configuration states, as facts without their versions. */
import { fingerprint, secretTagger, sha256Hex } from "@tripline/canonical";
import { type AgentRegistration, type CredentialRecord, type Grant, type Policy, type ResourceRecord, TriplineError } from "@tripline/model";
import type { LauncherConfig } from "../config.ts";
import { readSecret } from "../named-secrets.ts";

export type Unversioned<T> = Omit<T, "v" | "version" | "atMs">;

export interface ConfiguredFacts {
  readonly agents: readonly Unversioned<AgentRegistration>[];
  readonly grants: readonly Unversioned<Grant>[];
  readonly resources: readonly Unversioned<ResourceRecord>[];
  readonly policy: Unversioned<Policy>;
  /** With the secret, where one is given: it is sealed for probing. */
  readonly credentials: readonly { readonly record: Unversioned<CredentialRecord>; readonly secret: string | null }[];
}

/** Reads the secrets that the configuration points to. @throws TL_CONFIG_SECRET_MISSING, or TL_CONFIG_INVALID for one secret under two names */
export function configuredFacts(config: LauncherConfig, tenantKey: Uint8Array): ConfiguredFacts {
  const { tenant } = config;
  const credentials = config.credentials.map((credential) => credentialOf(tenant, credential, tenantKey));
  refuseSharedSecrets(credentials.map(({ record }) => record));
  const { falseTrips, alerts, agentHoursPerFalseTrip, ...policy } = config.policy;
  const budget = { agentHoursPerFalseTrip: agentHoursPerFalseTrip ?? falseTrips.perAgentHours / falseTrips.count, alertsPerCall: alerts.count / alerts.perCalls };
  return {
    agents: config.agents.map(({ id, owner, role, environment, baseline, gate }) => ({
      tenant, agent: id, owner, role: role ?? null, environment, status: "active", ...orderOf(baseline), ...(gate === "required" ? { gate } : {}),
    })),
    grants: config.agents.flatMap((agent) => agent.grants.map((grant) => grantOf(tenant, agent.id, grant))),
    resources: config.resources.map(({ decoy, ...resource }) => ({ tenant, ...resource, ...decoyOf(decoy) })),
    policy: { tenant, budget, ...policy },
    credentials,
  };
}

/** A secret seen in use names one credential: registered as two, its rightful holder would be taken for a thief. */
function refuseSharedSecrets(records: readonly Unversioned<CredentialRecord>[]): void {
  const holders = new Map<string, string>();
  for (const { id, fingerprint: mark } of records) {
    if (mark === null) continue;
    const other = holders.get(mark);
    if (other !== undefined) throw new TriplineError("TL_CONFIG_INVALID", `Credentials "${other}" and "${id}" have the same secret: register it once, with everyone it was issued to.`);
    holders.set(mark, id);
  }
}

function orderOf(baseline: LauncherConfig["agents"][number]["baseline"]): Pick<AgentRegistration, "baseline"> {
  if (baseline === undefined || (!baseline.frozen && baseline.learnFrom === undefined)) return {};
  return { baseline: { frozen: baseline.frozen, learnFromMs: baseline.learnFrom === undefined ? null : Date.parse(baseline.learnFrom) } };
}

const decoyOf = (decoy: boolean): { decoy?: true } => (decoy ? { decoy } : {});

type ConfiguredGrant = LauncherConfig["agents"][number]["grants"][number];

function grantOf(tenant: string, agent: string, { expiresAt, task, ...grant }: ConfiguredGrant): Unversioned<Grant> {
  return { tenant, agent, task: task ?? null, ...grant, expiresAtMs: expiresAt === undefined ? null : Date.parse(expiresAt) };
}

/** What a secret is known by when it is seen in use. */
export function marksOf(tenantKey: Uint8Array, secret: string): { fingerprint: string; secretTag: number } {
  return { fingerprint: fingerprint(tenantKey, sha256Hex(secret)), secretTag: secretTagger(tenantKey)(secret) };
}

function credentialOf(tenant: string, credential: LauncherConfig["credentials"][number], tenantKey: Uint8Array) {
  const { secretEnv, secretFile, principal, replacement, decoy, ...rest } = credential;
  const secret = secretEnv === undefined && secretFile === undefined ? null : readSecret({ env: secretEnv, file: secretFile });
  // A password's hash would help whoever steals it; such credentials are known by their principal.
  const marks = secret === null || principal !== undefined ? { fingerprint: null } : marksOf(tenantKey, secret);
  const record: Unversioned<CredentialRecord> = { ...rest, ...marks, ...decoyOf(decoy), tenant, principal: principal ?? null, replacement: replacement ?? null, status: "active" };
  return { record, secret };
}
