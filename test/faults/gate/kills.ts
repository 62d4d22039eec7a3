/** kill -9 of the running product, started again at once, as an orchestrator does. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Life } from "../product.ts";
import { type Ask, BACK_MS, type Clients, reached, startClients, untilBack, whyRefused } from "./clients.ts";
import { account, isRead, type Outage, type OutageRun, passedUnapproved, unrecordedOf } from "./outages.ts";
import { createProduct, type GateProduct } from "./product.ts";
import { startUpstream } from "./upstream.ts";

export interface KillOptions {
  readonly dir: string;
  readonly kills: number;
  readonly say: (line: string) => void;
}

/** Clients of a process that is starting must not take its time. */
const PAUSE_MS = 50;
const DESTROY_PAUSE_MS = 250;
/** Before and after an outage all is well for so long. */
const WELL_MS = 100;

interface Striking {
  readonly product: GateProduct;
  readonly life: Life;
  readonly clients: Clients;
}

export async function runKills({ dir, kills, say }: KillOptions): Promise<OutageRun> {
  const upstream = await startUpstream();
  // Another agent each time: the detector of this product judges what they do, and so much of it from one agent is unusual.
  const agents = Array.from({ length: kills }, (_, n) => `coder-${n}`);
  const product = await createProduct({ dir: join(dir, "kills"), agents, plain: upstream, secure: null });
  let life = product.start();
  const outages: Outage[] = [];
  const asks: Ask[] = [];
  let clients: Clients | null = null;
  try {
    if ((await Promise.race([life.ready, life.gone.then(() => null)])) === null) throw new Error(`the product ended\n${life.complaints()}`);
    for (const [at, agent] of agents.entries()) {
      clients = startClients({ doors: product.doors, token: product.token(agent), endpoint: product.ingestUrl, pauseMs: PAUSE_MS, destroyPauseMs: DESTROY_PAUSE_MS });
      const struck = await strike({ product, life, clients });
      life = struck.life;
      outages.push(struck.outage);
      asks.push(...clients.asks);
      const { reads, irreversible, backMs } = struck.outage;
      say(`kill ${at + 1} of ${kills}: ${reads.succeeded} of ${reads.asked} reads, ${irreversible.passed.length} of ${irreversible.asked} irreversible, back after ${Math.round(backMs ?? Number.NaN)} ms`);
    }
    const unrecorded = unrecordedOf(asks, await product.allowed());
    return {
      outages, neverApproved: [...passedUnapproved(asks), ...reached(upstream)],
      unrecorded: unrecorded.filter((ask) => !isRead(ask)).map(({ kind, callId }) => `kill: ${kind} ${callId}`), readsTrailing: unrecorded.filter(isRead).length,
    };
  } finally {
    await clients?.stop();
    life.kill("SIGKILL");
    await life.gone;
    await upstream.close();
  }
}

/** Stops the clients; answers the life that follows. */
async function strike({ product, life, clients }: Striking): Promise<{ readonly life: Life; readonly outage: Outage }> {
  if ((await untilBack(clients, performance.now())) === null) throw new Error(`nothing granted passes even while all is well: ${whyRefused(clients)}\n${life.complaints()}`);
  await sleep(WELL_MS);
  const fromMs = performance.now();
  life.kill("SIGKILL");
  await life.gone;
  const goneMs = performance.now();
  const next = product.start();
  const passedMs = await untilBack(clients, goneMs);
  const startMs = await Promise.race([next.ready, sleep(BACK_MS, null, { ref: false })]);
  await sleep(WELL_MS);
  const toMs = performance.now();
  await clients.stop();
  // At its end the last connection that was refused found nobody listening.
  const deadUntilMs = clients.asks.findLast(({ kind, how, startMs: askedMs }) => kind === "proxyReadOnce" && askedMs >= goneMs && how.includes("ECONNREFUSED"))?.endMs ?? goneMs;
  const backMs = passedMs === null ? null : passedMs - fromMs;
  return { life: next, outage: account(clients.asks, { what: "kill", fromMs, toMs, closedFromMs: goneMs, closedToMs: deadUntilMs, deadUntilMs, startMs, backMs }) };
}
