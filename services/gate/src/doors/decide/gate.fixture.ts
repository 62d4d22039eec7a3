/** A gate with a log in memory, an agent in staging and one in production, and what was recorded. */
import { sha256Hex } from "@tripline/canonical";
import { follow, type MemoryLog, openMemoryLog } from "@tripline/event-log";
import { type Action, agentKey, type BreakerRecord, encode, type PayloadOf, type Topic } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { openStore } from "@tripline/store";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GateLimits } from "../../limits.ts";
import { createGate, type GateModule } from "../../gate.ts";
import { gateDeps } from "../../testing/gate-deps.ts";

export const TENANT = "acme";
export const TOKEN = "token-of-the-coder-0123456789";
export const OPS_TOKEN = "token-of-operations-0123456789";

export interface GateWorld {
  readonly gate: GateModule;
  readonly log: MemoryLog;
  readonly url: string;
  readonly socket: string;
  append<T extends Topic>(topic: T, agent: string, payload: PayloadOf<T>): Promise<void>;
  recorded(): Promise<Action[]>;
  /** As when its lease has ended. */
  forget(token: string): void;
  close(): Promise<void>;
}

export async function gateWorld(limits: Partial<GateLimits> = {}): Promise<GateWorld> {
  const metrics = createMetrics();
  const dir = mkdtempSync(join(tmpdir(), "gate-"));
  const log = await openMemoryLog({}, { metrics, clock: () => Date.now() });
  const store = await openStore({ kind: "sqlite", path: join(dir, "store.db") }, { metrics });
  const append: GateWorld["append"] = async (topic, agent, payload) => void (await log.append(topic, [{ key: agentKey(TENANT, agent), value: encode(topic, payload) }]));
  for (const [agent, environment] of [["coder", "staging"], ["ops", "production"]] as const) {
    await append("agents", agent, { v: 1, version: 1, tenant: TENANT, agent, role: null, owner: "ann", environment, status: "active", atMs: 1 });
  }
  await append("resources", "coder", { v: 1, version: 1, tenant: TENANT, kind: "table", id: "users", environment: "staging", protection: "none", atMs: 1 });
  const socket = join(dir, "gate.sock");
  const holders = new Map([[TOKEN, "coder"], [OPS_TOKEN, "ops"]]);
  const gate = createGate(gateDeps({
    eventLog: log, store, metrics, limits, config: { socket },
    holderOf: (token) => {
      const agent = holders.get(token);
      return agent === undefined ? null : { tenant: TENANT, agent, leaseId: null };
    },
    tenantKey: (tenant) => Buffer.from(sha256Hex(tenant), "hex"),
  }));
  await gate.start();
  return {
    gate, log, socket, append, url: gate.url(),
    recorded: () => allActions(log),
    forget: (token) => void holders.delete(token),
    close: async () => {
      await gate.stop();
      await log.close();
      await store.close();
    },
  };
}

export const tripped = (agent: string): BreakerRecord => ({
  v: 1, tenant: TENANT, agent, generation: 0, position: { state: "open", tripId: "t1", sinceMs: 1 }, holds: [], trip: null, atMs: 1, resetAtMs: 0, commandIds: [], change: "trip",
});

async function allActions(log: MemoryLog): Promise<Action[]> {
  const found: Action[] = [];
  const followed = await follow(log, "actions", { from: "start" }, (items) => items.forEach(({ payload }) => found.push(payload)), (_record, reason) => {
    throw new Error(`a record cannot be decoded: ${reason}`);
  });
  await followed.caughtUp;
  await followed.close();
  return found;
}
