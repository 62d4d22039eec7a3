/** A campaign on the layout: quiet capacity first, then half of it while everything is struck, and the account. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Admin, createAdmin } from "../admin.ts";
import { type Destroyers, startDestroyers } from "../destroyers.ts";
import { seededRandom } from "../random.ts";
import { type Acknowledged, countAcknowledged, newAcknowledged } from "../sender.ts";
import { createWorld, type FaultsWorld } from "../world.ts";
import { accountFor, type KafkaAccount } from "./account.ts";
import { measureCapacity } from "./capacity.ts";
import { type Deployment, openDatabase, openLog, type Servers, siteOf, startDeployment } from "./deployment.ts";
import { balanced, type Load, startLoad } from "./load.ts";
import type { KafkaFaultsOptions } from "./options.ts";
import { strike, type StrikesDone, strikesMs } from "./strikes.ts";
import { type Watch, watchCampaign } from "./watch.ts";

export interface KafkaCampaign {
  /** Actions a second. */
  readonly capacity: number;
  readonly load: number;
  /** What was truly acknowledged a second while strikes fell. */
  readonly reached: number;
  readonly acknowledged: Acknowledged;
  readonly ackedUnderFaults: number;
  readonly strikes: StrikesDone;
  readonly selfEnded: readonly string[];
  /** What Node warned of in service processes. */
  readonly warnings: readonly string[];
  readonly failedStarts: number;
  readonly account: KafkaAccount;
}

export interface KafkaCampaignDeps {
  readonly options: KafkaFaultsOptions;
  readonly servers: Servers;
  /** Working directory; the caller removes it. */
  readonly dir: string;
  readonly say: (line: string) => void;
  /** Gives up, saying why, when all of it takes longer than this, or nothing goes on for a third of it; by default what the options can need. */
  readonly boundMs?: number;
}

const LOAD_SHARE = 0.5;
/** Destructive attempts allowed after each strike. */
const ATTEMPTS_PER_STRIKE = 2;
const SPARE_TOKENS = 4;
const MAX_TOKENS_PER_AGENT = 48;
const MIN_DESTRUCTIVE_AGENTS = 2;
/** The provider answers; only our own processes are paused. */
const PROVIDER_TIMEOUT_MS = 5_000;
const LOOK_MS = 200;
/** Longer than the longest pause, and than three brokers need to come back on a busy machine. */
const STALL_MS = 180_000;
const TELL_MS = 15_000;
/** Starting, measuring, settling and reading, at most; and how much longer than estimated the rest may take. */
const AROUND_MS = 600_000;
const PATIENCE = 3;
/** Actions a second under faults that any machine should reach; slower than this it is not worth waiting for. */
const LEAST_RATE = 250;

export async function runKafkaCampaign({ options, servers, dir, say, boundMs = boundOf(options) }: KafkaCampaignDeps): Promise<KafkaCampaign> {
  const untilMs = performance.now() + boundMs;
  const random = seededRandom(options.seed);
  const stop = new AbortController();
  await using stack = new AsyncDisposableStack();
  const tokens = (options.kills + options.pauses + options.brokerKills + options.brokerPauses + options.allBrokerKills) * ATTEMPTS_PER_STRIKE + SPARE_TOKENS;
  const destructiveAgents = Math.max(MIN_DESTRUCTIVE_AGENTS, Math.ceil(tokens / MAX_TOKENS_PER_AGENT));
  const size = { busyAgents: options.agents, destructiveAgents, tokensPerAgent: Math.ceil(tokens / destructiveAgents) };
  const world = await createWorld(dir, size, siteOf(servers, options.partitions), PROVIDER_TIMEOUT_MS);
  stack.defer(async () => void (await Promise.all([world.railway.close(), world.receiver.close()])));
  say("starting two instances of every service");
  const deployment = await startDeployment(dir, world, servers);
  stack.defer(() => deployment.stop());
  const eventLog = await openLog(servers, options.partitions);
  stack.defer(() => eventLog.close());
  const store = await openDatabase(servers, dir);
  stack.defer(() => store.close());
  stack.defer(() => stop.abort());
  const acknowledged = newAcknowledged();
  const load = startLoad({ agents: world.busy, collectorUrls: deployment.collectorUrls, acknowledged, random, stop: stop.signal });
  const watch = watchCampaign({
    acknowledged: () => countAcknowledged(acknowledged), instances: deployment.instances, kafka: servers.kafka, say, stallMs: Math.min(STALL_MS, boundMs / 3), tellMs: TELL_MS,
    boundMs: untilMs - performance.now(),
  });
  stack.defer(() => watch.stop());
  say("measuring what it bears when all is quiet");
  watch.phase("measuring", false);
  const capacity = await watch.guard(measureCapacity(load, acknowledged, { eventLog, store }, options.measureMs));
  const minutes = (ms: number): string => (ms / 60_000).toFixed(1);
  say(`quiet capacity ${Math.round(capacity)} actions/s; load ${Math.round(capacity * LOAD_SHARE)}`);
  say(`strikes take about ${minutes(strikesMs(options))} minutes, ${options.acked} actions at this load at least ${minutes((options.acked * 1_000) / (capacity * LOAD_SHARE))}`);
  const destroyers = startDestroyers({
    agents: world.destructive, volumeId: world.volumeId, ingestUrl: balanced(deployment.collectorUrls, 0), admin: eitherAdmin(world, deployment.adminUrls), acknowledged, random, stop: stop.signal,
  });
  const struck = await underFaults({ options, servers, dir, say }, { load, destroyers, deployment, acknowledged, random, rate: capacity * LOAD_SHARE, watch, stop: stop.signal });
  say(`${countAcknowledged(acknowledged)} acknowledged, ${destroyers.state.attempts.length} destructive attempts; every agent finishes`);
  watch.phase("letting every agent finish", true);
  await watch.guard(Promise.all(deployment.instances.map((instance) => instance.start())));
  await watch.guard(load.idle());
  await untilAllowedUsed(destroyers);
  watch.phase("accounting", false);
  const account = await watch.guard(accountFor({ eventLog, store, world, acknowledged, attempts: destroyers.state.attempts, say }));
  const selfEnded = deployment.instances.flatMap((instance) => instance.selfEnded);
  const failedStarts = deployment.instances.reduce((sum, instance) => sum + instance.failedStarts, 0);
  const warnings = deployment.instances.flatMap((instance) => [...instance.warnings]);
  return { capacity, load: capacity * LOAD_SHARE, ...struck, acknowledged, selfEnded, warnings, failedStarts, account };
}

const boundOf = (options: KafkaFaultsOptions): number => AROUND_MS + PATIENCE * Math.max(strikesMs(options), (options.acked * 1_000) / LEAST_RATE);

interface Battle {
  readonly load: Load;
  readonly destroyers: Destroyers;
  readonly deployment: Deployment;
  readonly acknowledged: Acknowledged;
  readonly random: () => number;
  readonly rate: number;
  readonly watch: Watch;
  readonly stop: AbortSignal;
}

async function underFaults({ options, servers, say }: KafkaCampaignDeps, battle: Battle): Promise<Pick<KafkaCampaign, "strikes" | "reached" | "ackedUnderFaults">> {
  const { load, destroyers, deployment, acknowledged, random, rate, watch, stop } = battle;
  const [before, startMs] = [countAcknowledged(acknowledged), performance.now()];
  load.rate = rate;
  const struck = (): void => void (destroyers.state.allowed += ATTEMPTS_PER_STRIKE);
  watch.phase("striking", true);
  const strikes = await watch.guard(strike({ options, instances: deployment.instances, kafka: servers.kafka, random, say, struck, stop }));
  say("strikes are over");
  watch.phase("going on to the number asked for", true);
  const enough = async (): Promise<void> => {
    while (countAcknowledged(acknowledged) - before < options.acked && !stop.aborted) await sleep(LOOK_MS);
  };
  await watch.guard(enough());
  load.rate = 0;
  const ackedUnderFaults = countAcknowledged(acknowledged) - before;
  return { strikes, ackedUnderFaults, reached: (ackedUnderFaults * 1_000) / (performance.now() - startMs) };
}

/** What was begun is acknowledged and seen tripped, within a bound; the account then says what is missing. */
async function untilAllowedUsed({ state }: Destroyers): Promise<void> {
  const untilMs = performance.now() + USED_MS;
  while (state.allowed > 0 && state.tokensLeft > 0 && performance.now() < untilMs) await sleep(LOOK_MS);
  state.allowed = 0;
  await sleep(SENT_MS);
}

const USED_MS = 20_000;
const SENT_MS = 1_000;

/** Whichever breaker answers; another one after a failure. */
function eitherAdmin(world: FaultsWorld, urls: readonly string[]): Pick<Admin, "breakers" | "reset"> {
  const admins = urls.map((url) => createAdmin(world, url));
  let turn = 0;
  const ask = async <T>(question: (admin: Admin) => Promise<T>): Promise<T> => {
    const admin = admins[turn % admins.length];
    if (admin === undefined) throw new RangeError("no breaker");
    try {
      return await question(admin);
    } catch (error) {
      turn += 1;
      throw error;
    }
  };
  return { breakers: () => ask((admin) => admin.breakers()), reset: (agent) => ask((admin) => admin.reset(agent)) };
}
