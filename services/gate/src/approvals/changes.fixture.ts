/** Everything that may change behind an approval's back, one change at a time, drawn at random. */
import { sha256Hex } from "@tripline/canonical";
import { agentKey } from "@tripline/model";
import type { Store, WorkItem } from "@tripline/store";
import fc from "fast-check";
import { approved, deletion, type Gate, grant, hold, statusOf, TENANT, AGENT, type World, world } from "./approvals.fixture.ts";

interface Changing {
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
    change: async ({ here, gate, id }) => {
      const other = await hold(gate, deletion(here, "other", { payload: sha256Hex(`other ${nextVersion()}`) }));
      await approved(gate, other);
      const [own, others] = [await rowOf(here.store, id), await rowOf(here.store, other)];
      await gate.approvals.order("cancel", other, { id: "bob", environments: [] }, "");
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
  { name: "the addresses of the target", change: ({ here, random }) => set(here, { addresses: random < 0.5 ? [`198.51.100.${Math.floor(random * 250)}`] : ["192.0.2.10", "169.254.169.254"] }) },
  { name: "the target's origin", change: ({ here, random }) => set(here, { origin: `https://backboard.railway.com:${1_024 + Math.floor(random * 60_000)}` }) },
  { name: "the bytes that would be sent", change: ({ here, random }) => set(here, { payload: sha256Hex(`other ${random}`) }) },
  { name: "the resource's version", change: ({ here, random }) => set(here, { resourceVersion: `"etag-${random}"` }) },
  { name: "the credential's version", change: ({ here, random }) => set(here, { injected: { ...here.today.injected!, version: 2 + Math.floor(random * 1e6) } }) },
  { name: "the credential", change: ({ here, random }) => set(here, { injected: random < 0.5 ? null : { ...here.today.injected!, id: `other-${random}` } }) },
  { name: "the credential's environment", change: ({ here, random }) => set(here, { injected: { ...here.today.injected!, environment: random < 0.5 ? "staging" : "unknown" } }) },
  {
    name: "the environment that the inventory has of the resource",
    change: async ({ here, gate, random }) => {
      const environment = random < 0.5 ? "staging" : `tenant-${Math.floor(random * 1e6)}`;
      await here.fact("resources", { v: 1, version: nextVersion(), tenant: TENANT, kind: "volume", id: "vol-1", environment, protection: "none", atMs: 1 });
      await until(() => gate.state.registry.resource(TENANT, "volume", "vol-1")?.environment === environment);
    },
  },
  {
    name: "the agent's environment",
    change: async ({ here, gate }) => {
      await here.fact("agents", { v: 1, version: nextVersion(), tenant: TENANT, agent: AGENT, role: null, owner: "platform", environment: "staging", status: "active", atMs: 1 });
      await until(() => gate.state.registry.agent(agentKey(TENANT, AGENT))?.environment === "staging");
    },
  },
  {
    name: "the policy",
    change: async ({ here, gate, random }) => {
      const version = nextVersion();
      await here.policy({ approvalTtlMs: 60_000 + Math.floor(random * 1e6) }, version);
      await until(() => gate.state.registry.policy(TENANT).version === version);
    },
  },
  {
    name: "the agent's grants",
    change: async ({ here, gate }) => {
      const version = nextVersion();
      await here.fact("grants", grant({ version }));
      await until(() => gate.state.registry.grantVersion(agentKey(TENANT, AGENT)) === version);
    },
  },
];

async function keptName(here: World, id: string): Promise<string> {
  const { kept } = JSON.parse((await rowOf(here.store, id)).payload) as { kept: string };
  return `approval:${id}:${kept.slice(0, 16)}`;
}

function set(here: World, today: Partial<World["today"]>): Promise<void> {
  Object.assign(here.today, today);
  return Promise.resolve();
}

export interface ChangesDone {
  readonly changes: number;
  readonly executed: number;
  readonly kinds: number;
  readonly unchanged: number;
  readonly unchangedExecuted: number;
}

/** So many approvals share one world, each with its own change; every so often one has none. */
const PER_WORLD = 250;
const FINEST = 2 ** 30;

export async function runChanges(count: number): Promise<ChangesDone> {
  const done = { changes: 0, executed: 0, unchanged: 0, unchangedExecuted: 0 };
  const kinds = new Set<string>();
  const drawn = fc.sample(fc.tuple(fc.noBias(fc.nat(BOUND_CHANGES.length - 1)), fc.noBias(fc.nat(FINEST - 1)).map((part) => part / FINEST)), { numRuns: count, seed: Number(process.env["TRIPLINE_SEED"] ?? 5) });
  for (let from = 0; from < drawn.length; from += PER_WORLD) {
    const here = await world({ limits: { approvalPollMs: 1 } });
    const gate = await here.gate();
    for (const [kind, random] of drawn.slice(from, from + PER_WORLD)) {
      const { change, name } = BOUND_CHANGES[kind]!;
      kinds.add(name);
      done.executed += await one(here, gate, (id) => change({ here, gate, id, random }));
      done.changes += 1;
      await restore(here, gate);
      if (done.changes % 50 !== 0) continue;
      done.unchanged += 1;
      done.unchangedExecuted += await one(here, gate, () => Promise.resolve());
    }
    await here.close();
  }
  return { ...done, kinds: kinds.size };
}

/** Answers how often it was executed. */
async function one(here: World, gate: Gate, change: (id: string) => Promise<void>): Promise<number> {
  here.executed.length = 0;
  const id = await hold(gate, deletion(here, `call-${nextVersion()}`, { payload: sha256Hex(`payload ${nextVersion()}`) }));
  await approved(gate, id);
  await change(id);
  here.clock.nowMs += 1_001;
  for (;;) {
    const status = await statusOf(gate, id);
    if (/^(?:void|executed|unclear|expired)/u.test(status)) break;
    // What was altered counts once the gate has looked at it, too, and has put it aside.
    if (status === "altered" && (await rowOf(here.store, id)).nextAttemptMs === null) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return here.executed.length;
}

async function restore(here: World, gate: Gate): Promise<void> {
  Object.assign(here.today, { addresses: ["192.0.2.10"], origin: "https://backboard.railway.com", injected: { id: "rw", environment: "production", version: 1, fingerprint: null }, resourceVersion: null, payload: null, environment: null });
  const { registry } = gate.state;
  if (registry.agent(agentKey(TENANT, AGENT))?.environment !== "production") {
    await here.fact("agents", { v: 1, version: nextVersion(), tenant: TENANT, agent: AGENT, role: null, owner: "platform", environment: "production", status: "active", atMs: 1 });
    await until(() => registry.agent(agentKey(TENANT, AGENT))?.environment === "production");
  }
  if (registry.resource(TENANT, "volume", "vol-1")?.environment !== "production") {
    await here.fact("resources", { v: 1, version: nextVersion(), tenant: TENANT, kind: "volume", id: "vol-1", environment: "production", protection: "none", atMs: 1 });
    await until(() => registry.resource(TENANT, "volume", "vol-1")?.environment === "production");
  }
}
