/** One outage of the log after another, in a gate of this process, each followed until the gate decides everything again. */
import { setTimeout as sleep } from "node:timers/promises";
import { initialRecord } from "@tripline/core";
import { GATE_LIMITS, type GateLimits } from "@tripline/gate";
import { agentKey } from "@tripline/model";
import type { Break } from "./breakable-log.ts";
import { type Clients, reached, startClients, untilBack, whyRefused } from "./clients.ts";
import { account, type OutageRun, passedUnapproved, unrecordedOf, type Window } from "./outages.ts";
import { startUpstream } from "./upstream.ts";
import { type GateWorld, startGateWorld } from "./world.ts";

export interface LogOutagesOptions {
  readonly breaks: readonly Break[];
  readonly lastsMs: number;
  /** Bounds of the gate that are other than the shipped ones. */
  readonly limits: Partial<GateLimits>;
  readonly pauseMs: number;
  /** What the gate is held to; absent = what it was given. */
  readonly currentForMs?: number;
  readonly done?: () => void;
}

/** Between two outages all is well for so long, and that counts as after the one before. */
const WELL_MS = 100;
/** Nobody listens there: telemetry is no part of this. */
const NOWHERE = "http://127.0.0.1:9";

export async function runLogOutages({ breaks, lastsMs, limits, pauseMs, currentForMs = { ...GATE_LIMITS, ...limits }.currentForMs, done }: LogOutagesOptions): Promise<OutageRun> {
  const upstream = await startUpstream();
  const world = await startGateWorld(upstream, limits);
  const clients = startClients({ doors: world.doors, token: world.token, endpoint: NOWHERE, pauseMs, destroyPauseMs: pauseMs });
  const windows: Window[] = [];
  try {
    if ((await untilBack(clients, performance.now())) === null) throw new Error(`nothing granted passes even while all is well: ${whyRefused(clients)}`);
    for (const what of breaks) {
      windows.push(await outage(what, { world, clients, lastsMs, currentForMs, atMs: windows.length + 1 }));
      done?.();
    }
    await clients.stop();
    const recorded = await world.allowedAtTheEnd();
    return {
      outages: windows.map((window) => account(clients.asks, window)), neverApproved: [...passedUnapproved(clients.asks), ...reached(upstream)],
      unrecorded: unrecordedOf(clients.asks, recorded).map(({ kind, callId }) => `${kind} ${callId}`), readsTrailing: 0,
    };
  } finally {
    await clients.stop();
    await world.close();
    await upstream.close();
  }
}

interface Outing {
  readonly world: GateWorld;
  readonly clients: Clients;
  readonly lastsMs: number;
  readonly currentForMs: number;
  readonly atMs: number;
}

async function outage(what: Break, { world, clients, lastsMs, currentForMs, atMs }: Outing): Promise<Window> {
  await sleep(WELL_MS);
  world.log.break(what);
  const fromMs = performance.now();
  // What readers are not given must be something, or there is nothing to be behind of.
  if (what === "readers") await world.put("breakers", agentKey("acme", "another"), { ...initialRecord(agentKey("acme", "another")), atMs });
  // As the README says: what the gate knows counts as current for so long after the log last confirmed it.
  const isStale = what === "ends" || what === "readers";
  await sleep(isStale ? lastsMs + currentForMs : lastsMs);
  const toMs = performance.now();
  world.log.mend();
  const passedMs = await untilBack(clients, toMs);
  return { what, fromMs, toMs, closedToMs: toMs, closedFromMs: isStale ? fromMs + currentForMs : fromMs, deadUntilMs: 0, startMs: null, backMs: passedMs === null ? null : passedMs - toMs };
}
