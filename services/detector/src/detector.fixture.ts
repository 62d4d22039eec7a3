/** A detector service on a memory log and SQLite, as its tests drive it: one agent with a grant, somebody else's credential, one table in production. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { type MemoryLog, openMemoryLog } from "@tripline/event-log";
import { type Action, agentKey, decode, encode, type Finding, type Request } from "@tripline/model";
import { createLogger, createMetrics, type Metrics, type Module } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import { createDetector } from "./detector.ts";

export const FOREIGN = "b".repeat(64);

export interface World {
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

export async function start(): Promise<World> {
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

/** From now on the agent must ask the gate before every side effect. */
export async function require(world: World): Promise<void> {
  const registration = { v: 1 as const, version: 2, tenant: "t", agent: "bot", role: "coder", owner: "ops", environment: "staging", status: "active" as const, gate: "required" as const, atMs: 1 };
  await world.log.append("agents", [{ key: agentKey("t", "bot"), value: encode("agents", registration) }]);
  await world.log.idle();
}

/** A credential that opens nothing. */
export async function decoy(world: World, fingerprint: string): Promise<void> {
  const credential = {
    v: 1 as const, version: 1, id: "bait", tenant: "t", provider: "decoy", providerRef: "bait", kind: "api-token", fingerprint, principal: null, environment: "production", reach: [], issuedTo: [],
    alsoUsedBy: [], autoRevoke: "page" as const, replacement: null, status: "active" as const, decoy: true as const, atMs: 1,
  };
  await world.log.append("credentials", [{ key: "t", value: encode("credentials", credential) }]);
  await world.log.idle();
}

export function newDetector(eventLog: MemoryLog, store: Store, metrics: Metrics, clock: () => number, checkpointRecords = 2_000): Module {
  return createDetector({ eventLog, store, metrics, clock, logger: createLogger({ level: "silent", name: "test" }), config: { checkpointRecords } });
}

export function action(world: World, request: Request, part: Partial<Action> = {}): Action {
  world.calls += 1;
  return {
    v: 1, id: `c${world.calls}:result`, callId: `c${world.calls}`, tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null },
    assurance: "channel", claimedAgent: null, session: "s", parentSession: null, task: null, phase: "result", eventMs: world.nowMs, tool: "tool", operation: null, request,
    inputs: null, outputs: null, provenance: {}, resource: null, credentials: [], environment: "staging", outcome: null, decision: null, reasoning: null,
    source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null }, ...part,
  };
}

export const shell = (command: string): Request => ({ kind: "shell", command });
export const sql = (text: string): Request => ({ kind: "sql", system: "postgresql", text });
export const mutation = (field: string): Request => ({
  kind: "http", method: "POST", url: "https://backboard.railway.com/graphql/v2", body: JSON.stringify({ query: `mutation { ${field}(volumeId: "v1") }` }),
});

export async function send(world: World, ...actions: Action[]): Promise<void> {
  await world.log.append("actions", actions.map((one) => ({ key: agentKey(one.tenant, one.agent.id), value: encode("actions", one) })));
  await world.log.idle();
}

export async function all(log: MemoryLog, topic: "findings" | "actions.dead"): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  const subscription = await log.read(topic, { from: "start" }, async (records) => void found.push(...records.map(({ value }) => value)));
  await log.idle();
  await subscription.close();
  return found;
}

export async function findings(world: World): Promise<Finding[]> {
  return (await all(world.log, "findings")).map((value) => {
    const decoded = decode("findings", value);
    if (!decoded.ok) throw new Error(decoded.detail);
    return decoded.value;
  });
}

/** Two days of a steady agent, an action every three minutes, one in fifty a deletion. */
export async function history(world: World): Promise<void> {
  for (let step = 0; step < 960; step += 1) {
    world.nowMs += 180_000;
    await send(world, action(world, shell(step % 50 === 49 ? `rm -rf dist/${step}` : `cat src/file${step % 20}.ts`)));
  }
}
