/** The gate under attack, in a process of its own: its real HTTP doors, its log in memory, its approvals in SQLite. It tells what it recorded. */
import { join } from "node:path";
import { fingerprint, sha256Hex } from "@tripline/canonical";
import { Registry } from "@tripline/core";
import { type EventLog, openMemoryLog } from "@tripline/event-log";
import { createGate, makeAuthority, type Upstream } from "@tripline/gate";
import { SERVERS } from "@tripline/gate/hostile";
import { gateDeps } from "@tripline/gate/testing";
import { agentKey, DEFAULT_GATE_POLICY, encode, type PayloadOf, type Topic } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { openStore } from "@tripline/store";
import { type LoopDelay, LoopWatch, type Stall } from "./loop-watch.ts";
import { AGENTS, ENVIRONMENTS, plainOrigin, secureName, secureOrigin, TENANT } from "./places.ts";

export interface GateAsked {
  readonly plain: number;
  readonly secure: number;
  readonly ca: string;
  /** Approves a loss in advance, so that the campaign is seen to notice one. */
  readonly letPass: string | null;
  /** Of its store. */
  readonly dir: string;
}
export interface GateReady {
  readonly kind: "ready";
  readonly reverse: number;
  readonly forward: number;
  /** PEM. */
  readonly ca: string;
}
export interface GateRecorded {
  readonly kind: "recorded";
  readonly values: readonly Uint8Array[];
}
export interface GateState {
  readonly kind: "state";
  readonly loop: LoopDelay;
  readonly stalls: readonly Stall[];
  /** What the gate itself calls a fault of its own: an error without a code. */
  readonly faults: Readonly<Record<string, number>>;
  readonly recordsLost: number;
  readonly rssBytes: number;
}

const KEY = new Uint8Array(32).fill(7);
const TELL_EVERY_MS = 50;
/** Of each partition: a campaign of millions must not measure a growing heap. */
const KEEP_RECORDS = 500;
/** Held calls make room for others soon, so that holding goes on all the time. */
const APPROVAL_TTL_MS = 60_000;

const secretsOf = (id: string): string => (id.startsWith("aws-") ? `AKIA${sha256Hex(id).slice(0, 16).toUpperCase()}:${sha256Hex(`${id} secret`).slice(0, 40)}` : `sk-${id}-${sha256Hex(id).slice(0, 24)}`);
const credentialIds = (kind: "plain" | "aws"): string[] => ENVIRONMENTS.map((environment) => `${kind}-${environment}`);

function upstreams({ plain, secure, ca }: GateAsked): Upstream[] {
  return SERVERS.flatMap((server): Upstream[] => {
    const isAws = server.api === "aws-query" || server.api === "aws-json" || server.api === "s3";
    const common = { credentials: credentialIds(isAws ? "aws" : "plain"), allowPrivate: true, inject: isAws ? ({ kind: "aws-sigv4", region: null, service: null } as const) : ({ kind: "header", header: "authorization", format: "Bearer {secret}" } as const) };
    return [
      { ...common, name: server.name, url: new URL(`${plainOrigin(server, { plain })}${server.base}`), ca: null },
      { ...common, name: secureName(server), url: new URL(`${secureOrigin(server, { secure })}${server.base}`), ca },
    ];
  });
}

async function register(log: EventLog, letPass: string | null): Promise<void> {
  const put = async <T extends Topic>(topic: T, key: string, payload: PayloadOf<T>): Promise<unknown> => log.append(topic, [{ key, value: encode(topic, payload) }]);
  await put("policies", TENANT, { ...new Registry().policy(TENANT), version: 1, gate: { ...DEFAULT_GATE_POLICY, approvalTtlMs: APPROVAL_TTL_MS }, atMs: 1 });
  for (const { id, environment } of AGENTS) {
    await put("agents", agentKey(TENANT, id), { v: 1, version: 1, tenant: TENANT, agent: id, role: null, owner: "platform", environment, status: "active", atMs: 1 });
    if (letPass === null) continue;
    await put("grants", agentKey(TENANT, id), { v: 1, version: 1, id: "standing", tenant: TENANT, agent: id, task: null, environments: [environment], operations: [], effects: [], resources: [], irreversible: [letPass], expiresAtMs: null, atMs: 1 });
  }
  for (const kind of ["plain", "aws"] as const) {
    for (const environment of ENVIRONMENTS) {
      const id = `${kind}-${environment}`;
      await put("credentials", TENANT, {
        v: 1, version: 1, id, tenant: TENANT, provider: "none", providerRef: id, kind: "token", fingerprint: fingerprint(KEY, sha256Hex(secretsOf(id))), principal: null, environment, reach: [],
        issuedTo: AGENTS.filter((agent) => agent.environment === environment).map((agent) => agent.id), alsoUsedBy: [], autoRevoke: "never", replacement: null, status: "active", atMs: 1,
      });
    }
  }
}

/** Tells of every record that the log took. */
function telling(log: EventLog): { readonly log: EventLog; readonly tell: () => void } {
  let values: Uint8Array[] = [];
  const tell = (): void => {
    if (values.length === 0) return;
    process.send?.({ kind: "recorded", values } satisfies GateRecorded);
    values = [];
  };
  const told: EventLog = {
    partitions: log.partitions, partitionOf: (key) => log.partitionOf(key), consume: (...given) => log.consume(...given), read: (...given) => log.read(...given),
    ends: (topic) => log.ends(topic), trouble: () => log.trouble(), close: () => log.close(),
    append: async (topic, records) => {
      const appended = await log.append(topic, records);
      if (topic === "actions") for (const { value } of records) values.push(value);
      return appended;
    },
  };
  return { log: told, tell };
}

async function start(asked: GateAsked): Promise<void> {
  const metrics = createMetrics();
  const memory = await openMemoryLog({ retainRecords: KEEP_RECORDS }, { metrics, clock: () => Date.now() });
  const { log, tell } = telling(memory);
  const store = await openStore({ kind: "sqlite", path: join(asked.dir, "store.db") }, { metrics });
  await register(memory, asked.letPass);
  const faults: Record<string, number> = {};
  const fault = (about: { readonly reason?: string }, text: string): void => void (faults[`${text}: ${about.reason ?? ""}`] = (faults[`${text}: ${about.reason ?? ""}`] ?? 0) + 1);
  const logger = { trace: () => undefined, debug: () => undefined, info: () => undefined, warn: () => undefined, error: fault, fatal: fault, child: () => logger } as never;
  const agents = new Map(AGENTS.map(({ id, token }) => [token, { tenant: TENANT, agent: id, leaseId: null }]));
  const authority = makeAuthority(Date.now(), "Authority of the gate");
  const gate = createGate(gateDeps({
    eventLog: log, store, metrics, logger, tenantKey: () => KEY, authority: () => authority,
    config: { forward: { host: "127.0.0.1", port: 0 }, upstreams: upstreams(asked) },
    holderOf: (token) => agents.get(token) ?? null,
    secretOf: secretsOf,
    resolve: async () => ["127.0.0.1"],
  }));
  await gate.start();
  setInterval(tell, TELL_EVERY_MS);
  let watch = new LoopWatch();
  const portOf = (url: string | null): number => Number(new URL(url ?? "").port);
  process.on("message", (message) => {
    tell();
    // What starting takes is not the campaign's.
    if (message === "measure") watch = new LoopWatch();
    if (message !== "state") return;
    void metrics.render().then((rendered) => {
      const lost = [...rendered.matchAll(/^tripline_gate_records_lost_total(?:\{[^}]*\})? (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
      process.send?.({ kind: "state", loop: watch.read(), stalls: watch.stalls, faults, recordsLost: lost, rssBytes: process.memoryUsage.rss() } satisfies GateState);
    });
  });
  process.send?.({ kind: "ready", reverse: portOf(gate.url()), forward: portOf(gate.forwardUrl()), ca: authority.certificate } satisfies GateReady);
}

process.once("message", (asked: GateAsked) => void start(asked));
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(0));
