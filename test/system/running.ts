/**
 * The running system, as an operator runs it: the launcher as one process or many (see layouts) with the shipped configuration and one
 * of the site's own, real providers behind it, a receiver that verifies alerts, and the command line to ask and order. Nothing here
 * reaches into the product.
 */
import { execFile, type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createTripline, type Tripline } from "@tripline/sdk";
import type { BreakerRecord, Containment, Finding, PayloadOf, Topic } from "@tripline/model";
import { startWebhookReceiver, type WebhookReceiver } from "../incidents/pocketos/webhook-receiver.ts";
import { configArgs, type LayoutProcess, openLayout } from "./layouts.ts";
import { type RailwayStandIn, startRailwayStandIn } from "../stand-ins/railway/index.ts";

const MAIN = fileURLToPath(new URL("../../services/launcher/src/main.ts", import.meta.url));
const run = promisify(execFile);
/** Ten processes start on two cores. */
const START_MS = 90_000;
/** Kept of what the product writes to standard error. */
const STDERR_CHARS = 1_000_000;

export interface Running {
  readonly ingestUrl: string;
  readonly adminUrl: string;
  /** The agents' door of the gate, of the first of several; empty without one. */
  readonly gateUrl: string;
  /** Of every process that has them. */
  readonly gates: readonly GateDoors[];
  /** Of the first process. */
  readonly monitoringUrl: string;
  readonly dataDir: string;
  readonly railway: RailwayStandIn;
  readonly receiver: WebhookReceiver;
  /** Runs a command of the CLI with --json; answers the parsed output, rejects with its error text. */
  cli<T>(...args: string[]): Promise<T>;
  /** Runs a command of the CLI; answers what a person would see. */
  text(...args: string[]): Promise<string>;
  /** Everything that the product wrote to standard error. */
  stderr(): string;
  /** Starts a command that goes on, such as `tail`; answers its lines. */
  follow(...args: string[]): { lines: string[]; end(): Promise<void> };
  sdk(agent: string, environment?: string): Tripline;
  ingestToken(agent: string): string;
  records<T extends Topic>(topic: T): Promise<PayloadOf<T>[]>;
  findings(agent: string): Promise<Finding[]>;
  breaker(agent: string): Promise<BreakerRecord | undefined>;
  containment(agent: string): Promise<Containment | undefined>;
  /** Ends the product's processes with this signal and waits until they are gone; answers the first exit code that is not 0. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  /** Ends one process by its name in the layout, and is back when it is gone. */
  endProcess(name: string, signal: NodeJS.Signals): Promise<number | null>;
  /** Starts one that has ended. */
  startProcess(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface GateDoors {
  readonly url: string;
  readonly approvalsUrl: string;
}

export interface Setup {
  /** Parts of the configuration, given the stand-in. */
  config(railway: RailwayStandIn): Record<string, unknown>;
  readonly env?: Record<string, string>;
  /** More of the environment, given the stand-in. */
  secrets?(railway: RailwayStandIn): Record<string, string>;
}

export async function startRunning(setup: Setup): Promise<Running> {
  const railway = await startRailwayStandIn({});
  const wanted = setup.config(railway);
  const layout = await openLayout({ gate: wanted["gate"] !== undefined });
  const dir = mkdtempSync(join(tmpdir(), "tripline-system-"));
  const receiver = await startWebhookReceiver(() => undefined);
  const configFile = join(dir, "tripline.yaml");
  writeFileSync(configFile, JSON.stringify(merge({ dataDir: "data", alerts: { soc: webhook(receiver) }, ...layout.site }, wanted)));
  const env = { ...process.env, ...layout.env, ...setup.env, ...setup.secrets?.(railway), SYSTEM_WEBHOOK_SECRET: receiver.secret, SYSTEM_RAILWAY_ADMIN: railway.token("tripline-admin").secret, SYSTEM_FOUND_TOKEN: railway.token("domain-automation").secret };
  const tokens = new Map<string, Tripline>();
  const children = new Map<string, ChildProcess>();
  let errors = "";
  let started = { ingestUrls: [""], adminUrls: [""], gates: [] as GateDoors[], monitoringUrl: "", dataDir: "" };
  let sdks = 0;
  const startOne = async (one: LayoutProcess): Promise<Started> => {
    const child = spawn(process.execPath, [MAIN, "--json", ...configArgs(one, configFile), ...one.args], { env, stdio: ["ignore", "pipe", "pipe"] });
    children.set(one.name, child);
    child.stderr.on("data", (chunk: Buffer) => {
      process.stderr.write(chunk);
      errors = (errors + chunk.toString()).slice(-STDERR_CHARS);
    });
    return JSON.parse(await firstLine(child)) as Started;
  };
  const start = async (): Promise<void> => {
    const lines = await Promise.all(layout.processes.map(startOne));
    started = {
      ingestUrls: lines.flatMap(({ ingestUrl }) => ingestUrl ?? []),
      adminUrls: lines.flatMap(({ adminUrl }) => adminUrl ?? []),
      gates: lines.flatMap(doorsOf),
      monitoringUrl: lines[0]?.monitoringUrl ?? "",
      dataDir: lines[0]?.dataDir ?? "",
    };
  };
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const codes = await Promise.all([...children.values()].map((child) => endOne(child, signal)));
    return codes.find((code) => code !== 0) ?? (codes.includes(null) ? null : 0);
  };
  const cli = async <T>(...args: string[]): Promise<T> => {
    const { stdout } = await run(process.execPath, [MAIN, "--json", "--config", configFile, ...args], { env }).catch((error: unknown) => {
      throw new Error(error instanceof Error && "stderr" in error ? String(error.stderr) : "the command failed", { cause: error });
    });
    return JSON.parse(stdout) as T;
  };
  const shown = async (...args: string[]): Promise<string> => (await run(process.execPath, [MAIN, "--config", configFile, ...args], { env })).stdout;
  const ask = async (path: string): Promise<Response> => {
    const token = readFileSync(join(started.dataDir, "admin-token"), "utf8").trim();
    for (const url of started.adminUrls.slice(0, -1)) {
      const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } }).catch(() => null);
      if (answer !== null) return answer;
    }
    return fetch(`${started.adminUrls.at(-1)}${path}`, { headers: { authorization: `Bearer ${token}` } });
  };
  const ingestToken = (agent: string): string => readFileSync(join(started.dataDir, "tokens", agent), "utf8").trim();
  const records = async <T extends Topic>(topic: T): Promise<PayloadOf<T>[]> => {
    const text = await (await ask(`/v1/records?topic=${topic}`)).text();
    return text.split("\n").filter(Boolean).map((line) => (JSON.parse(line) as { value: PayloadOf<T> }).value);
  };
  await start().catch(async (error: unknown) => {
    await end("SIGKILL");
    await Promise.all([railway.close(), receiver.close()]);
    throw error;
  });
  return {
    get ingestUrl() { return started.ingestUrls[0] ?? ""; },
    get adminUrl() { return started.adminUrls[0] ?? ""; },
    get gateUrl() { return started.gates[0]?.url ?? ""; },
    get gates() { return started.gates; },
    get monitoringUrl() { return started.monitoringUrl; },
    get dataDir() { return started.dataDir; },
    railway, receiver, cli, text: shown, stderr: () => errors, ingestToken, records, end, start,
    endProcess: async (name, signal) => {
      const child = children.get(name);
      return child === undefined ? null : endOne(child, signal);
    },
    startProcess: async (name) => {
      const [line] = await Promise.all(layout.processes.filter((one) => one.name === name).map(startOne));
      if (line?.adminUrl) started.adminUrls.push(line.adminUrl);
      if (line !== undefined) started.gates.push(...doorsOf(line));
    },
    sdk: (agent, environment) => {
      // Agents are spread over the collectors, as behind a balancer.
      const endpoint = started.ingestUrls[sdks++ % started.ingestUrls.length] ?? "";
      const made = createTripline({ endpoint, ingestToken: ingestToken(agent), agent: { name: agent }, ...(environment === undefined ? {} : { environment }) });
      tokens.set(`${agent} ${tokens.size}`, made);
      return made;
    },
    follow: (...args) => followCommand([MAIN, "--json", "--config", configFile, ...args], env),
    findings: async (agent) => (await records("findings")).filter((finding) => finding.agent === agent),
    breaker: async (agent) => (await records("breakers")).findLast((record) => record.agent === agent),
    containment: async (agent) => (await records("containments")).findLast((record) => record.agent === agent),
    close: async () => {
      await Promise.all([...tokens.values()].map((sdk) => sdk.shutdown(500)));
      await end("SIGTERM");
      await layout.dispose();
      await Promise.all([railway.close(), receiver.close()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A registered agent with a staging grant. */
export function stagingAgent(id: string, grant: Record<string, unknown> = {}): Record<string, unknown> {
  return { id, owner: "platform-team", environment: "staging", grants: [{ id: `${id}-grant`, environments: ["staging"], ...grant }] };
}

/** The over-broad token, registered to a service and not to any agent of the tests. */
export function foundToken(railway: RailwayStandIn, over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: "found-token", provider: "railway", providerRef: railway.token("domain-automation").id, kind: "api-token", secretEnv: "SYSTEM_FOUND_TOKEN",
    environment: "production", issuedTo: ["domain-automation"], autoRevoke: "yes", ...over,
  };
}

export function railwayProvider(railway: RailwayStandIn): Record<string, unknown> {
  return { railway: { kind: "railway", endpoint: railway.url, adminTokenEnv: "SYSTEM_RAILWAY_ADMIN" } };
}

function webhook(receiver: WebhookReceiver): Record<string, unknown> {
  return { kind: "webhook", url: receiver.url, secrets: [{ env: "SYSTEM_WEBHOOK_SECRET" }], allowPrivate: true };
}

interface Started {
  readonly ingestUrl: string | null;
  readonly adminUrl: string | null;
  readonly gateUrl: string | null;
  readonly approvalsUrl: string | null;
  readonly monitoringUrl: string;
  readonly dataDir: string;
}

const doorsOf = ({ gateUrl, approvalsUrl }: Started): GateDoors[] => (gateUrl === null || approvalsUrl === null ? [] : [{ url: gateUrl, approvalsUrl }]);

async function endOne(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = once(child, "exit");
  child.kill(signal);
  return ((await gone) as [number | null])[0];
}

/** As several configuration files are: objects key by key, the later one holds. */
function merge(before: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const both = { ...before };
  for (const [key, value] of Object.entries(over)) {
    const known = both[key];
    both[key] = isObject(known) && isObject(value) ? merge(known, value) : value;
  }
  return both;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the child has no output");
  const reader = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(reader, "line"),
    sleep(START_MS, undefined, { ref: false }).then(() => Promise.reject(new Error(`Tripline was not up after ${START_MS} ms: ${child.spawnargs.slice(2).join(" ")}`))),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`Tripline ended with code ${String(code)} before it was up`))),
  ])) as [string];
  return line;
}

function followCommand(args: string[], env: NodeJS.ProcessEnv): { lines: string[]; end(): Promise<void> } {
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  return {
    lines,
    end: async () => {
      if (child.exitCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    },
  };
}
