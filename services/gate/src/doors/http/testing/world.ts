/** The HTTP doors as the gate builds them, over the memory log and real sockets; what tests send, and what was decided and recorded. */
import type { Server } from "node:http";
import { connect } from "node:net";
import { fingerprint, sha256Hex } from "@tripline/canonical";
import { createKnownSecrets, initialRecord, prepareClassifiers } from "@tripline/core";
import { openMemoryLog } from "@tripline/event-log";
import { type Action, agentKey, type BreakerRecord, type CredentialRecord, decode, encode, type Topic } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { createAgentsDoor } from "../../../agents-door.ts";
import { createDecideCall } from "../../../decide-call.ts";
import type { GateDeps, Upstream } from "../../../deps.ts";
import type { HeldCall } from "../../../holds.ts";
import { createAuthenticate } from "../../../identity.ts";
import { type GateLimits, LIMITS } from "../../../limits.ts";
import { createLookThrough } from "../../../look-through.ts";
import { createShownCredentials } from "../../../shown-credentials.ts";
import { createRecorder } from "../../../recorder.ts";
import { Probing } from "../../../probing.ts";
import { GateState } from "../../../state.ts";
import { gateSettings } from "../../../testing/gate-deps.ts";
import { createHttpDoor, type HttpDoor } from "../http-door.ts";
import type { HttpDoorDeps } from "../serve-request.ts";

export const TOKENS = { coder: "coder-token-0123456789abcdef", prod: "prod-token-0123456789abcdef", other: "other-token-0123456789abcdef" } as const;
export const SECRETS = { staging: "sk-staging-5b1f0c9d7e3a4f60", production: "sk-production-9a77cc1e02b84d11", aws: "AKIAREALREALREAL:realsecretrealsecret/realsecret+0" } as const;
export const TENANT_KEY = new Uint8Array(32).fill(7);


export interface World {
  readonly url: string;
  readonly server: Server;
  readonly door: HttpDoor;
  readonly deps: HttpDoorDeps;
  readonly held: HeldCall[];
  readonly logged: string[];
  put(topic: Topic, key: string, value: unknown): Promise<void>;
  trip(agent: string): Promise<void>;
  records(): Promise<readonly { readonly action: Action; readonly text: string }[]>;
  metrics(): Promise<string>;
  close(): Promise<void>;
}

export interface Given {
  readonly upstreams: readonly Partial<Upstream>[];
  readonly limits?: Partial<GateLimits>;
  readonly resolve?: GateDeps["resolve"];
  readonly forward?: boolean;
}

export function upstream(over: Partial<Upstream>): Upstream {
  return { name: "api", url: new URL("http://127.0.0.1:1"), credentials: ["staging", "production"], inject: { kind: "header", header: "authorization", format: "Bearer {secret}" }, ca: null, allowPrivate: true, ...over };
}

const credential = (id: keyof typeof SECRETS, issuedTo: string[], over: Partial<CredentialRecord> = {}): CredentialRecord => ({
  v: 1, version: 1, id, tenant: "acme", provider: "api", providerRef: id, kind: "token", fingerprint: fingerprint(TENANT_KEY, sha256Hex(SECRETS[id])), principal: null, environment: id,
  reach: [], issuedTo, alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 1, ...over,
});

export const credentialFact = credential;

export async function openHttpWorld({ upstreams, limits: given = {}, resolve }: Given): Promise<World> {
  await prepareClassifiers();
  const metrics = createMetrics();
  const clock = () => Date.now();
  const log = await openMemoryLog({}, { metrics, clock });
  const logged: string[] = [];
  const write = (...words: unknown[]) => void logged.push(JSON.stringify(words));
  const logger = { trace: write, debug: write, info: write, warn: write, error: write, fatal: write, child: () => logger } as unknown as GateDeps["logger"];
  const limits = { ...LIMITS, confirmEveryMs: 20, ...given };
  const state = new GateState({ eventLog: log, metrics, logger, limits });
  const put: World["put"] = async (topic, key, value) => void (await log.append(topic, [{ key, value: encode(topic, value as never) }]));
  for (const [agent, environment] of [["coder", "staging"], ["prod", "production"], ["other", "staging"]] as const) {
    await put("agents", agentKey("acme", agent), { v: 1, version: 1, tenant: "acme", agent, role: null, owner: "team", environment, status: "active", atMs: 1 });
  }
  await put("credentials", "acme/staging", credential("staging", ["coder", "prod"]));
  await put("credentials", "acme/aws", credential("aws", ["coder"], { environment: "staging" }));
  await put("credentials", "acme/production", credential("production", ["prod", "coder"]));
  await state.start();
  const held: HeldCall[] = [];
  const holds = {
    open: async (one: HeldCall) => ({ kind: "held", held: { approvalId: `ap-${held.push(one)}`, link: null, expiresAtMs: clock() + 60_000 } }) as const,
    claim: async () => ({ kind: "refused", reason: "not here" }) as const,
  };
  const known = createKnownSecrets(state.registry, () => TENANT_KEY);
  const isKnownSecret = (tenant: string) => (text: string) => known(tenant, text);
  const lookThrough = createLookThrough(state.registry, isKnownSecret);
  const shownCredentials = createShownCredentials({ tenantKey: () => TENANT_KEY }, state.registry, lookThrough);
  const decideCall = createDecideCall({ clock, metrics, state, holds, recorder: createRecorder({ eventLog: log, metrics, logger, limits, lookThrough }), shownCredentials, probing: new Probing(state) });
  const byToken = new Map<string, string>(Object.entries(TOKENS).map(([agent, token]) => [token, agent]));
  const authenticate = createAuthenticate({ clock, holderOf: (token) => (byToken.has(token) ? { tenant: "acme", agent: byToken.get(token)!, leaseId: null } : null) }, state.registry);
  const config = gateSettings({ upstreams: upstreams.map((one) => upstream(one)) });
  const deps: HttpDoorDeps = {
    config, clock, metrics, logger, limits, state, decideCall, authenticate, tenantKey: () => TENANT_KEY, isKnownSecret: known,
    secretOf: (id) => SECRETS[id as keyof typeof SECRETS] ?? null, ...(resolve === undefined ? {} : { resolve }),
  };
  const door = createHttpDoor(deps);
  const agents = createAgentsDoor(limits, door.handle);
  await agents.listen("127.0.0.1", 0);
  return {
    url: agents.url(), server: agents.app.server, door, deps, held, logged, put,
    trip: (agent) => put("breakers", agentKey("acme", agent), tripped(agent)),
    records: async () => {
      const ends = await log.ends("actions");
      const expected = [...ends.values()].reduce((sum, end) => sum + end.high - end.low, 0);
      const found: { action: Action; text: string }[] = [];
      if (expected === 0) return found;
      const all = Promise.withResolvers<void>();
      const reading = await log.read("actions", { from: "start" }, async (batch) => {
        for (const { value } of batch) {
          const decoded = decode("actions", value);
          if (decoded.ok) found.push({ action: decoded.value, text: Buffer.from(value).toString("utf8") });
        }
        if (found.length >= expected) all.resolve();
      });
      await all.promise;
      await reading.close();
      return found;
    },
    metrics: () => metrics.render(),
    close: async () => {
      await door.close();
      await agents.close();
      await state.stop();
      await log.close();
    },
  };
}

function tripped(agent: string): BreakerRecord {
  const closed = initialRecord(agentKey("acme", agent));
  return { ...closed, holds: [{ id: "h1", by: "human", reason: "stopped by hand", atMs: 1 }] };
}

/** Bytes as they are, and all that came back until the other side ended or nothing came any more. */
export function sendRaw(port: number, bytes: string | Buffer, quietMs = 150, longestMs = 3_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    let timer = setTimeout(() => socket.destroy(), longestMs);
    socket.on("data", (part) => {
      answer += part.toString("latin1");
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), quietMs);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(answer);
    });
    socket.write(bytes);
  });
}
