/** Everything that may change behind an approval's back, one change at a time, drawn at random. */
import { sha256Hex } from "@tripline/canonical";
import { isSettled } from "@tripline/core";
import { agentKey, DEFAULT_GATE_POLICY, type GatePolicy, type PayloadOf } from "@tripline/model";
import type { Store, WorkItem } from "@tripline/store";
import fc from "fast-check";
import type { Caller, GateCall } from "../call.ts";
import { approved, BOB, deletion, type Gate, grant, hold, policyFact, type World, world } from "./approvals.fixture.ts";

/** One approval, which shares nothing with the others of its world but the gate: tenant, agent and volume are its own. */
export interface Subject {
  readonly caller: Caller;
  readonly callId: string;
  readonly volume: string;
}

interface Changing extends Subject {
  readonly here: World;
  readonly gate: Gate;
  readonly id: string;
  /** Of [0, 1): which of several, or by how much. */
  readonly random: number;
}

interface BoundChange {
  readonly name: string;
  readonly change: (changing: Changing) => Promise<void>;
}

const rowOf = async (store: Store, id: string): Promise<WorkItem> => (await store.workOfGroup("approval", id)).find((work) => work.id === id)!;

/** Every field of the row that JSON can hold, by its path. */
function paths(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [[...path]];
  const inner = Object.entries(value).flatMap(([key, item]) => paths(item, [...path, key]));
  return inner.length === 0 ? [[...path]] : inner;
}

function changed(value: unknown, random: number): unknown {
  if (typeof value === "string") return value === "" ? "x" : value.replace(/^./u, (first) => String.fromCharCode(97 + ((first.charCodeAt(0) + 1 + Math.floor(random * 20)) % 26)));
  if (typeof value === "number") return value + 1 + Math.floor(random * 1e9) * (random < 0.5 ? -1 : 1);
  return value === null ? Math.floor(random * 1e12) : null;
}

function withChange(row: Record<string, unknown>, random: number): Record<string, unknown> {
  const all = paths(row);
  const path = all[Math.floor(random * all.length)]!;
  const copy = structuredClone(row);
  let at: Record<string, unknown> = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  const last = path.at(-1)!;
  const before = at[last];
  at[last] = changed(before, random);
  if (JSON.stringify(at[last]) === JSON.stringify(before)) at[last] = "changed";
  return copy;
}

/** Facts are read from the log: the change is there once the gate has read it. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Between approval and execution. */
const UNDO_MS = 1_000;

let versions = 1_000;
const nextVersion = (): number => (versions += 1);

export const BOUND_CHANGES: readonly BoundChange[] = [
  {
    name: "a field of the stored row",
    change: async ({ here, id, random }) => {
      const work = await rowOf(here.store, id);
      await here.store.updateWork({ ...work, payload: JSON.stringify(withChange(JSON.parse(work.payload) as Record<string, unknown>, random)), nextAttemptMs: here.clock.nowMs });
    },
  },
  {
    name: "a byte of the stored row",
    change: async ({ here, id, random }) => {
      const work = await rowOf(here.store, id);
      const at = Math.floor(random * work.payload.length);
      const other = work.payload[at] === "x" ? "y" : "x";
      await here.store.updateWork({ ...work, payload: `${work.payload.slice(0, at)}${other}${work.payload.slice(at + 1)}`, nextAttemptMs: here.clock.nowMs });
    },
  },
  {
    name: "another approval's row in its place",
    change: async (changing) => {
      const { here, gate, id } = changing;
      const other = await hold(gate, deletionOf({ ...changing, callId: `other-${nextVersion()}` }), changing.caller);
      await approved(gate, other);
      const [own, others] = [await rowOf(here.store, id), await rowOf(here.store, other)];
      await gate.approvals.order("cancel", other, BOB, "");
      await here.store.updateWork({ ...own, payload: others.payload, nextAttemptMs: here.clock.nowMs });
    },
  },
  {
    name: "a byte of what is kept, sealed",
    change: async ({ here, id, random }) => {
      const name = await keptName(here, id);
      const sealed = Uint8Array.from((await here.store.getSealed(name))!);
      const at = Math.floor(random * sealed.length);
      sealed[at] = sealed[at]! ^ (1 << Math.floor(random * 8));
      await here.store.putSealed(name, sealed);
    },
  },
  {
    // By somebody who has the sealing key as well.
    name: "other kept bytes, sealed anew under the same name",
    change: async ({ here, id, random }) => {
      const name = await keptName(here, id);
      const kept = JSON.parse(here.deps.sealing.open(name, (await here.store.getSealed(name))!)) as Record<string, unknown>;
      await here.store.putSealed(name, here.deps.sealing.seal(name, JSON.stringify(withChange(kept, random))));
    },
  },
  { name: "what is kept is gone", change: async ({ here, id }) => here.store.putSealed(await keptName(here, id), null) },
  { name: "the addresses of the target", change: ({ here, callId, random }) => set(here, callId, { addresses: random < 0.5 ? [`198.51.100.${Math.floor(random * 250)}`] : ["192.0.2.10", "169.254.169.254"] }) },
  { name: "the target's origin", change: ({ here, callId, random }) => set(here, callId, { origin: `https://backboard.railway.com:${1_024 + Math.floor(random * 60_000)}` }) },
  { name: "the bytes that would be sent", change: ({ here, callId, random }) => set(here, callId, { payload: sha256Hex(`other ${random}`) }) },
  { name: "the resource's version", change: ({ here, callId, random }) => set(here, callId, { resourceVersion: `"etag-${random}"` }) },
  { name: "the credential's version", change: ({ here, callId, random }) => set(here, callId, { injected: { ...here.today.injected!, version: 2 + Math.floor(random * 1e6) } }) },
  { name: "the credential", change: ({ here, callId, random }) => set(here, callId, { injected: random < 0.5 ? null : { ...here.today.injected!, id: `other-${random}` } }) },
  { name: "the credential's environment", change: ({ here, callId, random }) => set(here, callId, { injected: { ...here.today.injected!, environment: random < 0.5 ? "staging" : "unknown" } }) },
  {
    name: "the environment that the inventory has of the resource",
    change: async (changing) => {
      const { here, gate, caller: { tenant }, volume, random } = changing;
      const environment = random < 0.5 ? "staging" : `tenant-${Math.floor(random * 1e6)}`;
      await here.fact("resources", volumeFact(changing, environment));
      await until(() => gate.state.registry.resource(tenant, "volume", volume)?.environment === environment);
    },
  },
  {
    name: "the agent's environment",
    change: async (changing) => {
      await changing.here.fact("agents", agentFact(changing, "staging"));
      await until(() => changing.gate.state.registry.agent(keyOf(changing))?.environment === "staging");
    },
  },
  {
    name: "the policy",
    change: async ({ here, gate, caller: { tenant }, random }) => {
      const version = nextVersion();
      await here.fact("policies", policyFact({ ...POLICY, approvalTtlMs: 60_000 + Math.floor(random * 1e6) }, version, tenant));
      await until(() => gate.state.registry.policy(tenant).version === version);
    },
  },
  {
    name: "the agent's grants",
    change: async (changing) => {
      const version = nextVersion();
      await changing.here.fact("grants", grant({ version, tenant: changing.caller.tenant, agent: changing.caller.agent }));
      await until(() => changing.gate.state.registry.grantVersion(keyOf(changing)) === version);
    },
  },
];

async function keptName(here: World, id: string): Promise<string> {
  const { kept } = JSON.parse((await rowOf(here.store, id)).payload) as { kept: string };
  return `approval:${id}:${kept.slice(0, 16)}`;
}

function set(here: World, callId: string, today: Partial<World["today"]>): Promise<void> {
  here.todayOf.set(callId, today);
  return Promise.resolve();
}

const POLICY: GatePolicy = { ...DEFAULT_GATE_POLICY, undoWindowHighestMs: UNDO_MS };
const keyOf = ({ caller: { tenant, agent } }: Subject) => agentKey(tenant, agent);

function agentFact({ caller: { tenant, agent } }: Subject, environment: string): PayloadOf<"agents"> {
  return { v: 1, version: nextVersion(), tenant, agent, role: null, owner: "platform", environment, status: "active", atMs: 1 };
}

function volumeFact({ caller: { tenant }, volume }: Subject, environment: string): PayloadOf<"resources"> {
  return { v: 1, version: nextVersion(), tenant, kind: "volume", id: volume, environment, protection: "none", atMs: 1 };
}

function deletionOf({ here, callId, volume }: Subject & { readonly here: World }): GateCall {
  const document = `mutation { volumeDelete(volumeId: "${volume}") }`;
  const request = { kind: "graphql", url: `${here.today.origin}/graphql/v2`, document, operationName: null, variables: null } as const;
  return deletion(here, callId, { request, resource: { kind: "volume", id: volume, environment: null }, payload: sha256Hex(callId) });
}

/** Known to the gate, held by it, and approved; its undo window is not over. */
async function approvedSubject(here: World, gate: Gate): Promise<Subject & { readonly id: string }> {
  const name = String(nextVersion());
  const subject: Subject = { caller: { tenant: `tenant-${name}`, agent: `agent-${name}`, leaseId: null }, callId: `call-${name}`, volume: `vol-${name}` };
  const { tenant } = subject.caller;
  const { registry } = gate.state;
  await Promise.all([here.fact("agents", agentFact(subject, "production")), here.fact("resources", volumeFact(subject, "production")), here.fact("policies", policyFact(POLICY, 1, tenant))]);
  await until(() => registry.agent(keyOf(subject)) !== null && registry.resource(tenant, "volume", subject.volume) !== null && registry.policy(tenant).version === 1);
  const id = await hold(gate, deletionOf({ ...subject, here }), subject.caller);
  await approved(gate, id);
  return { ...subject, id };
}

export interface ChangesDone {
  readonly changes: number;
  /** Calls that were executed though something had changed. */
  readonly executed: number;
  /** Each kind of change, by its name, and how often. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly unchanged: number;
  /** Of those, executed exactly once. */
  readonly unchangedExecuted: number;
}

export interface ChangesOptions {
  readonly seed: number;
  /** Where the stores lie. */
  readonly directory?: string;
  /** What is drawn from; absent = all. */
  readonly among?: readonly BoundChange[];
  /** Told after each world how many changes were made in it. */
  readonly progress?: (changes: number) => void;
}

/** So many approvals share one world, each with its own change; every so often one has none. */
const PER_WORLD = 500;
const UNCHANGED_EVERY = 50;
const FINEST = 2 ** 30;

interface Drawn {
  readonly kind: BoundChange | null;
  readonly random: number;
}

export async function runChanges(count: number, { seed, directory, among = BOUND_CHANGES, progress }: ChangesOptions): Promise<ChangesDone> {
  const done = { changes: 0, executed: 0, unchanged: 0, unchangedExecuted: 0 };
  const kinds: Record<string, number> = {};
  const all = fc.sample(fc.tuple(fc.noBias(fc.nat(among.length - 1)), fc.noBias(fc.nat(FINEST - 1)).map((part) => part / FINEST)), { numRuns: count, seed });
  for (let from = 0; from < all.length; from += PER_WORLD) {
    const changing = all.slice(from, from + PER_WORLD).map(([kind, random]): Drawn => ({ kind: among[kind]!, random }));
    const drawn = changing.flatMap((one, at) => (at % UNCHANGED_EVERY === 0 ? [{ kind: null, random: 0 }, one] : [one]));
    const executed = await executedOf(drawn, directory);
    for (const [at, { kind }] of drawn.entries()) {
      if (kind === null) {
        done.unchanged += 1;
        done.unchangedExecuted += executed[at] === 1 ? 1 : 0;
      } else {
        done.changes += 1;
        done.executed += executed[at]!;
        kinds[kind.name] = (kinds[kind.name] ?? 0) + 1;
      }
    }
    progress?.(changing.length);
  }
  return { ...done, kinds };
}

const AT_ONCE = 256;

/** Approves all of them, changes what is drawn, lets their time come, and answers how often each was executed. */
async function executedOf(drawn: readonly Drawn[], directory: string | undefined): Promise<number[]> {
  const here = await world({ limits: { approvalPollMs: 10, approvalsAtOnce: AT_ONCE }, ...(directory === undefined ? {} : { directory }) });
  try {
    const gate = await here.gate();
    const subjects = await Promise.all(drawn.map(() => approvedSubject(here, gate)));
    await Promise.all(drawn.map(async ({ kind, random }, at) => kind?.change({ here, gate, random, ...subjects[at]! })));
    here.clock.nowMs += UNDO_MS + 1;
    for (const { id } of subjects) await settled(here, gate, id);
    // Whoever took one twice has had the time for it.
    await gate.approvals.stop();
    const counts = new Map<string, number>();
    for (const { callId } of here.executed) counts.set(callId, (counts.get(callId) ?? 0) + 1);
    return subjects.map(({ callId }) => counts.get(callId) ?? 0);
  } finally {
    await here.close();
  }
}

async function settled(here: World, gate: Gate, id: string): Promise<void> {
  for (;;) {
    const record = await gate.approvals.record(id);
    if (record !== null && isSettled(record)) return;
    // What was altered counts once the gate has looked at it, too, and has put it aside.
    if (record === null && (await rowOf(here.store, id)).nextAttemptMs === null) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const POLL_MS = 5;
