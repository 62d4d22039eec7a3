import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MemoryLog, openMemoryLog } from "@tripline/event-log";
import { type Action, agentKey, decode, encode, type Finding, type Request, TriplineError } from "@tripline/model";
import { createLogger, createMetrics, type Metrics, type Module } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import { createDetector } from "./detector.ts";

const FOREIGN = "b".repeat(64);
const HOUR_MS = 3_600_000;

interface World {
  readonly log: MemoryLog;
  readonly store: Store;
  readonly metrics: Metrics;
  detector: Module;
  nowMs: number;
  calls: number;
}

const open: { world: World; dir: string }[] = [];
afterEach(async () => {
  for (const { world, dir } of open.splice(0)) {
    await world.detector.stop();
    await world.log.close();
    await world.store.close();
    await rm(dir, { recursive: true });
  }
});

async function start(): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), "tripline-detector-"));
  const metrics = createMetrics();
  const world: { nowMs: number } = { nowMs: Date.UTC(2026, 0, 5) };
  const log = await openMemoryLog({ partitions: 2 }, { metrics, clock: () => world.nowMs });
  const store = await openStore({ kind: "sqlite", path: join(dir, "state.sqlite") }, { metrics });
  const common = { v: 1 as const, version: 1, tenant: "t", atMs: 0 };
  const key = agentKey("t", "bot");
  await log.append("agents", [{ key, value: encode("agents", { ...common, agent: "bot", role: "coder", owner: "ops", environment: "staging", status: "active" }) }]);
  const grant = { ...common, id: "g", agent: "bot", task: null, environments: ["staging"], operations: ["shell.*", "sql.select", "sql.delete"], resources: [], effects: [], irreversible: [], expiresAtMs: null };
  await log.append("grants", [{ key, value: encode("grants", grant) }]);
  const credential = {
    ...common, id: "ops-token", provider: "railway", providerRef: "r", kind: "api-token", fingerprint: FOREIGN, principal: null, environment: "production", reach: [], issuedTo: [],
    alsoUsedBy: [], autoRevoke: "yes" as const, replacement: null, status: "active" as const,
  };
  await log.append("credentials", [{ key: "t", value: encode("credentials", credential) }]);
  await log.append("resources", [{ key: "t", value: encode("resources", { ...common, kind: "table", id: "orders", environment: "production", protection: "protected" }) }]);
  const opened: World = Object.assign(world, { log, store, metrics, detector: newDetector(log, store, metrics, () => world.nowMs), calls: 0 });
  await opened.detector.start();
  open.push({ world: opened, dir });
  return opened;
}

function newDetector(eventLog: MemoryLog, store: Store, metrics: Metrics, clock: () => number, checkpointRecords = 2_000): Module {
  return createDetector({ eventLog, store, metrics, clock, logger: createLogger({ level: "silent", name: "test" }), config: { checkpointRecords } });
}

function action(world: World, request: Request, part: Partial<Action> = {}): Action {
  world.calls += 1;
  return {
    v: 1, id: `c${world.calls}:result`, callId: `c${world.calls}`, tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null },
    assurance: "channel", claimedAgent: null, session: "s", parentSession: null, task: null, phase: "result", eventMs: world.nowMs, tool: "tool", operation: null, request,
    inputs: null, outputs: null, provenance: {}, resource: null, credentials: [], environment: "staging", outcome: null, decision: null, reasoning: null,
    source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null }, ...part,
  };
}

const shell = (command: string): Request => ({ kind: "shell", command });
const sql = (text: string): Request => ({ kind: "sql", system: "postgresql", text });
const mutation = (field: string): Request => ({
  kind: "http", method: "POST", url: "https://backboard.railway.com/graphql/v2", body: JSON.stringify({ query: `mutation { ${field}(volumeId: "v1") }` }),
});

async function send(world: World, ...actions: Action[]): Promise<void> {
  await world.log.append("actions", actions.map((one) => ({ key: agentKey(one.tenant, one.agent.id), value: encode("actions", one) })));
  await world.log.idle();
}

async function all(log: MemoryLog, topic: "findings" | "actions.dead"): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  const subscription = await log.read(topic, { from: "start" }, async (records) => void found.push(...records.map(({ value }) => value)));
  await log.idle();
  await subscription.close();
  return found;
}

async function findings(world: World): Promise<Finding[]> {
  return (await all(world.log, "findings")).map((value) => {
    const decoded = decode("findings", value);
    if (!decoded.ok) throw new Error(decoded.detail);
    return decoded.value;
  });
}

/** Two days of a steady agent, an action every three minutes, one in fifty a deletion. */
async function history(world: World): Promise<void> {
  for (let step = 0; step < 960; step += 1) {
    world.nowMs += 180_000;
    await send(world, action(world, shell(step % 50 === 49 ? `rm -rf dist/${step}` : `cat src/file${step % 20}.ts`)));
  }
}

describe("every detector, through the running service", () => {
  it("reports an irreversible action at the first, with risk and versions", async () => {
    const world = await start();
    await send(world, action(world, mutation("volumeDelete")));
    const found = await findings(world);
    const hard = found.find(({ detector }) => detector === "irreversible-action");
    expect(hard).toMatchObject({ weight: "hard", rule: "irreversible.railway.volumeDelete", id: "irreversible-action:c1:result", decidedBy: { grant: 1, policy: 0 } });
    expect(hard?.risk).toMatchObject({ over: false });
  });

  it("reports an environment crossing", async () => {
    const world = await start();
    await send(world, action(world, sql("UPDATE orders SET total = 0 WHERE id = 4")));
    expect((await findings(world)).map(({ rule }) => rule)).toContain("environment.crossing");
  });

  it("reports a side effect with somebody else's credential, and a read with it as soft evidence", async () => {
    const world = await start();
    const credentials = [{ fingerprint: FOREIGN, principal: null, leaseId: null }];
    await send(world, action(world, shell("touch notes.txt"), { credentials, resource: { kind: "host", id: "h", environment: "staging" } }));
    await send(world, action(world, shell("cat notes.txt"), { credentials }));
    const rules = (await findings(world)).filter(({ detector }) => detector === "foreign-credential").map(({ weight, foreignCredentials }) => [weight, foreignCredentials]);
    expect(rules).toEqual([["hard", [FOREIGN]], ["soft", [FOREIGN]]]);
  });

  it("goes over budget by the fifth of a hundred deletions of a steady agent", async () => {
    const world = await start();
    await history(world);
    world.nowMs += 180_000;
    expect(await findings(world)).toEqual([]);
    const from = world.nowMs;
    for (let index = 0; index < 5; index += 1) {
      world.nowMs = from + index * 90;
      await send(world, action(world, shell(`rm -rf dist/x${index}`)));
    }
    const over = (await findings(world)).filter(({ risk }) => risk?.over === true);
    expect(over[0]).toMatchObject({ detector: "destructive-burst", weight: "soft" });
    expect(over[0]?.summary).toMatch(/usually has almost no other destructive actions within \d+ s of one/);
  }, 60_000);

  it("tells of the same call over and over, from an agent in its first minutes, and trips nothing", async () => {
    const world = await start();
    for (let index = 0; index < 60; index += 1) {
      world.nowMs += 2_000;
      await send(world, action(world, shell("cat src/a.ts"), { outcome: { status: "error", errorType: null } }));
    }
    const found = await findings(world);
    expect(found).toMatchObject([{ detector: "runaway", weight: "soft", rule: "runaway.same-call", risk: { over: false } }]);
    expect(found[0]?.summary).toMatch(/but made the same tool call, or the same two or three in turns, 16 times again, 16 of them failing/);
  });

  it("tells of far more calls than the agent's own past explains, as remembered over a restart, and trips nothing", async () => {
    const world = await start();
    await history(world);
    await world.detector.stop();
    world.detector = newDetector(world.log, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    for (let index = 0; index < 120; index += 1) {
      world.nowMs += 1_000;
      await send(world, action(world, shell(`cat src/file${index % 20}.ts`)));
    }
    const found = await findings(world);
    expect(found).toMatchObject([{ detector: "unusual-rate", weight: "soft", rule: "rate.calls", risk: { over: false } }]);
    expect(found[0]?.summary).toMatch(/usually has about [3456]\.\d calls within 15 minutes( at this time of day)?, but had \d+/);
  }, 60_000);

  it("reports what leaves the grant once the agent has kept to it", async () => {
    const world = await start();
    await history(world);
    await send(world, action(world, { kind: "http", method: "PUT", url: "https://api.example.com/v1/users/4", body: "{}" }));
    const drift = (await findings(world)).find(({ detector }) => detector === "scope-drift");
    expect(drift?.features.map(({ name }) => name)).toContain("grant");
    expect(drift?.summary).toContain("outside its grant");
  }, 60_000);
});

describe("records", () => {
  it("counts attempt and result of one call once, and the same record again not at all", async () => {
    const world = await start();
    const attempt = action(world, mutation("volumeDelete"), { id: "c9:attempt", callId: "c9", phase: "attempt" });
    await send(world, attempt, { ...attempt, id: "c9:result", phase: "result" }, attempt);
    expect((await findings(world)).filter(({ detector }) => detector === "irreversible-action")).toHaveLength(1);
  });

  it("counts what was done although the empty results of it came first, and forgets that in no restart", async () => {
    const world = await start();
    await history(world);
    const calls = Array.from({ length: 20 }, (_, index) => `late${index}`);
    await send(world, ...calls.map((callId) => action(world, shell(""), { id: `${callId}:result`, callId, request: null })));
    await world.detector.stop();
    world.detector = newDetector(world.log, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    await send(world, ...calls.map((callId) => action(world, shell(`rm -rf build/${callId}`), { id: `${callId}:attempt`, callId, phase: "attempt" })));
    expect((await findings(world)).filter(({ detector, risk }) => detector === "destructive-burst" && risk?.over === true).length).toBeGreaterThan(10);
  });

  it("judges nothing of a claimed identity", async () => {
    const world = await start();
    await send(world, action(world, mutation("volumeDelete"), { assurance: "claimed" }));
    expect(await findings(world)).toEqual([]);
    expect(await world.metrics.render()).toContain('reason="claimed"} 1');
  });

  it("sets aside a record that cannot be decoded, and goes on", async () => {
    const world = await start();
    await world.log.append("actions", [{ key: "t/bot", value: new TextEncoder().encode("not json") }]);
    await send(world, action(world, mutation("volumeDelete")));
    const letters = (await all(world.log, "actions.dead")).map((value) => decode("actions.dead", value));
    expect(letters).toMatchObject([{ ok: true, value: { reason: "TL_RECORD_UNDECODABLE", topic: "actions", payload: "bm90IGpzb24=" } }]);
    expect((await findings(world)).length).toBeGreaterThan(0);
  });
});

describe("restarts", () => {
  it("remembers baselines and calls, and repeats no finding", async () => {
    const world = await start();
    await history(world);
    const call = action(world, mutation("volumeDelete"), { id: "v:attempt", callId: "v", phase: "attempt" });
    await send(world, call);
    const before = await findings(world);
    await world.detector.stop();
    world.detector = newDetector(world.log, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    await send(world, { ...call, id: "v:result", phase: "result" });
    expect((await findings(world)).length).toBe(before.length);
    world.nowMs += HOUR_MS;
    for (let index = 0; index < 5; index += 1) {
      world.nowMs += 90;
      await send(world, action(world, shell(`rm -rf dist/x${index}`)));
    }
    expect((await findings(world)).some(({ risk }) => risk?.over === true)).toBe(true);
  }, 60_000);

  it("judges again what was not checkpointed, from the same states, to the same findings once", async () => {
    const world = await start();
    await send(world, action(world, mutation("volumeDelete")), action(world, mutation("volumeDelete")));
    const before = await findings(world);
    expect(before.length).toBeGreaterThan(1);
    // A second owner takes over without the first having written a checkpoint: its group membership ends, its claim is newer.
    const usurper = newDetector(world.log, noCheckpoints(world.store), world.metrics, () => world.nowMs);
    await usurper.start();
    await world.log.idle();
    await usurper.stop();
    expect(await findings(world)).toEqual(before);
  });

  it("takes a partition over where the last offset of its findings comes to no reader, as a transaction's marker", async () => {
    const world = await start();
    await world.detector.stop();
    await world.log.append("findings", [{ key: "t/bot", value: new Uint8Array([1]) }]);
    const marked = replacing(world.log, "read", (read) => (topic, options, batch) => read(topic, options, topic === "findings" ? () => Promise.resolve() : batch));
    world.detector = newDetector(marked, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    await send(world, action(world, mutation("volumeDelete")));
    await expect.poll(async () => (await all(world.log, "findings")).length).toBeGreaterThan(1);
  });

  it("forgives what a human has reset", async () => {
    const world = await start();
    await history(world);
    for (let index = 0; index < 6; index += 1) await send(world, action(world, shell(`rm -rf dist/x${index}`)));
    expect((await findings(world)).some(({ risk }) => risk?.over === true)).toBe(true);
    const count = (await findings(world)).length;
    const reset = {
      v: 1 as const, tenant: "t", agent: "bot", generation: 1, position: { state: "closed" as const }, holds: [], trip: null, atMs: world.nowMs, resetAtMs: world.nowMs, commandIds: [], change: "reset",
    };
    await world.log.append("breakers", [{ key: "t/bot", value: encode("breakers", reset) }]);
    await world.log.idle();
    world.nowMs += 180_000;
    await send(world, action(world, shell("rm -rf dist/y")));
    expect((await findings(world)).length).toBe(count);
  }, 60_000);
});

describe("failures of log and store", () => {
  /** The stored baseline of an agent that did these, each once, without any failure. */
  async function undisturbed(...batches: readonly (readonly string[])[]): Promise<Uint8Array | undefined> {
    const world = await start();
    for (const commands of batches) await send(world, ...commands.map((command) => action(world, shell(command))));
    await world.detector.stop();
    return stored(world);
  }
  const stored = async (world: World): Promise<Uint8Array | undefined> => (await world.store.loadStates("detector", ["t/bot"])).get("t/bot");
  const partitionOf = (world: World): number => world.log.partitionOf("t/bot");
  const ready = (world: World) => vi.waitFor(() => expect(world.detector.health().ready).toBe(true), { timeout: 5_000 });
  const [first, second] = [["ls src", "cat a"], ["cat b", "rm -rf dist"]] as const;

  it("goes on from its checkpoint when a claim of a process that had lost the partition fenced it", async () => {
    const world = await start();
    await send(world, ...first.map((command) => action(world, shell(command))));
    // It was assigned the partition once, was stopped there, and wakes only now.
    await world.store.claim("detector", partitionOf(world));
    world.nowMs += 3_000;
    await vi.waitFor(() => expect(world.detector.health().ready).toBe(false), { timeout: 5_000 });
    await ready(world);
    world.nowMs -= 3_000;
    await send(world, ...second.map((command) => action(world, shell(command))));
    await world.detector.stop();
    expect(await stored(world)).toEqual(await undisturbed(first, second));
  }, 20_000);

  it("loses no change and applies none twice when a checkpoint could not be written", async () => {
    const world = await start();
    await world.detector.stop();
    let failures = 1;
    const failing = replacing(world.store, "commitCheckpoint", (commit) => async (...args) => {
      if (failures-- > 0) throw new TriplineError("TL_STORE_UNKNOWN");
      return commit(...args);
    });
    world.detector = newDetector(world.log, failing, world.metrics, () => world.nowMs, 2);
    await world.detector.start();
    await send(world, ...first.map((command) => action(world, shell(command))));
    await vi.waitFor(() => expect(failures).toBeLessThan(0), { timeout: 5_000 });
    await ready(world);
    await send(world, ...second.map((command) => action(world, shell(command))));
    await world.detector.stop();
    expect(await stored(world)).toEqual(await undisturbed(first, second));
  }, 20_000);

  it("writes nothing of records that it could not finish when it is stopped: another judges them once", async () => {
    const world = await start();
    await world.detector.stop();
    const away = replacing(world.log, "append", (append) => async (topic, records) => {
      if (topic === "findings") throw new TriplineError("TL_LOG_UNAVAILABLE");
      return append(topic, records);
    });
    world.detector = newDetector(away, world.store, world.metrics, () => world.nowMs, 100);
    await world.detector.start();
    await send(world, ...first.map((command) => action(world, shell(command))));
    void world.log.append("actions", [{ key: "t/bot", value: encode("actions", action(world, mutation("volumeDelete"))) }]);
    await sleep(300);
    await world.detector.stop();
    world.detector = newDetector(world.log, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    await world.log.idle();
    await world.detector.stop();
    const other = await start();
    await send(other, ...first.map((command) => action(other, shell(command))), action(other, mutation("volumeDelete")));
    await other.detector.stop();
    expect(await stored(world)).toEqual(await stored(other));
    expect((await findings(world)).map(({ id }) => id)).toEqual((await findings(other)).map(({ id }) => id));
  }, 20_000);
});

/** The same, with one member replaced by what is made of it. */
function replacing<T extends object, K extends keyof T>(target: T, name: K, make: (member: T[K]) => T[K]): T {
  const bind = (member: unknown): unknown => (typeof member === "function" ? (member as (...args: unknown[]) => unknown).bind(target) : member);
  const made = make(bind(target[name]) as T[K]);
  return new Proxy(target, { get: (_, member) => (member === name ? made : bind(Reflect.get(target, member))) });
}

/** The store of a process that died before its first checkpoint: it answers as empty. */
function noCheckpoints(store: Store): Store {
  const answers: Record<string, () => Promise<unknown>> = { loadCheckpoint: async () => null, loadStates: async () => new Map() };
  return new Proxy(store, { get: (target, name) => answers[String(name)] ?? (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target) });
}
