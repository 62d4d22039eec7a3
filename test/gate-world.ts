/** A gate as tests and benchmarks embed it: its doors in this process, facts and records in a log in memory. */
import { sha256Hex } from "@tripline/canonical";
import { type MemoryLog, openMemoryLog } from "@tripline/event-log";
import { createGate, type GateModule } from "@tripline/gate";
import { gateDeps } from "@tripline/gate/testing";
import { agentKey, encode, type PayloadOf, type Topic } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { openStore } from "@tripline/store";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const GATE_TENANT = "acme";
export const GATE_TOKEN = "lease-token-of-the-coder-0123456789";

export interface GateWorld {
  readonly gate: GateModule;
  readonly log: MemoryLog;
  readonly url: string;
  readonly socketPath: string;
  append<T extends Topic>(topic: T, key: string, payload: PayloadOf<T>): Promise<void>;
  close(): Promise<void>;
}

/** One agent, `coder`, which works in staging. `keepRecords`: of each partition, for runs that write millions. */
export async function startGateWorld(keepRecords?: number): Promise<GateWorld> {
  const metrics = createMetrics();
  const dir = mkdtempSync(join(tmpdir(), "tripline-gate-"));
  const log = await openMemoryLog(keepRecords === undefined ? {} : { retainRecords: keepRecords }, { metrics, clock: () => Date.now() });
  const store = await openStore({ kind: "sqlite", path: join(dir, "store.db") }, { metrics });
  const append: GateWorld["append"] = async (topic, key, payload) => void (await log.append(topic, [{ key, value: encode(topic, payload) }]));
  const key = agentKey(GATE_TENANT, "coder");
  await append("agents", key, { v: 1, version: 1, tenant: GATE_TENANT, agent: "coder", role: null, owner: "platform", environment: "staging", status: "active", atMs: 1 });
  for (const [kind, id, environment] of [["volume", "vol-prod", "production"], ["database", "shop_staging", "staging"], ["table", "orders", "staging"]] as const) {
    await append("resources", key, { v: 1, version: 1, tenant: GATE_TENANT, kind, id, environment, protection: "unknown", atMs: 1 });
  }
  const socketPath = join(dir, "gate.sock");
  const digest = sha256Hex(GATE_TOKEN);
  const gate = createGate(gateDeps({
    eventLog: log, store, metrics, config: { socket: socketPath },
    holderOf: (token) => (sha256Hex(token) === digest ? { tenant: GATE_TENANT, agent: "coder", leaseId: null } : null),
    tenantKey: (tenant) => Buffer.from(sha256Hex(tenant), "hex"),
  }));
  await gate.start();
  return {
    gate, log, socketPath, append, url: gate.url(),
    close: async () => {
      await gate.stop();
      await log.close();
      await store.close();
    },
  };
}
