/** What the tests of approvals share: real log and store, several gates over them, and an upstream that can be counted. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256Hex } from "@tripline/canonical";
import { type EventLog, follow, openMemoryLog } from "@tripline/event-log";
import { agentKey, type Approval, DEFAULT_GATE_POLICY, encode, type GatePolicy, type Grant, type PayloadOf, type Topic, TriplineError } from "@tripline/model";
import { createMetrics, type Metrics } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import type { GateAnswer } from "../answer.ts";
import type { Caller, GateCall, Injected } from "../call.ts";
import { createDecideCall, type DecideCall } from "../decide-call.ts";
import type { GateDeps } from "../deps.ts";
import type { Executed, Executor } from "../executor.ts";
import { type GateLimits, LIMITS } from "../limits.ts";
import type { Guard } from "../guard/backup-state.ts";
import { backupLookup } from "../guard/for-approvals.ts";
import { createLookThrough } from "../look-through.ts";
import { Probing } from "../probing.ts";
import { createRecorder } from "../recorder.ts";
import { GateState } from "../state.ts";
import { gateDeps } from "../testing/gate-deps.ts";
import { type Approvals, createApprovals } from "./approvals.ts";

export const TENANT = "acme";
export const AGENT = "coder";
export const CALLER: Caller = { tenant: TENANT, agent: AGENT, leaseId: null };
export const ANN = { id: "ann", environments: [] as string[] };
export const BOB = { id: "bob", environments: [] as string[] };
export const APPROVAL_KEY = new Uint8Array(32).fill(7);
const T0 = 1_790_000_000_000;

/** What is true of the outside when the kept call is recalled. */
export interface Today {
  addresses: readonly string[];
  origin: string;
  injected: Injected | null;
  resourceVersion: string | null;
  payload: string | null;
  environment: string | null;
}

export interface Gate {
  readonly state: GateState;
  readonly approvals: Approvals;
  readonly decide: DecideCall;
  stop(): Promise<void>;
}

export interface World {
  readonly log: EventLog;
  store: Store;
  readonly metrics: Metrics;
  readonly clock: { nowMs: number };
  readonly today: Today;
  /** What is another for one call alone, by call id. */
  readonly todayOf: Map<string, Partial<Today>>;
  /** What reached the upstream. */
  readonly executed: GateCall[];
  /** How the upstream answers; replaced by tests. */
  outcome: (call: GateCall, signal: AbortSignal) => Promise<Executed>;
  /** What backs up; unless a test gives one, before its gates start, everything has a backup already. */
  guard: Guard | null;
  readonly deps: GateDeps;
  /** Appends that the log does not take: told topic and text. */
  refuses: (topic: Topic, text: string) => boolean;
  /** `running`: it looks after approvals by itself. */
  gate(options?: { readonly running?: boolean; readonly limits?: Partial<GateLimits>; readonly executor?: Executor | null }): Promise<Gate>;
  fact<T extends Topic>(topic: T, payload: PayloadOf<T>): Promise<void>;
  policy(gate: Partial<GatePolicy>, version: number): Promise<void>;
  records<T extends Topic>(topic: T): Promise<PayloadOf<T>[]>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Where its store lies; absent = the system's directory for what is temporary. */
  readonly directory?: string;
  readonly policy?: Partial<GatePolicy>;
  readonly limits?: Partial<GateLimits>;
  readonly store?: Store;
}

const BACKED_UP = { kind: "restorable", text: "A restorable backup exists.", takenAtMs: 1, takenFirst: false, isCovered: true } as const;
const CREDENTIAL: Injected = { id: "rw", environment: "production", version: 1, fingerprint: null };

export async function world(options: WorldOptions = {}): Promise<World> {
  const metrics = createMetrics();
  const clock = { nowMs: T0 };
  const dir = mkdtempSync(join(options.directory ?? tmpdir(), "tripline-approvals-"));
  const opened = await openMemoryLog({}, { metrics, clock: () => clock.nowMs });
  const log = refusing(opened, (topic, text) => made.refuses(topic, text));
  const store = options.store ?? (await openStore({ kind: "sqlite", path: join(dir, "store.db") }, { metrics }));
  const gates = new Set<Gate>();
  const deps = gateDeps({
    eventLog: log, store, metrics, clock: () => clock.nowMs,
    holderOf: (token) => (token === AGENT_TOKEN ? { tenant: TENANT, agent: AGENT, leaseId: null } : token === OTHER_TOKEN ? { tenant: TENANT, agent: "other", leaseId: null } : null),
    approverOf: (sha256) => APPROVERS.get(sha256) ?? null, approvalKey: () => APPROVAL_KEY,
  });
  const made: World = {
    log, store, metrics, clock, executed: [], deps, guard: null, refuses: () => false, todayOf: new Map(),
    today: { addresses: ["192.0.2.10"], origin: "https://backboard.railway.com", injected: CREDENTIAL, resourceVersion: null, payload: null, environment: null },
    outcome: () => Promise.resolve({ kind: "answered", status: 200, contentType: "application/json", body: '{"data":{"volumeDelete":true}}', truncated: false }),
    gate: async (own = {}) => {
      const gate = await startGate(made, { ...LIMITS, approvalPollMs: 5, ...options.limits, ...own.limits }, own.executor === undefined ? executorOf(made) : own.executor, own.running ?? true);
      gates.add(gate);
      return gate;
    },
    fact: async (topic, payload) => {
      const { tenant, agent } = payload as { tenant: string; agent?: string };
      await log.append(topic, [{ key: agent === undefined ? tenant : agentKey(tenant, agent), value: encode(topic, payload) }]);
    },
    policy: (gate, version) => made.fact("policies", policyFact({ ...DEFAULT_GATE_POLICY, undoWindowHighestMs: 1_000, ...options.policy, ...gate }, version)),
    records: (topic) => recordsOf(log, topic),
    close: async () => {
      await Promise.all([...gates].map((gate) => gate.stop()));
      await log.close();
      if (options.store === undefined) await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  for (const agent of [AGENT, "other"]) await made.fact("agents", { v: 1, version: 1, tenant: TENANT, agent, role: null, owner: "platform", environment: "production", status: "active", atMs: 1 });
  await made.fact("resources", { v: 1, version: 1, tenant: TENANT, kind: "volume", id: "vol-1", environment: "production", protection: "none", atMs: 1 });
  await made.policy({}, 1);
  return made;
}

/** The real log, but for what it is told to refuse. */
function refusing(log: EventLog, refuses: World["refuses"]): EventLog {
  const append: EventLog["append"] = (topic, records) =>
    records.some(({ value }) => refuses(topic, Buffer.from(value).toString())) ? Promise.reject(new TriplineError("TL_LOG_UNAVAILABLE")) : log.append(topic, records);
  return new Proxy(log, {
    get: (target, name) => {
      if (name === "append") return append;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

export const AGENT_TOKEN = "agent-token-agent-token-agent-token";
export const OTHER_TOKEN = "other-token-other-token-other-token";
export const ANN_TOKEN = "ann-token-ann-token-ann-token-ann-token";
export const BOB_TOKEN = "bob-token-bob-token-bob-token-bob-token";
const APPROVERS = new Map([[sha256Hex(ANN_TOKEN), ANN], [sha256Hex(BOB_TOKEN), BOB]]);

export function policyFact(gate: GatePolicy, version: number, tenant = TENANT): PayloadOf<"policies"> {
  return { v: 1, version, tenant, budget: { agentHoursPerFalseTrip: 50_000 }, massTripShare: 0.3, massTripMinimum: 5, massTripWindowMs: 60_000, probeActions: 20, gate, atMs: 1 };
}

async function startGate(made: World, limits: GateLimits, executor: Executor | null, running: boolean): Promise<Gate> {
  const { deps, store, metrics, log } = made;
  const state = new GateState({ eventLog: log, metrics, logger: deps.logger, limits });
  await state.start();
  const isKnownSecret = () => (text: string) => text === "a-known-secret";
  const approvals = createApprovals({ ...deps, store, limits, state, isKnownSecret, shownCredentials: (_tenant, { credentials }) => credentials, executor, guard: made.guard, backups: made.guard === null ? () => Promise.resolve(BACKED_UP) : backupLookup(made.guard, isKnownSecret), pageUrl: () => "http://approvals.example" });
  if (running) await approvals.start();
  const recorder = createRecorder({ ...deps, limits, lookThrough: createLookThrough(state.registry, isKnownSecret) });
  const decide = createDecideCall({ ...deps, state, holds: approvals, recorder, shownCredentials: (_tenant, { credentials }) => credentials, probing: new Probing(state) });
  return {
    state, approvals, decide,
    stop: async () => {
      await recorder.close();
      await approvals.stop();
      await state.stop();
    },
  };
}

/** Stands for the proxy: recalls the kept call as it would be today, and counts what it sends. */
function executorOf(made: World): Executor {
  return {
    recall: (_caller, callId, stored) => {
      const { payload, origin, addresses, injected, resourceVersion, environment } = { ...made.today, ...made.todayOf.get(callId) };
      const call = JSON.parse(stored) as GateCall;
      return Promise.resolve({ kind: "recalled", call: { ...call, callId, stored, target: { origin, addresses }, injected, resourceVersion, environment, payload: payload ?? call.payload } });
    },
    execute: (call, signal) => {
      made.executed.push(call);
      return made.outcome(call, signal);
    },
  };
}

/** Deletes a volume of production; by the gate, or with `stored: null` by the runtime. */
export function deletion(made: World, callId: string, over: Partial<GateCall> = {}): GateCall {
  const { origin, addresses, injected, resourceVersion } = made.today;
  const request = { kind: "graphql", url: `${origin}/graphql/v2`, document: 'mutation { volumeDelete(volumeId: "vol-1") }', operationName: null, variables: null } as const;
  const call: GateCall = {
    callId, door: "http", session: null, task: "task-1", tool: "graphql", operation: null, request, inputs: null, provenance: {}, resource: { kind: "volume", id: "vol-1", environment: null },
    environment: null, credentials: [], injected, payload: sha256Hex("the bytes"), target: { origin, addresses }, stored: null, resourceVersion, approvalId: null, ...over,
  };
  return "stored" in over ? call : { ...call, stored: JSON.stringify(call) };
}

/** As the decide API hands it over: the runtime executes it. */
export const runtimesOwn = (made: World, callId: string, over: Partial<GateCall> = {}): GateCall => deletion(made, callId, { door: "decide", stored: null, target: null, injected: null, ...over });

export async function hold(gate: Gate, call: GateCall, caller: Caller = CALLER): Promise<string> {
  const answer = await gate.decide(caller, call);
  if (answer.kind !== "hold") throw new Error(`not held: ${told(answer)}`);
  return answer.held.approvalId;
}

export const told = ({ kind, decision }: GateAnswer): string => `${kind} ${decision.by} ${decision.reason}`;

export async function approved(gate: Gate, id: string, withoutBackup = false): Promise<Approval> {
  const changed = await gate.approvals.order("approve", id, ANN, "looked at it", withoutBackup);
  if (changed.kind === "refused") throw new Error(changed.reason);
  return changed.entry.row.approval;
}

export async function statusOf(gate: Gate, id: string): Promise<string> {
  const shown = await gate.approvals.show(id);
  return shown === null ? "altered" : `${shown.approval.status} ${shown.approval.reason}`.trim();
}

export function grant(over: Partial<Grant>): Grant {
  return { v: 1, version: 1, id: "g1", tenant: TENANT, agent: AGENT, task: null, environments: ["production"], operations: [], resources: [], effects: [], irreversible: [], expiresAtMs: null, atMs: 1, ...over };
}

async function recordsOf<T extends Topic>(log: EventLog, topic: T): Promise<PayloadOf<T>[]> {
  const found: PayloadOf<T>[] = [];
  const followed = await follow(log, topic, { from: "start" }, (items) => void found.push(...items.map(({ payload }) => payload)), (_record, reason) => {
    throw new Error(reason);
  });
  await followed.caughtUp;
  await followed.close();
  return found;
}
