/**
 * The registry: what is known about agents, grants, leases, credentials and resources, folded from the fact topics. It decides
 * nothing. Every reader (detector, breaker, gate, replay) folds its own from the log, so all reach the same state at the
 * same place.
 */
import {
  agentKey,
  type AgentKey,
  type AgentRegistration,
  type CredentialRecord,
  type Grant,
  type Lease,
  type Policy,
  type ResourceRecord,
  DEFAULT_ALERTS_PER_CALL,
  type TopicPayloads,
  UNKNOWN_ENVIRONMENT,
} from "@tripline/model";
import { type AgentProfile, AgentTable } from "./agent-table.ts";
import { Decoys } from "./decoys.ts";
import { SecretTags } from "./secret-tags.ts";
import { SharedLists } from "./shared-lists.ts";

export const REGISTRY_TOPICS = ["agents", "grants", "leases", "credentials", "resources", "policies"] as const;
export type RegistryTopic = (typeof REGISTRY_TOPICS)[number];

/** Used where no policy was written. The alarm budget is the product's default promise. */
export const DEFAULT_POLICY: Omit<Policy, "tenant" | "atMs"> = {
  v: 1,
  version: 0,
  budget: { agentHoursPerFalseTrip: 50_000, alertsPerCall: DEFAULT_ALERTS_PER_CALL },
  massTripShare: 0.3,
  massTripMinimum: 5,
  massTripWindowMs: 60_000,
  probeActions: 20,
};

/** What a fact takes in memory, its entries in maps included. Measured with a quarter of a million of each, ids of 10 to 20 characters, and a tenth more. */
const NO_GRANTS: readonly Grant[] = [];
const FACT_BYTES = { grant: 320, lease: 580, credential: 960, resource: 200 };

/** The state that `apply` has folded so far; answers are the newest facts, `null` or empty where there are none. */
export class Registry {
  readonly #agents = new AgentTable();
  readonly #agentCounts = new Map<string, number>();
  readonly #grants = new Map<AgentKey, Grant[]>();
  readonly #lists = new SharedLists();
  #grantCount = 0;
  #leaseCount = 0;
  readonly #leases = new Map<AgentKey, Map<string, Lease>>();
  readonly #activeLeases = new Map<string, Lease>();
  readonly #credentials = new Map<string, CredentialRecord>();
  readonly #tags = new SecretTags();
  readonly #decoys = new Decoys();
  readonly #byFingerprint = new Map<string, CredentialRecord>();
  readonly #byPrincipal = new Map<string, CredentialRecord>();
  readonly #byHolder = new Map<AgentKey, Map<string, CredentialRecord>>();
  /** By tenant, kind and id, each asked for as it is: a key put together of them would be made anew for every target of every action. */
  readonly #resources = new Map<string, Map<string, Map<string, ResourceRecord>>>();
  #resourceCount = 0;
  readonly #policies = new Map<string, Policy>();
  /** Of the tenant without a policy that was asked for last. */
  #unstated: Policy = { ...DEFAULT_POLICY, tenant: "", atMs: 0 };
  readonly #fold: { readonly [T in RegistryTopic]: (fact: TopicPayloads[T]) => void } = {
    agents: (fact) => this.#putAgent(fact),
    grants: (fact) => this.#putGrant(fact),
    leases: (fact) => this.#putLease(fact),
    credentials: (fact) => this.#putCredential(fact),
    resources: (fact) => this.#putResource(fact),
    policies: (fact) => void this.#policies.set(fact.tenant, fact),
  };
  #version = 0;

  /** Counts facts applied; findings name it, so that a reader can tell what was known. */
  get version(): number {
    return this.#version;
  }

  /** About what all this takes of memory: it grows with what is registered, and whoever has a budget must count it. */
  get bytes(): number {
    const { grant, lease, credential, resource } = FACT_BYTES;
    return this.#agents.bytes + this.#grantCount * grant + this.#leaseCount * lease + this.#credentials.size * credential + this.#resourceCount * resource;
  }

  /** Folds one fact; a newer one of the same id replaces the older. */
  apply<T extends RegistryTopic>(topic: T, fact: TopicPayloads[T]): void {
    this.#version += 1;
    this.#fold[topic](fact);
  }

  agent(key: AgentKey): AgentRegistration | null {
    return this.#agents.get(key);
  }

  /** What the agent's registration says, without what is its own: cheap enough for every action. */
  profile(key: AgentKey): AgentProfile | null {
    return this.#agents.profile(key);
  }

  /** Registered, active agents of a tenant. */
  agentCount(tenant: string): number {
    return this.#agentCounts.get(tenant) ?? 0;
  }

  agents(): IterableIterator<AgentRegistration> {
    return this.#agents.all();
  }

  /** Every grant on record, expired ones too. */
  allGrants(key: AgentKey): Grant[] {
    return [...(this.#grants.get(key) ?? [])];
  }

  /** Grants in force at that time. */
  grants(key: AgentKey, nowMs: number): readonly Grant[] {
    return this.#grants.get(key)?.filter((g) => g.expiresAtMs === null || g.expiresAtMs > nowMs) ?? NO_GRANTS;
  }

  /** Highest version among the agent's grants; 0 where it has none. */
  grantVersion(key: AgentKey): number {
    let version = 0;
    for (const grant of this.#grants.get(key) ?? []) version = Math.max(version, grant.version);
    return version;
  }

  leases(key: AgentKey): Lease[] {
    return [...(this.#leases.get(key)?.values() ?? [])];
  }

  /** Leases that nobody has ended yet, whether their time is over or not. */
  activeLeases(): IterableIterator<Lease> {
    return this.#activeLeases.values();
  }

  credential(tenant: string, id: string): CredentialRecord | null {
    return this.#credentials.get(`${tenant}/${id}`) ?? null;
  }

  credentials(): IterableIterator<CredentialRecord> {
    return this.#credentials.values();
  }

  /** Credentials issued to the agent, revoked ones too, in the order in which they were last stated. */
  credentialsOf(key: AgentKey): CredentialRecord[] {
    return [...(this.#byHolder.get(key)?.values() ?? [])];
  }

  credentialByFingerprint(tenant: string, fingerprint: string): CredentialRecord | null {
    return this.#byFingerprint.get(`${tenant}/${fingerprint}`) ?? null;
  }

  /** False only where no secret of a credential of this tenant has this tag (see `secretTagger`). */
  mayHoldSecret(tenant: string, tag: number): boolean {
    return this.#tags.mayBe(tenant, tag);
  }

  /** False where the tenant has no decoy of any kind, as nearly all: cheap enough for every action. */
  hasDecoys(tenant: string): boolean {
    return this.#decoys.has(tenant);
  }

  /** Hosts, or hosts with a path, that are decoys. */
  decoyEndpoints(tenant: string): readonly string[] {
    return this.#decoys.endpoints(tenant);
  }

  credentialByPrincipal(tenant: string, principal: string): CredentialRecord | null {
    return this.#byPrincipal.get(`${tenant}/${principal}`) ?? null;
  }

  /** The record behind a mark in evidence: a fingerprint, or `principal:<id>`. */
  credentialByMark(tenant: string, mark: string): CredentialRecord | null {
    return mark.startsWith("principal:")
      ? this.credentialByPrincipal(tenant, mark.slice("principal:".length))
      : this.credentialByFingerprint(tenant, mark);
  }

  /** True if the credential was issued to this agent, by lease or by registration. */
  issuedTo(credential: CredentialRecord, agent: string): boolean {
    return credential.issuedTo.includes(agent);
  }

  resource(tenant: string, kind: string, id: string): ResourceRecord | null {
    return this.#resources.get(tenant)?.get(kind)?.get(id) ?? null;
  }

  /** Environment of a resource: the inventory outranks what a call or a runtime says about it. */
  environmentOf(tenant: string, kind: string, id: string, reported: string | null): string {
    return this.resource(tenant, kind, id)?.environment ?? reported ?? UNKNOWN_ENVIRONMENT;
  }

  policy(tenant: string): Policy {
    const stated = this.#policies.get(tenant);
    if (stated !== undefined) return stated;
    if (this.#unstated.tenant !== tenant) this.#unstated = { ...DEFAULT_POLICY, tenant, atMs: 0 };
    return this.#unstated;
  }

  #putAgent(fact: AgentRegistration): void {
    const before = this.#agents.put(fact) === "active" ? 1 : 0;
    const after = fact.status === "active" ? 1 : 0;
    this.#agentCounts.set(fact.tenant, this.agentCount(fact.tenant) + after - before);
  }

  #putResource(fact: ResourceRecord): void {
    let kinds = this.#resources.get(fact.tenant);
    if (kinds === undefined) this.#resources.set(fact.tenant, (kinds = new Map<string, Map<string, ResourceRecord>>()));
    let ids = kinds.get(fact.kind);
    if (ids === undefined) kinds.set(fact.kind, (ids = new Map<string, ResourceRecord>()));
    if (!ids.has(fact.id)) this.#resourceCount += 1;
    ids.set(fact.id, fact);
    this.#decoys.putResource(fact);
  }

  #putGrant(fact: Grant): void {
    const list = (words: string[]): string[] => this.#lists.of(words);
    const { environments, operations, resources, effects, irreversible } = fact;
    const grant: Grant = { ...fact, environments: list(environments), operations: list(operations), resources: list(resources), effects: this.#lists.of(effects), irreversible: list(irreversible) };
    const known = this.#grants.get(keyOf(fact));
    const at = known?.findIndex(({ id }) => id === fact.id) ?? -1;
    if (known === undefined) this.#grants.set(keyOf(fact), [grant]);
    else known[at < 0 ? known.length : at] = grant;
    if (at < 0) this.#grantCount += 1;
  }

  #putLease(lease: Lease): void {
    if (this.#leases.get(keyOf(lease))?.has(lease.id) !== true) this.#leaseCount += 1;
    put(this.#leases, keyOf(lease), lease);
    if (lease.status === "active") this.#activeLeases.set(`${keyOf(lease)}/${lease.id}`, lease);
    else this.#activeLeases.delete(`${keyOf(lease)}/${lease.id}`);
  }

  #putCredential(record: CredentialRecord): void {
    const before = this.#credentials.get(`${record.tenant}/${record.id}`);
    if (before !== undefined) this.#forgetMarks(before);
    for (const agent of before?.issuedTo ?? []) this.#byHolder.get(agentKey(record.tenant, agent))?.delete(record.id);
    for (const agent of record.issuedTo) put(this.#byHolder, agentKey(record.tenant, agent), record);
    this.#credentials.set(`${record.tenant}/${record.id}`, record);
    this.#tags.put(record);
    this.#decoys.putCredential(record);
    if (record.fingerprint !== null) this.#byFingerprint.set(`${record.tenant}/${record.fingerprint}`, record);
    if (record.principal !== null) this.#byPrincipal.set(`${record.tenant}/${record.principal}`, record);
  }

  /** Only what is still its own: the secret may have been given to another record meanwhile. */
  #forgetMarks({ tenant, id, fingerprint, principal }: CredentialRecord): void {
    if (fingerprint !== null && this.credentialByFingerprint(tenant, fingerprint)?.id === id) this.#byFingerprint.delete(`${tenant}/${fingerprint}`);
    if (principal !== null && this.credentialByPrincipal(tenant, principal)?.id === id) this.#byPrincipal.delete(`${tenant}/${principal}`);
  }
}

function keyOf(fact: { tenant: string; agent: string }): AgentKey {
  return agentKey(fact.tenant, fact.agent);
}

function put<T extends { id: string }>(map: Map<AgentKey, Map<string, T>>, key: AgentKey, fact: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Map([[fact.id, fact]]));
  else known.set(fact.id, fact);
}
