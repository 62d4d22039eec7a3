/** What a budget of bytes for the detector's memory comes to in baselines. */
import { STRIDE_BYTES } from "@tripline/core";
import { LIMITS } from "./limits.ts";

export interface HotBounds {
  /** Baselines in memory. */
  readonly agents: number;
  /** Bytes of those that left changed and wait for a checkpoint. */
  readonly evictedBytes: number;
}

/**
 * What judging at full speed takes beside the baselines: states on their way from and to the store, the driver's buffers, garbage.
 * Measured with PostgreSQL: 170 to 200 MiB, whatever the budget and the number of agents.
 */
export const WORKING_BYTES = LIMITS.leastMemoryBytes;
/** Of one agent beside its slot: key, map entry, order and marks (measured: 70 to 165 bytes, with keys of 30 characters), and its share of garbage. */
const INDEX_BYTES = 288;
/** What one agent takes beside its habits. */
export const AGENT_BYTES = STRIDE_BYTES + INDEX_BYTES;
/** One part in so many of what is left for baselines is for those that wait for a checkpoint. */
const EVICTED_PARTS = 8;
const MIN_EVICTED_BYTES = 262_144;
/** Agents of turns in hand, of all partitions that one process can own: at most so many stay whatever the budget. */
export const MAX_IN_HAND = 1_024 * LIMITS.recordsPerTurn;
/** Below this, turns in hand would be all that fits: a smaller budget is not kept. */
export const MIN_HOT_AGENTS = 64 * LIMITS.recordsPerTurn;

/**
 * What the registry takes, baselines do not get: judging needs all of it.
 * @throws RangeError for a budget that is no number of bytes
 */
export function hotBounds(budgetBytes: number, registryBytes = 0): HotBounds {
  if (!Number.isFinite(budgetBytes) || budgetBytes <= 0) throw new RangeError("the budget must be a number of bytes above 0");
  const leftBytes = Math.max(0, budgetBytes - WORKING_BYTES - registryBytes);
  const evictedBytes = Math.max(MIN_EVICTED_BYTES, Math.floor(leftBytes / EVICTED_PARTS));
  return { agents: Math.max(MIN_HOT_AGENTS, Math.floor((leftBytes - evictedBytes) / AGENT_BYTES)), evictedBytes };
}

/** True where budget and registry leave room for no more baselines than are judged together: whatever else acts comes from the store. */
export function isCrowdedOut(budgetBytes: number, registryBytes: number): boolean {
  return hotBounds(budgetBytes, registryBytes).agents === MIN_HOT_AGENTS && hotBounds(budgetBytes).agents > MIN_HOT_AGENTS;
}
