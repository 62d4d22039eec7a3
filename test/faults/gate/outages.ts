/** One outage after another, each followed until the gate decides everything again, and the account of what passed meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import { GATE_LIMITS, type GateLimits } from "@tripline/gate";
import { initialRecord } from "@tripline/core";
import { agentKey } from "@tripline/model";
import { join } from "node:path";
import type { Break } from "./breakable-log.ts";
import { type Ask, type Clients, startClients } from "./clients.ts";
import { createProduct } from "./product.ts";
import { type RecordingUpstream, startUpstream } from "./upstream.ts";
import { startGateWorld } from "./world.ts";

export interface Outage {
  readonly what: "kill" | Break;
  /** Reads that policy allows, asked during the outage; those of the proxy only while there is a process. */
  readonly reads: { readonly asked: number; readonly succeeded: number; readonly failures: readonly string[] };
  /** Of the proxy while no process was there: they cannot succeed, and do not count. */
  readonly proxyReadsWhileDead: number;
  /** Irreversible calls that were asked during the outage, and those that passed. */
  readonly irreversible: { readonly asked: number; readonly passed: readonly string[] };
  /** From its end (of a kill: from the kill) until something irreversible that is granted passes again; null: not within the bound. */
  readonly backMs: number | null;
}

export interface OutageRun {
  readonly outages: readonly Outage[];
  /** What nobody approved and passed all the same, at any time, by what the upstream recorded and by what tools ran. */
  readonly neverApproved: readonly string[];
}

/** Longest wait for the gate to decide everything again. */
const BACK_MS = 30_000;
const PAUSE_MS = 20;
/** Clients of a process that is starting must not take its time. */
const CALM_PAUSE_MS = 50;
const DESTROY_PAUSE_MS = 250;
/** Between two outages all is well for so long, and that counts as after the one before. */
const WELL_MS = 100;

const why = (asks: readonly Ask[]): string => asks.findLast(({ kind }) => kind === "granted")?.how ?? "";

/** Null where nothing granted passes within the bound. */
async function untilBack({ asks }: Clients, fromMs: number): Promise<number | null> {
  while (performance.now() - fromMs < BACK_MS) {
    const passed = asks.find(({ kind, passed: isPassed, startMs }) => kind === "granted" && isPassed && startMs >= fromMs);
    if (passed !== undefined) return passed.endMs;
    await sleep(5);
  }
  return null;
}

interface Window {
  readonly what: Outage["what"];
  readonly fromMs: number;
  readonly toMs: number;
  /** From when on, and until when, nothing irreversible may pass. */
  readonly closedFromMs: number;
  readonly closedToMs: number;
  /** Until when the proxy has no process. */
  readonly deadUntilMs: number;
  readonly backMs: number | null;
}

function account(asks: readonly Ask[], window: Window): Outage {
  const { what, fromMs, toMs, closedFromMs, closedToMs, deadUntilMs, backMs } = window;
  const during = asks.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
  const reads = during.filter(({ kind, startMs }) => kind === "sdkRead" || (kind === "proxyRead" && startMs >= deadUntilMs));
  const irreversible = asks.filter(({ kind, startMs }) => kind !== "sdkRead" && kind !== "proxyRead" && startMs >= closedFromMs && startMs < closedToMs);
  return {
    what, backMs,
    reads: { asked: reads.length, succeeded: reads.filter(({ passed }) => passed).length, failures: reads.filter(({ passed }) => !passed).map(({ kind, how }) => `${kind}: ${how}`) },
    proxyReadsWhileDead: during.filter(({ kind, startMs }) => kind === "proxyRead" && startMs < deadUntilMs).length,
    // What was asked meanwhile and answered once it was over was decided then.
    irreversible: { asked: irreversible.length, passed: irreversible.filter(({ passed, endMs }) => passed && endMs < closedToMs).map(({ kind, startMs }) => `${what}: ${kind}, ${Math.round(startMs - fromMs)} ms after its begin`) },
  };
}

const passedUnapproved = ({ asks }: Clients): string[] => asks.filter(({ kind, passed }) => passed && (kind === "held" || kind === "proxyDelete")).map(({ kind }) => `${kind} passed`);
const reached = ({ effects }: RecordingUpstream): string[] => effects.map(({ method, url }) => `${method} ${url} reached the upstream`);

export interface BreakOptions {
  readonly breaks: readonly Break[];
  readonly lastsMs: number;
  /** Bounds of the gate that are other than the shipped ones. */
  readonly limits: Partial<GateLimits>;
}

/** The log is taken away and given back, in a gate of this process. */
export async function runBreaks({ breaks, lastsMs, limits }: BreakOptions): Promise<OutageRun> {
  const upstream = await startUpstream();
  const world = await startGateWorld(upstream, limits);
  const clients = startClients({ doors: world.doors, token: world.token, endpoint: NOWHERE, pauseMs: PAUSE_MS, destroyPauseMs: PAUSE_MS });
  const { currentForMs } = { ...GATE_LIMITS, ...limits };
  const windows: Window[] = [];
  try {
    if ((await untilBack(clients, performance.now())) === null) throw new Error(`nothing granted passes even while all is well: ${why(clients.asks)}`);
    for (const [at, what] of breaks.entries()) {
      await sleep(WELL_MS);
      world.log.break(what);
      const fromMs = performance.now();
      // What readers are not given must be something, or there is nothing to be behind of.
      if (what === "readers") await world.put("breakers", agentKey("acme", "another"), { ...initialRecord(agentKey("acme", "another")), atMs: at + 1 });
      // As the README says: what the gate knows counts as current for so long after the log last confirmed it.
      const isStale = what === "ends" || what === "readers";
      await sleep(isStale ? lastsMs + currentForMs : lastsMs);
      const toMs = performance.now();
      world.log.mend();
      const passedMs = await untilBack(clients, toMs);
      windows.push({ what, fromMs, toMs, closedToMs: toMs, closedFromMs: isStale ? fromMs + currentForMs : fromMs, deadUntilMs: 0, backMs: passedMs === null ? null : passedMs - toMs });
    }
    await clients.stop();
    return { outages: windows.map((window) => account(clients.asks, window)), neverApproved: [...passedUnapproved(clients), ...reached(upstream)] };
  } finally {
    await clients.stop();
    await world.close();
    await upstream.close();
  }
}

/** Nobody listens there: telemetry is no part of this. */
const NOWHERE = "http://127.0.0.1:9";

export interface KillOptions {
  readonly dir: string;
  readonly kills: number;
  readonly say: (line: string) => void;
}

/** kill -9 of the running product, started again at once, as an orchestrator does. */
export async function runKills({ dir, kills, say }: KillOptions): Promise<OutageRun> {
  const upstream = await startUpstream();
  // Another agent each time: the detector of this product judges what they do, and so much of it from one agent is unusual.
  const agents = Array.from({ length: kills }, (_, n) => `coder-${n}`);
  const product = await createProduct({ dir: join(dir, "kills"), agents, plain: upstream, secure: null });
  let life = product.start();
  const outages: Outage[] = [];
  const unapproved: string[] = [];
  let clients: Clients | null = null;
  try {
    if ((await Promise.race([life.ready, life.gone.then(() => null)])) === null) throw new Error(`the product ended\n${life.complaints()}`);
    for (const [at, agent] of agents.entries()) {
      const now = (clients = startClients({ doors: product.doors, token: product.token(agent), endpoint: product.ingestUrl, pauseMs: CALM_PAUSE_MS, destroyPauseMs: DESTROY_PAUSE_MS }));
      if ((await untilBack(now, performance.now())) === null) throw new Error(`nothing granted passes even while all is well: ${why(now.asks)}\n${life.complaints()}`);
      await sleep(WELL_MS);
      const fromMs = performance.now();
      life.kill("SIGKILL");
      await life.gone;
      const goneMs = performance.now();
      life = product.start();
      const passedMs = await untilBack(now, goneMs);
      await sleep(WELL_MS);
      const toMs = performance.now();
      await now.stop();
      // At its end the last connection that was refused found nobody listening.
      const deadUntilMs = now.asks.findLast(({ kind, how, startMs }) => kind === "proxyRead" && startMs >= goneMs && how.includes("ECONNREFUSED"))?.endMs ?? goneMs;
      outages.push(account(now.asks, { what: "kill", fromMs, toMs, closedFromMs: goneMs, closedToMs: deadUntilMs, deadUntilMs, backMs: passedMs === null ? null : passedMs - fromMs }));
      unapproved.push(...passedUnapproved(now));
      if (at % 10 === 9) say(`${at + 1} of ${kills} kills`);
    }
    return { outages, neverApproved: [...unapproved, ...reached(upstream)] };
  } finally {
    await clients?.stop();
    life.kill("SIGKILL");
    await life.gone;
    await upstream.close();
  }
}
