/** A gate whose log can be broken: its doors in this process, on real sockets, before a stand-in upstream. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fingerprint, sha256Hex } from "@tripline/canonical";
import { type EventLog, follow, openMemoryLog } from "@tripline/event-log";
import { createGate, type GateLimits, type GateModule } from "@tripline/gate";
import { type Action, agentKey, encode, type PayloadOf, type Topic } from "@tripline/model";
import { createLogger, createMetrics } from "@tripline/runtime";
import { createSealer, openStore } from "@tripline/store";
import { type BreakableLog, breakable } from "./breakable-log.ts";
import type { Doors } from "./doors.ts";
import { allowedOf, GRANTED, PLAIN, SECRET } from "./product.ts";
import type { RecordingUpstream } from "./upstream.ts";

const TENANT = "acme";
const KEY = new Uint8Array(32).fill(5);

export interface GateWorld {
  readonly doors: Pick<Doors, "gateUrl" | "socketPath" | "upstream">;
  readonly token: string;
  readonly log: BreakableLog;
  /** Past the break: what the log holds, whoever may read it. */
  put<T extends Topic>(topic: T, key: string, payload: PayloadOf<T>): Promise<void>;
  /** Another gate over the same log and store; whoever asked for it stops it. */
  another(port: number): Promise<GateModule>;
  /** The log is mended and the gate stopped, as an orchestrator does: call ids that the log has a decision of to let them pass. */
  allowedAtTheEnd(): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

export async function startGateWorld(upstream: RecordingUpstream, limits: Partial<GateLimits>): Promise<GateWorld> {
  const metrics = createMetrics();
  const dir = mkdtempSync(join(tmpdir(), "tripline-outage-"));
  const memory = await openMemoryLog({ retainRecords: KEPT }, { metrics, clock: () => Date.now() });
  const store = await openStore({ kind: "sqlite", path: join(dir, "store.db") }, { metrics });
  const log = breakable(memory);
  const put: GateWorld["put"] = async (topic, key, payload) => void (await memory.append(topic, [{ key, value: encode(topic, payload) }]));
  await put("agents", agentKey(TENANT, "coder"), { v: 1, version: 1, tenant: TENANT, agent: "coder", role: null, owner: "platform", environment: "staging", status: "active", atMs: 1 });
  await put("grants", agentKey(TENANT, "coder"), { v: 1, version: 1, id: "scratch", tenant: TENANT, agent: "coder", task: null, environments: ["staging"], operations: [], effects: [], ...GRANTED, expiresAtMs: null, atMs: 1 });
  await put("credentials", TENANT, {
    v: 1, version: 1, id: "upstream", tenant: TENANT, provider: "none", providerRef: "1", kind: "token", fingerprint: fingerprint(KEY, sha256Hex(SECRET)), principal: null, environment: "staging",
    reach: [], issuedTo: ["coder"], alsoUsedBy: [], autoRevoke: "never", replacement: null, status: "active", atMs: 1,
  });
  const socketPath = join(dir, "gate.sock");
  const token = "token-of-the-coder-0123456789abcdef";
  const gateAt = (instance: string, port: number, socket: string | null): GateModule => createGate({
    eventLog: log.log, store, metrics, logger: createLogger({ level: "silent", name: "gate" }), clock: () => Date.now(), limits,
    config: {
      instance, host: "127.0.0.1", port, socket, forward: null, approvals: { host: "127.0.0.1", port: 0, url: null }, guard: null,
      upstreams: [{ name: PLAIN, url: new URL(upstream.url), credentials: ["upstream"], inject: { kind: "header", header: "authorization", format: "Bearer {secret}" }, ca: null, allowPrivate: true }],
    },
    holderOf: (given) => (given === token ? { tenant: TENANT, agent: "coder", leaseId: null } : null),
    approverOf: () => null, backupFinders: [], authority: () => { throw new Error("no forward proxy here"); }, isLeaseControl: () => false,
    tenantKey: () => KEY, approvalKey: () => new Uint8Array(32).fill(3), secretOf: (id) => (id === "upstream" ? SECRET : null), sealing: createSealer(new Uint8Array(32).fill(4)),
  });
  const gate = gateAt("test", 0, socketPath);
  await gate.start();
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    log.mend();
    return (stopping ??= gate.stop());
  };
  return {
    doors: { gateUrl: gate.url(), socketPath, upstream: PLAIN }, token, log, put,
    another: async (port) => {
      const other = gateAt("another", port, null);
      await other.start();
      return other;
    },
    allowedAtTheEnd: async () => {
      await stop();
      return allowedOf(await actionsOf(memory));
    },
    close: async () => {
      await stop();
      await memory.close();
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function actionsOf(log: EventLog): Promise<Action[]> {
  const found: Action[] = [];
  const followed = await follow(log, "actions", { from: "start" }, (items) => void found.push(...items.map(({ payload }) => payload)), (_record, reason) => {
    throw new Error(reason);
  });
  await followed.caughtUp;
  await followed.close();
  return found;
}

/** Records of each partition: all that a campaign of minutes writes, since what passed is looked for in it. */
const KEPT = 200_000;
