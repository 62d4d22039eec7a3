/** Agents at ordinary work: batch after batch, each sent until acknowledged. */
import { setTimeout as sleep } from "node:timers/promises";
import { ordinaryBatch } from "./batches.ts";
import { between, type Random } from "./random.ts";
import { type Acknowledged, sendUntilAcknowledged } from "./sender.ts";
import type { TestAgent } from "./world.ts";

export interface WorkersDeps {
  readonly agents: readonly TestAgent[];
  readonly ingestUrl: string;
  readonly acknowledged: Acknowledged;
  readonly random: Random;
  readonly stop: AbortSignal;
}

const MAX_CALLS = 10;
const PAUSE_MS = { low: 60, high: 240 };

export function startWorkers(deps: WorkersDeps): { readonly done: Promise<unknown> } {
  return { done: Promise.all(deps.agents.map((agent, index) => work(agent, index % 4 === 3, deps))) };
}

async function work(agent: TestAgent, bySpans: boolean, { ingestUrl, acknowledged, random, stop }: WorkersDeps): Promise<void> {
  for (let number = 0; !stop.aborted; number += 1) {
    const batch = ordinaryBatch(agent.id, number, between(random, 1, MAX_CALLS), bySpans, random);
    await sendUntilAcknowledged(batch, agent, ingestUrl, acknowledged, stop);
    await sleep(between(random, PAUSE_MS.low, PAUSE_MS.high));
  }
}
