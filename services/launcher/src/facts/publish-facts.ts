/**
 * Writes what the configuration states to the fact topics, but only what changed, with the next version: readers decide by facts,
 * never by a configuration that a replay would not have.
 */
import { isBypass, Registry, REGISTRY_TOPICS } from "@tripline/core";
import { type EventLog, follow } from "@tripline/event-log";
import { type AgentRegistration, type CredentialRecord, type PayloadOf, type Topic, agentKey, encode } from "@tripline/model";
import { isDeepStrictEqual } from "node:util";
import { type Seeing, seeUndecodable } from "../undecodable.ts";
import type { ConfiguredFacts, Unversioned } from "./configured-facts.ts";

interface Deps extends Seeing {
  readonly eventLog: EventLog;
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /** Seals a credential's secret for probing. */
  seal(credential: Unversioned<CredentialRecord>, secret: string): Promise<void>;
  erase(credential: Unversioned<CredentialRecord>): Promise<void>;
}

/** Resolves with the registry as the log has it once every change is durable. */
export async function publishFacts(facts: ConfiguredFacts, deps: Deps): Promise<Registry> {
  const registry = await readRegistry(deps);
  const writer = createWriter(deps);
  for (const agent of facts.agents) {
    const key = agentKey(agent.tenant, agent.agent);
    const before = registry.agent(key);
    await writer.write("agents", key, before, withOrder(agent, before));
  }
  for (const resource of facts.resources) await writer.write("resources", resource.tenant, registry.resource(resource.tenant, resource.kind, resource.id), resource);
  for (let at = 0; at < facts.credentials.length; at += AT_ONCE) {
    await Promise.all(facts.credentials.slice(at, at + AT_ONCE).map(({ record, secret }) => publishCredential(record, secret, registry, writer, deps)));
  }
  await publishGrants(facts, registry, writer, deps.nowMs);
  await retireAgents(facts, registry, writer);
  await writer.flush();
  // Last: who finds a policy in the log finds everything else there as well.
  const { version, ...policy } = registry.policy(facts.policy.tenant);
  await writer.write("policies", facts.policy.tenant, version === 0 ? null : { version, ...policy }, facts.policy);
  await writer.flush();
  const published = await readRegistry(deps);
  // Another breaker may have contained one while this one sealed its secret: it says so in the log before it erases.
  for (const { record, secret } of facts.credentials) if (secret !== null && isContained(record, published)) await deps.erase(record);
  return published;
}

async function readRegistry(deps: Pick<Deps, "eventLog" | "metrics" | "logger">): Promise<Registry> {
  const registry = new Registry();
  for (const topic of REGISTRY_TOPICS) {
    const followed = await follow(deps.eventLog, topic, { from: "start" }, (items) => items.forEach(({ payload }) => registry.apply(topic, payload)), seeUndecodable(deps, "publisher"));
    await followed.caughtUp;
    await followed.close();
  }
  return registry;
}

interface Writer {
  /** Durable after `flush` at the latest. */
  write<T extends Topic>(topic: T, key: string, before: PayloadOf<T> | null, fact: Unversioned<PayloadOf<T>>): Promise<void>;
  flush(): Promise<void>;
}

/** Facts appended, and secrets sealed, at once: a sync for each would make ten thousand credentials a start of half a minute. */
const AT_ONCE = 256;

function createWriter({ eventLog, nowMs }: Deps): Writer {
  const waiting = new Map<Topic, { key: string; value: Uint8Array }[]>();
  const append = async (topic: Topic): Promise<void> => {
    const records = waiting.get(topic) ?? [];
    waiting.delete(topic);
    if (records.length > 0) await eventLog.append(topic, records);
  };
  return {
    write: async (topic, key, before, fact) => {
      if (before !== null && same(before, fact)) return;
      const version = before === null ? 1 : (before as { version: number }).version + 1;
      const next = { v: 1, version, ...fact, atMs: nowMs } as unknown as PayloadOf<typeof topic>;
      const records = waiting.get(topic) ?? [];
      waiting.set(topic, records);
      if (records.push({ key, value: encode(topic, next) }) >= AT_ONCE) await append(topic);
    },
    flush: async () => {
      for (const topic of waiting.keys()) await append(topic);
    },
  };
}

/** What somebody ordered of a baseline stands until the configuration states something of it. */
function withOrder(agent: Unversioned<AgentRegistration>, before: AgentRegistration | null): Unversioned<AgentRegistration> {
  return agent.baseline !== undefined || before?.baseline?.ordered === undefined ? agent : { ...agent, baseline: before.baseline };
}

const UNSTATED = ["gate", "decoy", "baseline"];

function same(before: object, fact: object): boolean {
  const known: Record<string, unknown> = { ...before };
  const isStated = (name: string): boolean => Object.hasOwn(fact, name) || known[name] === undefined;
  // What is no longer stated no longer holds. Of other keys that a fact may lack, readers write some themselves.
  return UNSTATED.every(isStated) && Object.entries(fact).every(([name, value]) => isDeepStrictEqual(known[name], value));
}

/** A credential that was contained stays revoked while the configuration still names the same secret. */
async function publishCredential(record: Unversioned<CredentialRecord>, secret: string | null, registry: Registry, writer: Writer, deps: Deps): Promise<void> {
  const before = registry.credential(record.tenant, record.id);
  const contained = isContained(record, registry);
  if (!contained && secret !== null) await deps.seal(record, secret);
  await writer.write("credentials", record.tenant, before, contained ? { ...record, status: "revoked" } : record);
}

function isContained(record: Unversioned<CredentialRecord>, registry: Registry): boolean {
  const known = registry.credential(record.tenant, record.id);
  return known?.status === "revoked" && known.fingerprint === record.fingerprint && known.providerRef === record.providerRef;
}

async function publishGrants(facts: ConfiguredFacts, registry: Registry, writer: Writer, nowMs: number): Promise<void> {
  for (const grant of facts.grants) {
    const key = agentKey(grant.tenant, grant.agent);
    await writer.write("grants", key, registry.allGrants(key).find((known) => known.id === grant.id) ?? null, grant);
  }
  const stated = new Set(facts.grants.map((grant) => `${grant.tenant}/${grant.agent}/${grant.id}`));
  for (const agent of registry.agents()) {
    const key = agentKey(agent.tenant, agent.agent);
    for (const { v: _v, version: _version, atMs: _atMs, ...grant } of registry.grants(key, nowMs)) {
      // A bypass is not the configuration's to state: it ends by its own time.
      if (isBypass(grant) || stated.has(`${grant.tenant}/${grant.agent}/${grant.id}`)) continue;
      const before = registry.allGrants(key).find((known) => known.id === grant.id) ?? null;
      await writer.write("grants", key, before, { ...grant, expiresAtMs: nowMs });
    }
  }
}

async function retireAgents(facts: ConfiguredFacts, registry: Registry, writer: Writer): Promise<void> {
  const stated = new Set(facts.agents.map((agent) => agentKey(agent.tenant, agent.agent)));
  for (const before of registry.agents()) {
    const key = agentKey(before.tenant, before.agent);
    if (before.tenant !== facts.policy.tenant || stated.has(key) || before.status === "retired") continue;
    const { v: _v, version: _version, atMs: _atMs, ...agent } = before;
    await writer.write("agents", key, before, { ...agent, status: "retired" });
  }
}
