/** An agent's exporter that never gives up: the same batch again, after any error or unknown outcome, until it is acknowledged. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Batch } from "./batches.ts";
import { http } from "./http.ts";
import type { TestAgent } from "./world.ts";

/** What was acknowledged, and only that. Keys are `agent id`. */
export interface Acknowledged {
  /** agent → action ids */
  readonly actions: Map<string, Set<string>>;
  retries: number;
  /** Answers that no correct collector gives to a correct batch. */
  readonly refusals: string[];
}

export const newAcknowledged = (): Acknowledged => ({ actions: new Map(), retries: 0, refusals: [] });

export function countAcknowledged({ actions }: Acknowledged): number {
  let count = 0;
  for (const ids of actions.values()) count += ids.size;
  return count;
}

const TIMEOUT_MS = 5_000;
/** A product that is down is asked again this soon: sooner than any agent would. */
const RETRY_MS = 25;

/** One collector, or the one to try at this attempt, counted from 0: as a balancer would, the next one after a failure. */
export type Ingest = string | ((attempt: number) => string);

/** Resolves once acknowledged, or when `stop` aborts (then nothing is known of the batch). */
export async function sendUntilAcknowledged(batch: Batch, agent: TestAgent, ingest: Ingest, acknowledged: Acknowledged, stop: AbortSignal): Promise<boolean> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${agent.ingestToken}` };
  for (let attempt = 0; !stop.aborted; attempt += 1) {
    const ingestUrl = typeof ingest === "string" ? ingest : ingest(attempt);
    const answer = await http({ method: "POST", url: `${ingestUrl}${batch.path}`, headers, body: batch.body, timeoutMs: TIMEOUT_MS }).catch(() => null);
    if (answer?.status === 200 && !answer.body.includes("partialSuccess")) {
      const known = acknowledged.actions.get(batch.agent) ?? new Set<string>();
      acknowledged.actions.set(batch.agent, known);
      for (const id of batch.actionIds) known.add(id);
      return true;
    }
    if (answer !== null && answer.status !== 429 && answer.status !== 503) {
      acknowledged.refusals.push(`${batch.agent} ${batch.actionIds[0]}: HTTP ${answer.status} ${answer.body.slice(0, 200)}`);
      return false;
    }
    acknowledged.retries += 1;
    await sleep(RETRY_MS);
  }
  return false;
}
