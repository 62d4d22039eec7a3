/** One gate with both of its HTTP doors before servers under real names, an agent in staging, and a human. Clients run as processes of their own. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { fingerprint, sha256Hex } from "@tripline/canonical";
import { follow, openMemoryLog } from "@tripline/event-log";
import { createGate, makeAuthority, servedHosts, type Injection } from "@tripline/gate";
import { type Action, agentKey, encode, type Topic } from "@tripline/model";
import { createLogger, createMetrics } from "@tripline/runtime";
import { createSealer, openStore } from "@tripline/store";

export const AGENT_TOKEN = "lease-token-of-the-coder-0123456789";
const HUMAN_TOKEN = "human-token-human-token-human-token";
const TENANT_KEY = new Uint8Array(32).fill(5);
const CLIENT = fileURLToPath(new URL("client-process.ts", import.meta.url));
const CLIENT_MS = 20_000;

export interface ServedUpstream {
  readonly name: string;
  readonly origin: string;
  /** What the gate injects; the client never sees it. */
  readonly secret: string;
  readonly inject?: Injection;
}

export interface Sent {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent in parts of unknown length. */
  readonly streamed?: boolean;
}

/** What the client's user reads. */
export interface Told {
  readonly status: number | null;
  readonly text: string;
  /** The words of what the client threw. */
  readonly error: string | null;
}

export interface ClientWorld {
  readonly reverseUrl: string;
  /** As a runtime's environment: the proxy, with the token in its address, and the gate's authority as a file. */
  readonly environment: Readonly<Record<string, string>>;
  /** Requests by a client in a process that has nothing but the environment. */
  run(client: string, requests: readonly unknown[], over?: Readonly<Record<string, string>>): Promise<readonly Told[]>;
  /** Path of a file with this in it, for as long as the world is open. */
  file(contents: Uint8Array): string;
  approve(id: string): Promise<number>;
  /** Every decision so far. */
  decisions(): Promise<readonly Action[]>;
  /** Of what arrived at an upstream all that no decision of its own had allowed. Each decision counts once. */
  undecided(origin: string, reached: readonly { readonly method: string; readonly target: string }[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The authority of the upstreams: the gate trusts it, clients do not. */
export const THEIRS = makeAuthority(Date.now(), "Upstreams' authority");

export async function openClientWorld(upstreams: readonly ServedUpstream[]): Promise<ClientWorld> {
  const stack = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "tripline-clients-"));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const metrics = createMetrics();
  const store = await openStore({ kind: "sqlite", path: join(directory, "store.db") }, { metrics });
  stack.defer(() => store.close());
  const log = await openMemoryLog({}, { metrics, clock: () => Date.now() });
  stack.defer(() => log.close());
  const put = (topic: Topic, key: string, value: unknown) => log.append(topic, [{ key, value: encode(topic, value as never) }]);
  await put("agents", agentKey("acme", "coder"), { v: 1, version: 1, tenant: "acme", agent: "coder", role: null, owner: "o", environment: "staging", status: "active", atMs: 1 });
  await put("policies", "acme", {
    v: 1, version: 1, tenant: "acme", budget: { agentHoursPerFalseTrip: 50_000 }, massTripShare: 0.3, massTripMinimum: 5, massTripWindowMs: 60_000, probeActions: 20, atMs: 1,
    gate: { staleReads: "allow", unknownEffects: "allow", approversInProduction: 1, approversElsewhere: 1, approvalTtlMs: 60_000, undoWindowHighestMs: 200, undoWindowMs: 0 },
  });
  for (const { name, secret } of upstreams) {
    await put("credentials", `acme/${name}`, {
      v: 1, version: 1, id: name, tenant: "acme", provider: name, providerRef: "r", kind: "token", fingerprint: fingerprint(TENANT_KEY, sha256Hex(secret)), principal: null, environment: "staging",
      reach: [], issuedTo: ["coder"], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 1,
    });
  }
  // As the launcher makes it: clients take it for these hosts alone.
  const gates = makeAuthority(Date.now(), "Gate's authority", servedHosts(upstreams.map(({ origin }) => ({ url: new URL(origin) }))));
  const gate = createGate({
    eventLog: log, store, metrics, logger: createLogger({ level: "silent", name: "test" }), clock: () => Date.now(), resolve: () => Promise.resolve(["127.0.0.1"]),
    config: {
      instance: "a", host: "127.0.0.1", port: 0, socket: null, forward: { host: "127.0.0.1", port: 0 }, approvals: { host: "127.0.0.1", port: 0, url: null }, guard: null,
      upstreams: upstreams.map(({ name, origin, inject }) => ({ name, url: new URL(origin), credentials: [name], inject: inject ?? { kind: "header", header: "authorization", format: "Bearer {secret}" }, ca: THEIRS.certificate, allowPrivate: true })),
    },
    holderOf: (token) => (token === AGENT_TOKEN ? { tenant: "acme", agent: "coder", leaseId: null } : null),
    approverOf: (sha256) => (sha256 === sha256Hex(HUMAN_TOKEN) ? { id: "human", environments: [] } : null),
    authority: () => gates, backupFinders: [], tenantKey: () => TENANT_KEY, approvalKey: () => new Uint8Array(32).fill(3),
    secretOf: (id) => upstreams.find(({ name }) => name === id)?.secret ?? null, sealing: createSealer(new Uint8Array(32).fill(4)),
  });
  await gate.start();
  stack.defer(() => gate.stop());
  const gatesAuthority = join(directory, "gate.pem");
  writeFileSync(gatesAuthority, gates.certificate);
  const proxy = new URL(gate.forwardUrl()!);
  const environment = { HTTPS_PROXY: `http://agent:${AGENT_TOKEN}@${proxy.host}`, NODE_EXTRA_CA_CERTS: gatesAuthority, CURL_CA_BUNDLE: gatesAuthority };
  const counted = new Set<string>();
  return {
    reverseUrl: gate.url(), environment,
    run: (client, requests, over = {}) => runClient(client, requests, { ...environment, ...over }),
    file: (contents) => {
      const path = join(directory, randomUUID());
      writeFileSync(path, contents);
      return path;
    },
    approve: async (id) => (await fetch(`${gate.approvalsUrl()}/v1/approvals/${id}/approve`, { method: "POST", headers: { authorization: `Bearer ${HUMAN_TOKEN}`, "content-type": "application/json" }, body: '{"withoutBackup":true}' })).status,
    decisions: () => actionsOf(log),
    undecided: async (origin, reached) => {
      // Records of reads follow the answer.
      for (let tries = 0; ; tries += 1) {
        const left = withoutDecision(reached.map(({ method, target }) => `${method} ${origin}${target}`), await actionsOf(log), counted);
        if (left.length === 0 || tries === 50) return left;
        await sleep(20);
      }
    },
    close: () => stack.disposeAsync(),
  };
}

/** Marks the decisions as counted only where there is one for each. */
function withoutDecision(arrived: readonly string[], decisions: readonly Action[], counted: Set<string>): readonly string[] {
  const used = new Set<string>();
  const left = arrived.filter((one) => {
    const found = decisions.find(({ id, decision, request }) => decision?.outcome === "allow" && request?.kind === "http" && `${request.method} ${request.url}` === one && !counted.has(id) && !used.has(id));
    if (found !== undefined) used.add(found.id);
    return found === undefined;
  });
  if (left.length === 0) for (const id of used) counted.add(id);
  return left;
}

async function actionsOf(log: Parameters<typeof follow>[0]): Promise<Action[]> {
  const found: Action[] = [];
  const followed = await follow(log, "actions", { from: "start" }, (items) => items.forEach(({ payload }) => found.push(payload)), (_record, reason) => {
    throw new Error(`a record cannot be decoded: ${reason}`);
  });
  await followed.caughtUp;
  await followed.close();
  return found.filter(({ decision }) => decision !== null);
}

/** Nothing of this process's environment but where programs lie. */
function runClient(client: string, requests: readonly unknown[], environment: Readonly<Record<string, string>>): Promise<readonly Told[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Told[]>();
  const env = { PATH: process.env["PATH"], ...environment };
  const child = execFile(process.execPath, [CLIENT, client], { env, timeout: CLIENT_MS, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
    if (error === null) resolve(JSON.parse(stdout) as Told[]);
    else reject(new Error(`${client} ended with ${error.message}\n${stderr}`));
  });
  child.stdin?.end(JSON.stringify(requests));
  return promise;
}
