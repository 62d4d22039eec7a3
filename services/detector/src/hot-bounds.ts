/** What a budget of bytes for baselines in memory comes to. */
import { STRIDE_BYTES } from "@tripline/core";
import { LIMITS } from "./limits.ts";

export interface HotBounds {
  /** Baselines in memory. */
  readonly agents: number;
  /** Bytes of those that left changed and wait for a checkpoint. */
  readonly evictedBytes: number;
}

/** Of one agent beside its slot: key, map entry, order and marks (measured: 70 to 130 bytes, with keys of 30 characters), and its share of garbage. */
const INDEX_BYTES = 288;
/** One part in so many of the budget is for what waits for a checkpoint. */
const EVICTED_PARTS = 8;
/** Agents of turns in hand, of all partitions that one process can own: at most so many stay whatever the budget. */
export const MAX_IN_HAND = 1_024 * LIMITS.recordsPerTurn;
/** Below this, turns in hand would be all that fits. */
export const MIN_HOT_AGENTS = 64 * LIMITS.recordsPerTurn;

/** @throws RangeError for a budget that is no number of bytes */
export function hotBounds(budgetBytes: number): HotBounds {
  if (!Number.isFinite(budgetBytes) || budgetBytes <= 0) throw new RangeError("the budget must be a number of bytes above 0");
  const evictedBytes = Math.floor(budgetBytes / EVICTED_PARTS);
  return { agents: Math.max(MIN_HOT_AGENTS, Math.floor((budgetBytes - evictedBytes) / (STRIDE_BYTES + INDEX_BYTES))), evictedBytes };
}
