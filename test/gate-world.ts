/** A gate as tests and benchmarks embed it: its doors in this process, facts and records in a log in memory. */
import { sha256Hex } from "@tripline/canonical";
import { type MemoryLog, openMemoryLog } from "@tripline/event-log";
import { createGate, type GateModule, type Upstream } from "@tripline/gate";
import { gateDeps } from "@tripline/gate/testing";
import { agentKey, encode, type PayloadOf, type Topic } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { openStore } from "@tripline/store";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const GATE_TENANT = "acme";
export const GATE_TOKEN = "lease-token-of-the-coder-0123456789";
/** Injected; agents never hold it. */
export const UPSTREAM_SECRET = "secret-of-the-orders-api-0123456789";

export interface GateWorld {
  readonly gate: GateModule;
  readonly log: MemoryLog;
  readonly url: string;
  readonly socketPath: string;
  append<T extends Topic>(topic: T, key: string, payload: PayloadOf<T>): Promise<void>;
  close(): Promise<void>;
}

export interface GateWorldOptions {
  /** Records kept of each partition, for runs that write millions; all by default. */
  readonly keepRecords?: number;
  /** Where the upstream `orders` listens; none by default. */
  readonly upstream?: string;
}

/** One agent, `coder`, which works in staging, and the credential that is injected for it where there is an upstream. */
export async function startGateWorld({ keepRecords, upstream }: GateWorldOptions = {}): Promise<GateWorld> {
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
  if (upstream !== undefined) {
    await append("credentials", key, {
      v: 1, version: 1, id: "orders", tenant: GATE_TENANT, provider: "api", providerRef: "orders", kind: "token", fingerprint: null, principal: null, environment: "staging", reach: [],
      issuedTo: ["coder"], alsoUsedBy: [], autoRevoke: "never", replacement: null, status: "active", atMs: 1,
    });
  }
  const socketPath = join(dir, "gate.sock");
  const digest = sha256Hex(GATE_TOKEN);
  const gate = createGate(gateDeps({
    eventLog: log, store, metrics, config: { socket: socketPath, upstreams: upstream === undefined ? [] : [ordersAt(upstream)] },
    holderOf: (token) => (sha256Hex(token) === digest ? { tenant: GATE_TENANT, agent: "coder", leaseId: null } : null),
    tenantKey: (tenant) => Buffer.from(sha256Hex(tenant), "hex"),
    secretOf: (id) => (id === "orders" ? UPSTREAM_SECRET : null),
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

const ordersAt = (url: string): Upstream => ({ name: "orders", url: new URL(url), credentials: ["orders"], inject: { kind: "header", header: "authorization", format: "Bearer {secret}" }, ca: null, allowPrivate: true });
