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

export async function strike(deps: StrikesDeps): Promise<StrikesDone> {
  const done: StrikesDone = { kills: 0, pauses: 0, brokerKills: 0, brokerPauses: 0, allBrokerKills: 0, pausedMs: 0 };
  // A paused process is not killed meanwhile: each strike is seen through.
  const struckNow = new Set<Instance>();
  await Promise.all([killServices(deps, done, struckNow), pauseServices(deps, done, struckNow), strikeBrokers(deps, done)]);
  return done;
}

async function victim({ instances, random }: StrikesDeps, struckNow: Set<Instance>): Promise<Instance> {
  for (;;) {
    const free = instances.filter((instance) => instance.ready && !struckNow.has(instance));
    if (free.length > 0) {
      const chosen = pick(random, free);
      struckNow.add(chosen);
      return chosen;
    }
    await sleep(100);
  }
}

async function killServices(deps: StrikesDeps, done: StrikesDone, struckNow: Set<Instance>): Promise<void> {
  const { options, random, say, struck } = deps;
  while (done.kills < options.kills) {
    await sleep(between(random, 0, options.everyMs));
    const instance = await victim(deps, struckNow);
    await instance.end("SIGKILL");
    done.kills += 1;
    say(`kill ${done.kills}: ${instance.name}`);
    struck();
    await sleep(between(random, DOWN_MS.low, DOWN_MS.high));
    void instance.start().then(() => struckNow.delete(instance));
    await sleep(options.everyMs / 2);
  }
}

async function pauseServices(deps: StrikesDeps, done: StrikesDone, struckNow: Set<Instance>): Promise<void> {
  const { options, random, say, struck } = deps;
  while (done.pauses < options.pauses) {
    await sleep(between(random, 0, options.everyMs));
    const instance = await victim(deps, struckNow);
    const forMs = between(random, options.pauseMs.low, options.pauseMs.high);
    say(`pause ${done.pauses + 1}: ${instance.name} for ${forMs} ms`);
    instance.stop();
    struck();
    await sleep(forMs);
    instance.resume();
    struckNow.delete(instance);
    done.pauses += 1;
    done.pausedMs += forMs;
  }
}

type BrokerStrike = "brokerKills" | "brokerPauses" | "allBrokerKills";

async function strikeBrokers(deps: StrikesDeps, done: StrikesDone): Promise<void> {
  const { options, random, struck, say } = deps;
  const kinds = (["brokerKills", "brokerPauses", "allBrokerKills"] as const).flatMap((kind) => Array.from({ length: options[kind] }, () => kind));
  for (const kind of shuffled(random, kinds)) {
    await sleep(between(random, 0, options.everyMs));
    await strikeBroker(kind, deps);
    done[kind] += 1;
    say(`${kind} ${done[kind]} over: all brokers are members again`);
    struck();
    await sleep(BROKER_REST_MS);
  }
}

async function strikeBroker(kind: BrokerStrike, { kafka, random, say }: StrikesDeps): Promise<void> {
  const nodes = kind === "allBrokerKills" ? kafka.nodes : [pick(random, kafka.nodes)];
  say(`${kind}: ${nodes.map(({ id }) => id).join(", ")}`);
  if (kind === "brokerPauses") {
    for (const node of nodes) node.pause();
    await sleep(between(random, BROKER_PAUSE_MS.low, BROKER_PAUSE_MS.high));
    for (const node of nodes) node.resume();
  } else {
    await Promise.all(nodes.map((node) => node.kill()));
    await sleep(between(random, BROKER_DOWN_MS.low, BROKER_DOWN_MS.high));
    for (const node of nodes) node.start();
  }
  await kafka.ready();
}
