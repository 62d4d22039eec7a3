/** What is done to processes and brokers: three rows of strikes side by side, each drawn from the seed, one victim at a time in each. */
import { setTimeout as sleep } from "node:timers/promises";
import type { KafkaCluster } from "../../servers/kafka.ts";
import { between, pick, type Random, shuffled } from "../random.ts";
import type { Instance } from "./instance.ts";
import type { KafkaFaultsOptions } from "./options.ts";

export interface StrikesDeps {
  readonly options: KafkaFaultsOptions;
  readonly instances: readonly Instance[];
  readonly kafka: KafkaCluster;
  readonly random: Random;
  readonly say: (line: string) => void;
  /** Called after each strike. */
  readonly struck: () => void;
  /** Nothing is struck, or started again, once it is aborted. */
  readonly stop: AbortSignal;
}

export interface StrikesDone {
  kills: number;
  pauses: number;
  brokerKills: number;
  brokerPauses: number;
  allBrokerKills: number;
  /** Longest and all pauses of service processes. */
  pausedMs: number;
}

/** From a death to the next start, as an orchestrator waits. */
const DOWN_MS = { low: 0, high: 2_000 };
const BROKER_DOWN_MS = { low: 1_000, high: 8_000 };
const BROKER_PAUSE_MS = { low: 3_000, high: 15_000 };
/** Replicas that were behind come back into the set of those in sync. */
const BROKER_REST_MS = 4_000;
/** From a broker's start until it is a member again, on a machine that is busy. */
const BROKER_START_MS = 6_000;

/** How long all strikes take by their means, if everything comes back at once. */
export function strikesMs({ kills, pauses, pauseMs, everyMs, brokerKills, brokerPauses, allBrokerKills }: KafkaFaultsOptions): number {
  const mean = ({ low, high }: { low: number; high: number }): number => (low + high) / 2;
  const brokers = brokerKills + brokerPauses + allBrokerKills;
  return Math.max(
    kills * (everyMs + mean(DOWN_MS)),
    pauses * (everyMs / 2 + mean(pauseMs)),
    brokers * (everyMs / 2 + BROKER_REST_MS) + brokerPauses * mean(BROKER_PAUSE_MS) + (brokerKills + allBrokerKills) * (mean(BROKER_DOWN_MS) + BROKER_START_MS),
  );
}

export async function strike(deps: StrikesDeps): Promise<StrikesDone> {
  const done: StrikesDone = { kills: 0, pauses: 0, brokerKills: 0, brokerPauses: 0, allBrokerKills: 0, pausedMs: 0 };
  // A paused process is not killed meanwhile: each strike is seen through.
  const struckNow = new Set<Instance>();
  await Promise.all([killServices(deps, done, struckNow), pauseServices(deps, done, struckNow), strikeBrokers(deps, done)]);
  return done;
}

async function victim({ instances, random, stop }: StrikesDeps, struckNow: Set<Instance>): Promise<Instance> {
  for (;;) {
    const free = instances.filter((instance) => instance.ready && !struckNow.has(instance));
    if (free.length > 0) {
      const chosen = pick(random, free);
      struckNow.add(chosen);
      return chosen;
    }
    await rest(100, stop);
  }
}

/** Rejects once the campaign was given up. */
const rest = (ms: number, stop: AbortSignal): Promise<void> => sleep(ms, undefined, { signal: stop });

async function killServices(deps: StrikesDeps, done: StrikesDone, struckNow: Set<Instance>): Promise<void> {
  const { options, random, say, struck, stop } = deps;
  while (done.kills < options.kills) {
    await rest(between(random, 0, options.everyMs), stop);
    const instance = await victim(deps, struckNow);
    await instance.end("SIGKILL");
    done.kills += 1;
    say(`kill ${done.kills}: ${instance.name}`);
    struck();
    await rest(between(random, DOWN_MS.low, DOWN_MS.high), stop);
    void instance.start().then(() => struckNow.delete(instance));
    await rest(options.everyMs / 2, stop);
  }
}

async function pauseServices(deps: StrikesDeps, done: StrikesDone, struckNow: Set<Instance>): Promise<void> {
  const { options, random, say, struck, stop } = deps;
  while (done.pauses < options.pauses) {
    await rest(between(random, 0, options.everyMs), stop);
    const instance = await victim(deps, struckNow);
    const forMs = between(random, options.pauseMs.low, options.pauseMs.high);
    say(`pause ${done.pauses + 1}: ${instance.name} for ${forMs} ms`);
    instance.stop();
    struck();
    await rest(forMs, stop);
    instance.resume();
    struckNow.delete(instance);
    done.pauses += 1;
    done.pausedMs += forMs;
  }
}

type BrokerStrike = "brokerKills" | "brokerPauses" | "allBrokerKills";

async function strikeBrokers(deps: StrikesDeps, done: StrikesDone): Promise<void> {
  const { options, random, struck, say, stop } = deps;
  const kinds = (["brokerKills", "brokerPauses", "allBrokerKills"] as const).flatMap((kind) => Array.from({ length: options[kind] }, () => kind));
  for (const kind of shuffled(random, kinds)) {
    await rest(between(random, 0, options.everyMs), stop);
    await strikeBroker(kind, deps);
    done[kind] += 1;
    say(`${kind} ${done[kind]} over: all brokers are members again`);
    struck();
    await rest(BROKER_REST_MS, stop);
  }
}

async function strikeBroker(kind: BrokerStrike, { kafka, random, say, stop }: StrikesDeps): Promise<void> {
  const nodes = kind === "allBrokerKills" ? kafka.nodes : [pick(random, kafka.nodes)];
  say(`${kind}: ${nodes.map(({ id }) => id).join(", ")}`);
  if (kind === "brokerPauses") {
    for (const node of nodes) node.pause();
    await rest(between(random, BROKER_PAUSE_MS.low, BROKER_PAUSE_MS.high), stop);
    for (const node of nodes) node.resume();
  } else {
    await Promise.all(nodes.map((node) => node.kill()));
    await rest(between(random, BROKER_DOWN_MS.low, BROKER_DOWN_MS.high), stop);
    for (const node of nodes) node.start();
  }
  await kafka.ready();
}
