/** A campaign: one data directory, one provider, many lives of the product, agents that never stop, and an account at the end. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BreakerRecord } from "@tripline/model";
import { freePort } from "../servers/free-port.ts";
import { type Account, settleAndAccount } from "./account.ts";
import { type Admin, createAdmin, type TopicRecord } from "./admin.ts";
import { startDestroyers, type DestroyersState } from "./destroyers.ts";
import { COUNTED_WINDOWS, planKills, windowShare, type Kill, type Window } from "./kill-plan.ts";
import { liveAndDie } from "./lives.ts";
import { armFault } from "./provider-faults.ts";
import { between, seededRandom, type Random } from "./random.ts";
import { type Acknowledged, countAcknowledged, newAcknowledged } from "./sender.ts";
import { startWorkers } from "./workers.ts";
import { createWorld, type FaultsWorld } from "./world.ts";

export interface CampaignOptions {
  readonly kills: number;
  readonly seed: number;
  /** The campaign goes on living until so many actions are acknowledged. */
  readonly minAcknowledged: number;
  /** Working directory; the caller removes it. */
  readonly dir: string;
  readonly say: (line: string) => void;
}

export interface Campaign {
  readonly kills: number;
  readonly killsIn: Readonly<Record<Window | "unanswered", number>>;
  readonly killsWhileStarting: number;
  readonly readyMsMedian: number;
  readonly selfEnded: readonly string[];
  readonly acknowledged: Acknowledged;
  readonly account: Account;
}

const BUSY_AGENTS = 8;
/** Most that one agent finds; the product remembers 64 foreign credentials of an agent. */
const MAX_TOKENS_PER_AGENT = 48;
const MIN_DESTRUCTIVE_AGENTS = 3;
/** Destructive attempts allowed per life, on average; more tokens than that are kept ready. */
const ATTEMPTS = { low: 2, high: 4 };
const TOKENS_PER_KILL = 4.5;
/** For windows that are tried again: few kills vary more. */
const SPARE_TOKENS = 60;
/** A plan whose windows keep not coming ends here. */
const MAX_EXTRA_KILLS = 100;

export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const random = seededRandom(options.seed);
  const tokens = options.kills * TOKENS_PER_KILL + SPARE_TOKENS;
  const destructiveAgents = Math.max(MIN_DESTRUCTIVE_AGENTS, Math.ceil(tokens / MAX_TOKENS_PER_AGENT));
  const [ingest, admin] = [await freePort(), await freePort()];
  const world = await createWorld(options.dir, { busyAgents: BUSY_AGENTS, destructiveAgents, tokensPerAgent: Math.ceil(tokens / destructiveAgents) }, { ingest: { port: ingest }, admin: { port: admin } });
  const stop = new AbortController();
  try {
    const acknowledged = newAcknowledged();
    const shared = { ingestUrl: `http://127.0.0.1:${ingest}`, acknowledged, random, stop: stop.signal };
    const asked = createAdmin(world, `http://127.0.0.1:${admin}`);
    const workers = startWorkers({ ...shared, agents: world.busy });
    const destroyers = startDestroyers({ ...shared, agents: world.destructive, volumeId: world.volumeId, admin: asked });
    const tally = newTally();
    await killAll(options, { world, admin: asked, random, tally, destroyers: destroyers.state, acknowledged });
    const account = await settleAndAccount({
      world, admin: asked, acknowledged, attempts: destroyers.state.attempts, breakers: tally.breakers, say: options.say, minAcknowledged: options.minAcknowledged,
      quiet: async () => {
        stop.abort();
        await Promise.all([workers.done, destroyers.done]);
      },
    });
    const readyMsMedian = Math.round(tally.readyMs.toSorted((a, b) => a - b)[Math.floor(tally.readyMs.length / 2)] ?? 0);
    return { kills: tally.kills, killsIn: tally.killsIn, killsWhileStarting: tally.whileStarting, readyMsMedian, selfEnded: tally.selfEnded, acknowledged, account };
  } finally {
    stop.abort();
    await Promise.all([world.railway.close(), world.receiver.close()]);
  }
}

interface Tally {
  kills: number;
  whileStarting: number;
  readonly killsIn: Record<Window | "unanswered", number>;
  readonly readyMs: number[];
  readonly selfEnded: string[];
  /** Records of breakers read while they were there. */
  readonly breakers: TopicRecord<BreakerRecord>[];
}

function newTally(): Tally {
  const killsIn = { "append-ack": 0, "intent-call": 0, "call-outcome": 0, "trip-told": 0, "order-applied": 0, "finding-read": 0, "outcome-told": 0, unanswered: 0 };
  return { kills: 0, whileStarting: 0, killsIn, readyMs: [], selfEnded: [], breakers: [] };
}

interface Battle {
  readonly world: FaultsWorld;
  readonly admin: Admin;
  readonly random: Random;
  readonly tally: Tally;
  readonly destroyers: DestroyersState;
  readonly acknowledged: Acknowledged;
}

async function killAll({ kills, say }: CampaignOptions, battle: Battle): Promise<void> {
  const { world, random, tally, destroyers } = battle;
  const plan: Kill[] = planKills(kills, random);
  const enough = (): boolean => tally.kills >= kills && COUNTED_WINDOWS.every((window) => tally.killsIn[window] >= Math.min(windowShare(kills), Math.ceil(kills / 10)));
  while (!enough() && tally.kills < kills + MAX_EXTRA_KILLS && tally.selfEnded.length < 3) {
    const kill = plan.shift();
    if (kill === undefined) {
      plan.push(...planKills(kills, random).filter((one) => one.kind === "window" && COUNTED_WINDOWS.some((window) => window === one.window && tally.killsIn[window] < kills / 10)));
      if (plan.length === 0) plan.push({ kind: "random-ready", afterReadyMs: between(random, 0, 500) });
      continue;
    }
    if (kill.kind !== "executed-unanswered") armFault(world.railway, random);
    const death = await liveAndDie(world, kill, join(world.dataDir, "..", "killed-at"), () => {
      destroyers.allowed = Math.min(destroyers.tokensLeft, between(random, ATTEMPTS.low, ATTEMPTS.high));
      void battle.admin.records("breakers").then((records) => tally.breakers.push(...records), () => undefined);
    });
    if (death.selfEnded !== null) tally.selfEnded.push(death.selfEnded);
    tally.kills += 1;
    if (death.readyMs === null) tally.whileStarting += 1;
    else tally.readyMs.push(death.readyMs);
    if (death.window !== null) tally.killsIn[death.window] += 1;
    // A window that was meant but not met is tried again at the end, at its first message: a second may never come.
    if (kill.kind === "window" && death.window === null) plan.push({ ...kill, nth: 1 });
    if (tally.kills % 10 === 0 || death.selfEnded !== null) say(progress(battle));
    await sleep(between(random, 0, 60));
  }
}

function progress({ tally, acknowledged, destroyers }: Battle): string {
  const windows = COUNTED_WINDOWS.map((window) => `${window} ${tally.killsIn[window]}`).join(", ");
  const lastReady = Math.round(tally.readyMs.at(-1) ?? 0);
  return `${tally.kills} kills (${windows}), ${countAcknowledged(acknowledged)} acknowledged, ${destroyers.attempts.length} attempts, start ${lastReady} ms`;
}
