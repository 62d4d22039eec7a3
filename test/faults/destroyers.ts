/**
 * Agents that find a token, report one destructive attempt with it, are tripped, are set back by an operator, and do it again: at
 * the pace that the campaign allows, whether the product lives or not.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { BreakerRecord } from "@tripline/model";
import type { Admin } from "./admin.ts";
import { destructiveBatch } from "./batches.ts";
import { between, type Random } from "./random.ts";
import { type Acknowledged, type Ingest, sendUntilAcknowledged } from "./sender.ts";
import type { DestructiveAgent } from "./world.ts";

export interface Attempt {
  readonly agent: string;
  readonly actionId: string;
  readonly credentialId: string;
}

export interface DestroyersState {
  /** Acknowledged attempts, each by an agent whose breaker was not open. */
  readonly attempts: Attempt[];
  /** Attempts that may be begun. */
  allowed: number;
  /** Tokens not used yet. */
  tokensLeft: number;
}

export interface DestroyersDeps {
  readonly agents: readonly DestructiveAgent[];
  readonly volumeId: string;
  readonly ingestUrl: Ingest;
  readonly admin: Pick<Admin, "breakers" | "reset">;
  readonly acknowledged: Acknowledged;
  readonly random: Random;
  readonly stop: AbortSignal;
}

const LOOK_MS = 50;
const PERMIT_MS = 30;
/** An agent whose breaker stays closed after an acknowledged attempt is not waited for beyond this, while the product lives. */
const TRIP_LOOKS = 400;

export interface Destroyers {
  readonly state: DestroyersState;
  readonly done: Promise<unknown>;
}

export function startDestroyers(deps: DestroyersDeps): Destroyers {
  const tokensLeft = deps.agents.reduce((sum, agent) => sum + agent.tokens.length, 0);
  const state: DestroyersState = { attempts: [], allowed: 0, tokensLeft };
  const breakers = new Map<string, BreakerRecord>();
  const watching = watch(deps, breakers);
  const running = deps.agents.map((agent) => destroy(agent, deps, state, breakers));
  return { state, done: Promise.all([watching, ...running]) };
}

/** Looks at all breakers for everyone. */
async function watch(deps: DestroyersDeps, breakers: Map<string, BreakerRecord>): Promise<void> {
  while (!deps.stop.aborted) {
    for (const record of await deps.admin.breakers().catch(() => [])) breakers.set(record.agent, record);
    await sleep(LOOK_MS);
  }
}

async function destroy(agent: DestructiveAgent, deps: DestroyersDeps, state: DestroyersState, breakers: ReadonlyMap<string, BreakerRecord>): Promise<void> {
  const { stop, random } = deps;
  // A reset begins the next generation: what is still told of the one before no longer counts.
  let generation = 0;
  const isOpen = (): boolean => {
    const record = breakers.get(agent.id);
    return record !== undefined && record.position.state === "open" && record.generation >= generation;
  };
  for (const [number, found] of agent.tokens.entries()) {
    while (state.allowed <= 0 && !stop.aborted) await sleep(PERMIT_MS);
    if (stop.aborted) return;
    state.allowed -= 1;
    state.tokensLeft -= 1;
    const batch = destructiveBatch(agent.id, number, deps.volumeId, found);
    if (!(await sendUntilAcknowledged(batch, agent, deps.ingestUrl, deps.acknowledged, stop))) return;
    state.attempts.push({ agent: agent.id, actionId: batch.actionIds[0] ?? "", credentialId: found.credentialId });
    for (let looks = 0; looks < TRIP_LOOKS && !isOpen() && !stop.aborted; looks += 1) await sleep(LOOK_MS);
    // Sometimes the reset comes before the containment has ended, sometimes long after.
    await sleep(between(random, 0, 1_200));
    while (isOpen() && !stop.aborted) {
      const record = await deps.admin.reset(agent.id).catch(() => null);
      if (record !== null && record.position.state !== "open") generation = Math.max(generation, record.generation);
      await sleep(LOOK_MS);
    }
  }
}
