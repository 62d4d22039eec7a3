/** Agents at a given pace, spread over the collectors; without a pace, each as fast as it is answered. */
import { setTimeout as sleep } from "node:timers/promises";
import { ordinaryBatch } from "../batches.ts";
import { between, type Random } from "../random.ts";
import { type Acknowledged, type Ingest, sendUntilAcknowledged } from "../sender.ts";
import type { TestAgent } from "../world.ts";

export interface LoadDeps {
  readonly agents: readonly TestAgent[];
  readonly collectorUrls: readonly string[];
  readonly acknowledged: Acknowledged;
  readonly random: Random;
  readonly stop: AbortSignal;
}

export interface Load {
  /** Actions a second of all agents together; null = as fast as they are answered, 0 = none. */
  rate: number | null;
  readonly done: Promise<unknown>;
  /** Resolves when no batch is under way; set the rate to 0 before. */
  idle(): Promise<void>;
}

const MAX_CALLS = 20;
/** One agent in eight does now and then what no agent may do, trips and goes on, since its credentials are none of ours: findings that can be missed. */
const WRONG_EVERY = 8;
const WRONG_SHARE = 1 / 100;
const LOOK_MS = 20;

/** The collector to try: a balancer would leave out one that failed. */
export function balanced(urls: readonly string[], first: number): Ingest {
  return (attempt) => urls[(first + attempt) % urls.length] ?? "";
}

export function startLoad(deps: LoadDeps): Load {
  const sending = new Set<TestAgent>();
  const load: { rate: number | null } = { rate: 0 };
  const work = async (agent: TestAgent, index: number): Promise<void> => {
    let dueMs = performance.now();
    for (let number = 0; !deps.stop.aborted; ) {
      const { rate } = load;
      const nowMs = performance.now();
      if (rate === 0 || (rate !== null && nowMs < dueMs)) {
        await sleep(rate === 0 ? LOOK_MS : Math.min(LOOK_MS, dueMs - nowMs));
        continue;
      }
      const batch = ordinaryBatch(agent.id, number, between(deps.random, 1, MAX_CALLS), index % 4 === 3, deps.random, index % WRONG_EVERY === 0 ? WRONG_SHARE : 0);
      number += 1;
      sending.add(agent);
      await sendUntilAcknowledged(batch, agent, balanced(deps.collectorUrls, index), deps.acknowledged, deps.stop);
      sending.delete(agent);
      // What an outage took is not made up for: the load stays what it is said to be.
      const gapMs = rate === null ? 0 : (batch.actionIds.length * deps.agents.length * 1_000) / rate;
      dueMs = Math.max(dueMs + gapMs, performance.now() - gapMs);
    }
  };
  const done = Promise.all(deps.agents.map(work));
  const idle = async (): Promise<void> => {
    while (sending.size > 0) await sleep(LOOK_MS);
  };
  return Object.assign(load, { done, idle });
}
