/** What the breaker's tests share: real log and store, and a provider that answers as told, to reach every outcome on purpose. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CredentialProvider } from "@tripline/credentials";
import { type EventLog, type MemoryLog, openMemoryLog } from "@tripline/event-log";
import { type Action, agentKey, type CredentialRecord, encode, type PayloadOf, type ProbeOutcome, type RevocationOutcome, type Topic } from "@tripline/model";
import { createLogger, createMetrics } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import { type BreakerModule, createBreaker } from "./breaker.ts";

export const TENANT = "acme";
export const AGENT = "coder";
export const KEY = agentKey(TENANT, AGENT);
export const MARK = "a".repeat(64);

export interface ScriptedProvider extends CredentialProvider {
  readonly calls: string[];
  /** Answers in order; the last one repeats. */
  revocations: RevocationOutcome[];
  probes: ProbeOutcome[];
}

export function scriptedProvider(): ScriptedProvider {
  const take = <T>(answers: T[]): T => (answers.length > 1 ? answers.shift() : answers[0]) as T;
  const provider: ScriptedProvider = {
    calls: [],
    revocations: [{ kind: "revoked", sessionsCut: 0 }],
    probes: [{ kind: "refused", by: "used-and-refused" }],
    describe: () => ({ kind: "scripted", credentialKinds: ["api-token"], limits: [], backups: null, revokes: "immediately", cutsOpenSessions: true, permissions: [], example: "", probes: ["used-and-refused"] }),
    close: () => Promise.resolve(),
    verify: () => Promise.resolve({ kind: "ready", detail: "" }),
    issue: ({ leaseId, ttlMs, nowMs, readOnly }) => {
      provider.calls.push(`issue ${readOnly ? "read-only" : "full"}`);
      return Promise.resolve({ kind: "issued", target: { id: `lease-${leaseId}`, kind: "role", providerRef: `role-${leaseId}`, principal: `role-${leaseId}` }, secret: "s3cret-of-the-lease", expiresAtMs: nowMs + ttlMs });
    },
    revoke: (target) => {
      provider.calls.push(`revoke ${target.id}`);
      return Promise.resolve(take(provider.revocations));
    },
    probe: (target, secret) => {
      provider.calls.push(`probe ${target.id} ${secret === null ? "without" : "with"} secret`);
      return Promise.resolve(take(provider.probes));
    },
  };
  return provider;
}

export interface World {
  readonly log: MemoryLog;
  readonly store: Store;
  readonly provider: ScriptedProvider;
  readonly sealed: Map<string, string>;
  /** Named: one of several that share log and store. `gates`: what it reads of a topic waits for its promise. */
  breaker(instance?: string, gates?: Gates): BreakerModule;
  append<T extends Topic>(topic: T, key: string, payload: PayloadOf<T>): Promise<void>;
  records<T extends Topic>(topic: T): Promise<PayloadOf<T>[]>;
}

export type Gates = Partial<Record<Topic, Promise<unknown>>>;

/** The same log, read through gates that may be closed and opened meanwhile. */
function gated(log: MemoryLog, gates: Gates): EventLog {
  const read: EventLog["read"] = (topic, options, deliver) =>
    log.read(topic, options, async (records) => {
      await gates[topic];
      await deliver(records);
    });
  return new Proxy<EventLog>(log, {
    get: (_, name) => {
      if (name === "read") return read;
      const member: unknown = Reflect.get(log, name, log);
      return typeof member === "function" ? (member.bind(log) as unknown) : member;
    },
  });
}

export async function world(): Promise<World> {
  const metrics = createMetrics();
  const log = await openMemoryLog({}, { metrics, clock: () => Date.now() });
  const store = await openStore({ kind: "sqlite", path: join(mkdtempSync(join(tmpdir(), "breaker-")), "store.db") }, { metrics });
  const provider = scriptedProvider();
  const sealed = new Map([[`credential:${TENANT}/found`, "the-found-token"]]);
  const made: World = {
    log, store, provider, sealed,
    breaker: (instance, gates = {}) =>
      createBreaker({
        eventLog: gated(log, gates), store, metrics, clock: () => Date.now(), logger: createLogger({ level: "silent", name: "test" }),
        providers: new Map([["scripted", provider]]),
        secrets: {
          seal: (name, secret) => Promise.resolve(void sealed.set(name, secret)),
          open: (name) => Promise.resolve(sealed.get(name) ?? null),
          erase: (name) => Promise.resolve(void sealed.delete(name)),
        },
        config: { instance: instance ?? "test", leaseTtlMs: 60_000, isShared: instance !== undefined },
      }),
    append: async (topic, key, payload) => void (await log.append(topic, [{ key, value: encode(topic, payload) }])),
    records: (topic) => recordsOf(log, topic),
  };
  await made.append("agents", KEY, { v: 1, version: 1, tenant: TENANT, agent: AGENT, role: null, owner: "platform", environment: "staging", status: "active", atMs: 1 });
  await made.append("credentials", TENANT, foundCredential());
  return made;
}

export function foundCredential(over: Partial<CredentialRecord> = {}): CredentialRecord {
  return {
    v: 1, version: 1, id: "found", tenant: TENANT, provider: "scripted", providerRef: "ref-1", kind: "api-token", fingerprint: MARK, principal: null,
    environment: "production", reach: [], issuedTo: ["deploy-service"], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 1, ...over,
  };
}

export function action(callId: string, over: Partial<Action> = {}): Action {
  return {
    v: 1, id: `${callId}:attempt`, callId, tenant: TENANT, agent: { id: AGENT, name: null, version: null, role: null, runtime: null }, assurance: "channel",
    claimedAgent: null, session: null, parentSession: null, task: null, phase: "attempt", eventMs: Date.now(), tool: "graphql", operation: null,
    request: { kind: "graphql", url: "https://backboard.railway.com/graphql/v2", document: 'mutation { volumeDelete(volumeId: "vol-1") }', operationName: null, variables: null },
    inputs: null, outputs: null, provenance: {}, resource: null, credentials: [{ fingerprint: MARK, principal: null, leaseId: null }], environment: null, outcome: null,
    decision: null, reasoning: null, source: { dialect: "tripline", signal: "log", traceId: null, spanId: null, parentSpanId: null }, ...over,
  };
}

export function readAction(callId: string): Action {
  return action(callId, { tool: "read_file", request: null, credentials: [] });
}

async function recordsOf<T extends Topic>(log: MemoryLog, topic: T): Promise<PayloadOf<T>[]> {
  const { follow } = await import("@tripline/event-log");
  const found: PayloadOf<T>[] = [];
  const followed = await follow(log, topic, { from: "start" }, (items) => void found.push(...items.map(({ payload }) => payload)), (_record, reason) => {
    throw new Error(reason);
  });
  await followed.caughtUp;
  await followed.close();
  return found;
}
