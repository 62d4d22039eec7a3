/**
 * Tripline itself, as an operator runs it: the launcher with a shipped and a site's configuration file, as one process or as two of
 * each service on Kafka and PostgreSQL (see layouts), asked through its admin API.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { BreakerRecord, Containment, ContainmentItem } from "@tripline/model";
import { configArgs, type Layout, openLayout } from "../../system/layouts.ts";
import { DATABASE, type DatabaseOrNot, type DemoDatabase } from "./database.ts";
import { askChild, type Child, startChild, within } from "./child.ts";
import { type GateDoors, openDoors, UPSTREAM } from "./gate-process.ts";
import { UNDO_WINDOW_MS } from "./gate-acts.ts";
import type { RailwayProcess } from "./railway-process.ts";
import { AGENT_ID, TENANT } from "./scenario.ts";
import type { ContainedCredential, Observations } from "./timeline.ts";
import type { WebhookReceiver } from "./webhook-receiver.ts";

export interface TriplineProcess {
  readonly collectorUrl: string;
  readonly ingestToken: string;
  /** Null in runs without the gate. */
  readonly gate: GateDoors | null;
  /** What Tripline's own records say now. */
  facts(): Promise<Pick<Observations, "trip" | "containment" | "containmentStatus">>;
  /** All records of a topic, one JSON line each. */
  records(topic: string): Promise<string>;
  readonly dataDir: string;
  end(): Promise<void>;
}

const MAIN = fileURLToPath(new URL("../../../services/launcher/src/main.ts", import.meta.url));
/** Ten processes that create topics and tables on two cores take their time. */
const START_MS = 180_000;

interface Started {
  readonly child: Child;
  readonly ingestUrl: string | null;
  readonly adminUrl: string | null;
  readonly gateUrl: string | null;
  readonly approvalsUrl: string | null;
  readonly dataDir: string;
}

/** `withGate`: with the gate before the provider; the token that the agent found elsewhere is then what the gate injects. */
export async function startTripline(railway: RailwayProcess, receiver: WebhookReceiver, volumes: readonly { readonly id: string }[], withGate: { readonly database: DatabaseOrNot } | null): Promise<TriplineProcess> {
  const stack = new AsyncDisposableStack();
  const end = (): Promise<void> => stack.disposeAsync();
  try {
    const layout = await openLayout({ gate: withGate !== null });
    stack.defer(() => layout.dispose());
    const dir = await mkdtemp(join(tmpdir(), "tripline-demo-"));
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    const ingestToken = randomBytes(32).toString("hex");
    const configFile = join(dir, "tripline.yaml");
    const approverToken = randomBytes(32).toString("hex");
    const wanted = withGate !== null ? gateConfiguration(railway, receiver, withGate.database) : configuration(railway, receiver, volumes);
    await writeFile(configFile, JSON.stringify({ ...wanted, ...layout.site }, null, 2));
    const env = {
      ...layout.env,
      DEMO_INGEST_TOKEN: ingestToken,
      DEMO_WEBHOOK_SECRET: receiver.secret,
      DEMO_RAILWAY_ADMIN_TOKEN: railway.token("tripline-admin").secret,
      DEMO_DEPLOY_TOKEN: railway.token("domain-automation").secret,
      DEMO_STAGING_TOKEN: railway.token("staging-agent").secret,
      DEMO_APPROVER_TOKEN: approverToken,
      DEMO_GUARD_PASSWORD: withGate !== null && "guard" in withGate.database ? withGate.database.guard.password : "",
    };
    const started = await startProcesses(layout, configFile, env, stack);
    const collector = started.find(({ ingestUrl }) => ingestUrl !== null);
    const breaker = started.find(({ adminUrl }) => adminUrl !== null);
    if (breaker === undefined || collector === undefined) throw new Error("no process of Tripline tells where it listens");
    const headers = { authorization: `Bearer ${(await readFile(join(breaker.dataDir, "admin-token"), "utf8")).trim()}` };
    return {
      collectorUrl: collector.ingestUrl ?? "",
      ingestToken,
      gate: doorsOf(started, { agentToken: ingestToken, approverToken, cli: commandLine(layout, configFile, env) }),
      dataDir: breaker.dataDir,
      facts: () => readFacts((path) => askChild(breaker.child, `${breaker.adminUrl}${path}`, headers)),
      records: async (topic) => (await fetch(`${breaker.adminUrl}/v1/records?topic=${topic}`, { headers })).text(),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Of several gates the agent works through the first, and people answer at the last: what one holds, every other knows. */
function doorsOf(started: readonly Started[], tokens: { readonly agentToken: string; readonly approverToken: string; readonly cli: GateDoors["cli"] }): GateDoors | null {
  const gateUrl = started.find((one) => one.gateUrl !== null)?.gateUrl ?? null;
  const approvers = started.findLast(({ approvalsUrl }) => approvalsUrl !== null);
  return gateUrl === null || approvers?.approvalsUrl == null ? null : openDoors({ child: approvers.child, gateUrl, approvalsUrl: approvers.approvalsUrl, ...tokens });
}

function commandLine({ processes }: Layout, configFile: string, env: Record<string, string>): GateDoors["cli"] {
  return async (...args) => {
    const [first] = processes;
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, "--config", first?.config ?? "", "--config", configFile, "--json", ...args], { env: { ...process.env, ...env } });
    return JSON.parse(stdout);
  };
}

/** All at once, as after a deployment; `stack` ends them at once as well. */
async function startProcesses({ processes }: Layout, configFile: string, env: Record<string, string>, stack: AsyncDisposableStack): Promise<Started[]> {
  const children: Child[] = [];
  stack.defer(async () => void (await Promise.all(children.map((child) => child.end()))));
  return Promise.all(
    processes.map(async (one) => {
      let announce: (line: string) => void = () => undefined;
      const line = new Promise<string>((resolve) => (announce = resolve));
      const child = startChild("Tripline", [MAIN, ...configArgs(one, configFile), "--json", ...one.args], (text) => announce(text), env);
      children.push(child);
      return { child, ...(JSON.parse(await within(START_MS, "address", child, line)) as Omit<Started, "child">) };
    }),
  );
}

/** JSON is YAML. Secrets stay out of the file: it names the variables that hold them. */
function configuration(railway: RailwayProcess, receiver: WebhookReceiver, volumes: readonly { readonly id: string }[]): Record<string, unknown> {
  const found = railway.token("domain-automation");
  const staging = railway.token("staging-agent");
  return {
    tenant: TENANT,
    dataDir: "data",
    agents: [
      {
        id: AGENT_ID,
        owner: "platform-team",
        environment: "staging",
        ingestTokenEnv: "DEMO_INGEST_TOKEN",
        grants: [{ id: "staging-work", environments: ["staging"] }],
      },
    ],
    providers: { railway: { kind: "railway", endpoint: railway.url, adminTokenEnv: "DEMO_RAILWAY_ADMIN_TOKEN" } },
    credentials: [
      {
        id: "domain-automation-token",
        provider: "railway",
        providerRef: found.id,
        kind: "api-token",
        secretEnv: "DEMO_DEPLOY_TOKEN",
        environment: "production",
        reach: ["*"],
        issuedTo: ["domain-automation"],
        alsoUsedBy: ["domain-automation"],
        autoRevoke: "yes",
        replacement: "Create a token for one project and give it to the domain automation.",
      },
      {
        id: "staging-coder-token",
        provider: "railway",
        providerRef: staging.id,
        kind: "project-token",
        secretEnv: "DEMO_STAGING_TOKEN",
        environment: "staging",
        issuedTo: [AGENT_ID],
        autoRevoke: "yes",
      },
    ],
    resources: volumes.map(({ id }) => ({ kind: "volume", id, environment: "production", protection: "protected" })),
    alerts: { soc: { kind: "webhook", url: receiver.url, secrets: [{ env: "DEMO_WEBHOOK_SECRET" }], allowPrivate: true } },
  };
}

/**
 * The agent's own work goes through the gate as well, and the over-broad token is the one that it works with. Its owners take it for a token of
 * staging, and nobody wrote down where the volumes lie, as in the incident: the gate has only the call itself to go by.
 */
function gateConfiguration(railway: RailwayProcess, receiver: WebhookReceiver, database: DatabaseOrNot): Record<string, unknown> {
  const { credentials, ...rest } = configuration(railway, receiver, []);
  const [found] = credentials as [Record<string, unknown>];
  return {
    ...rest,
    credentials: [{ ...found, environment: "staging", issuedTo: ["domain-automation", AGENT_ID] }],
    resources: [{ kind: "database", id: DATABASE, environment: "staging" }],
    policy: { gate: { undoWindowHighestMs: UNDO_WINDOW_MS } },
    gate: {
      host: "127.0.0.1", port: 0, approvals: { host: "127.0.0.1", port: 0 },
      upstreams: [{ name: UPSTREAM, url: new URL(railway.url).origin, credentials: [found["id"]], allowPrivate: true }],
      approvers: [{ id: "responder", tokenEnv: "DEMO_APPROVER_TOKEN" }],
      ...("missing" in database ? {} : { guard: guardConfiguration(database) }),
    },
  };
}

function guardConfiguration({ dumps, pgDump, host, port, guard: { user } }: DemoDatabase): Record<string, unknown> {
  return { directory: dumps, pgDump, postgres: [{ database: DATABASE, host, port, user, passwordEnv: "DEMO_GUARD_PASSWORD", tls: "off", environment: "staging" }] };
}

async function readFacts(ask: (path: string) => Promise<unknown>): ReturnType<TriplineProcess["facts"]> {
  const { breakers } = (await ask("/v1/breakers")) as { breakers: readonly BreakerRecord[] };
  const { containments } = (await ask("/v1/containments")) as { containments: readonly Containment[] };
  const trip = breakers.find(({ agent }) => agent === AGENT_ID)?.trip ?? null;
  const containment = containments.find(({ tripId }) => tripId === trip?.id);
  return {
    trip: trip === null ? null : { atMs: trip.atMs, summary: trip.summary, findings: trip.findings.map(({ rule, summary }) => ({ rule, summary })) },
    containment: (containment?.items ?? []).map(describeItem),
    containmentStatus: containment?.status ?? null,
  };
}

function describeItem(item: ContainmentItem): ContainedCredential {
  return {
    name: item.credentialId,
    reason: { lease: "leased to the agent", registered: "issued to the agent", foreign: "not the agent's, seen in use" }[item.reason],
    state: item.state,
    proof: proofOf(item),
    revokedAtMs: item.revokedAtMs,
    verifiedAtMs: item.verifiedAtMs,
  };
}

function proofOf({ probe, escalation }: ContainmentItem): string {
  if (escalation !== null) return escalation;
  if (probe === null) return "not probed yet";
  if (probe.kind === "unknown") return `the probe could not tell: ${probe.reason}`;
  const how = probe.by === "used-and-refused" ? "the credential itself was tried" : "the provider's listing was read";
  return `${how}: ${probe.kind === "refused" ? "refused" : "still works"}`;
}
