/** The running product with its gate: `tripline up` as a child process, on one data directory and the same ports for all its lives. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Action } from "@tripline/model";
import { freePort } from "../../servers/free-port.ts";
import { http } from "../http.ts";
import { adminToken, type Life, startProduct } from "../product.ts";
import type { Doors } from "./doors.ts";
import type { RecordingUpstream } from "./upstream.ts";

export const SECRET = "secret-that-only-the-gate-holds-5b1f0c9d";
/** Names of the upstreams: the same stand-ins for every agent. */
export const PLAIN = "plain";

export interface GateProduct {
  readonly doors: Doors;
  readonly ingestUrl: string;
  token(agent: string): string;
  /** A process of its own; the one before must be gone. */
  start(): Life;
  /** An order over the breaker's admin API; rejects where it is not applied. */
  order(kind: "trip", agent: string): Promise<void>;
  /** When the log took the record that opened the agent's breaker, epoch milliseconds. */
  openedAtMs(agent: string): Promise<number>;
  /** Call ids that the log has a decision of to let them pass. */
  allowed(): Promise<ReadonlySet<string>>;
}

interface Options {
  readonly dir: string;
  readonly agents: readonly string[];
  readonly plain: RecordingUpstream;
  readonly secure: { readonly upstream: RecordingUpstream; readonly ca: string } | null;
}

export async function createProduct({ dir, agents, plain, secure }: Options): Promise<GateProduct> {
  mkdirSync(dir, { recursive: true });
  const [gate, forward, approvals, admin, ingest] = [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()];
  const tokens = new Map(agents.map((agent) => [agent, randomBytes(24).toString("hex")]));
  const variable = (agent: string): string => `FAULTS_TOKEN_${agent.replaceAll("-", "_").toUpperCase()}`;
  const env = { FAULTS_SECRET: SECRET, ...Object.fromEntries(agents.map((agent) => [variable(agent), tokens.get(agent)!])) };
  const socketPath = join(dir, "gate.sock");
  const upstreams = [{ name: PLAIN, url: plain.url, credentials: ["upstream"], allowPrivate: true }];
  if (secure !== null) writeFileSync(join(dir, "upstream-ca.pem"), secure.ca);
  const all = secure === null ? upstreams : [...upstreams, { name: "secure", url: secure.upstream.url, credentials: ["upstream"], allowPrivate: true, caFile: join(dir, "upstream-ca.pem") }];
  const world = { configFile: join(dir, "tripline.yaml"), dataDir: join(dir, "data"), env };
  const config = {
    tenant: "acme", dataDir: "data", ingest: { port: ingest }, admin: { port: admin }, logLevel: "warn",
    agents: agents.map((id) => ({ id, owner: "platform-team", environment: "staging", ingestTokenEnv: variable(id), grants: [{ id: "scratch", environments: ["staging"], ...GRANTED }] })),
    credentials: [{ id: "upstream", provider: "none", providerRef: "1", kind: "token", secretEnv: "FAULTS_SECRET", environment: "staging", issuedTo: agents, autoRevoke: "never" }],
    gate: { port: gate, socket: socketPath, forward: { port: forward }, approvals: { port: approvals }, upstreams: all },
  };
  // JSON is YAML.
  writeFileSync(world.configFile, JSON.stringify(config, null, 1));
  const adminUrl = `http://127.0.0.1:${admin}`;
  const authorized = () => ({ authorization: `Bearer ${adminToken(world) ?? ""}` });
  return {
    doors: {
      gateUrl: `http://127.0.0.1:${gate}`, socketPath, forwardUrl: `http://127.0.0.1:${forward}`, upstream: PLAIN, secureUrl: secure?.upstream.url ?? "",
      get authority() {
        return readFileSync(join(world.dataDir, "gate-ca.crt"), "utf8");
      },
    },
    ingestUrl: `http://127.0.0.1:${ingest}`,
    token: (agent) => tokens.get(agent)!,
    start: () => startProduct(world, null),
    order: async (kind, agent) => {
      const body = JSON.stringify({ kind, agent, by: "soc", reason: "A campaign trips it." });
      const answer = await http({ method: "POST", url: `${adminUrl}/v1/commands`, headers: { ...authorized(), "content-type": "application/json" }, body, timeoutMs: ORDER_MS });
      if (answer.status !== 200) throw new Error(`the order was answered ${answer.status}: ${answer.body.slice(0, 200)}`);
    },
    openedAtMs: async (agent) => {
      const { body } = await http({ method: "GET", url: `${adminUrl}/v1/records?topic=breakers`, headers: authorized(), timeoutMs: ORDER_MS });
      const records = body.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as { timestampMs: number; value: { agent: string; position: { state: string } } });
      const opened = records.find(({ value }) => value.agent === agent && value.position.state === "open");
      if (opened === undefined) throw new Error(`no record opens the breaker of ${agent}`);
      return opened.timestampMs;
    },
    allowed: async () => {
      const { status, body } = await http({ method: "GET", url: `${adminUrl}/v1/records?topic=actions`, headers: authorized(), timeoutMs: ALL_MS });
      if (status !== 200) throw new Error(`the log could not be read: ${status}`);
      return allowedOf(body.split("\n").flatMap((line) => (line === "" ? [] : [(JSON.parse(line) as { value: Action }).value])));
    },
  };
}

/** What its grant lets pass without asking: that something irreversible passes when all is well is what makes its refusal tell. */
export const GRANTED = { resources: ["scratch"], irreversible: ["npm.publish"] };
const ORDER_MS = 10_000;
const ALL_MS = 120_000;

/** Of these, the calls that the gate decided to let pass. */
export function allowedOf(actions: readonly Pick<Action, "phase" | "decision" | "callId">[]): Set<string> {
  return new Set(actions.filter(({ phase, decision }) => phase === "decision" && decision?.outcome === "allow").map(({ callId }) => callId));
}
