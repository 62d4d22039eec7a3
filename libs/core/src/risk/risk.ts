/** Risk: the evidence of all soft detectors on one agent, combined over time, held against the alarm budget. */
import type { Risk } from "@tripline/model";
import type { Page } from "../baseline/baseline-table.ts";
import * as layout from "../baseline/layout.ts";
import type { BaselineView } from "../baseline/view.ts";
import { SHARES } from "./budget.ts";

/** Constants of this module, for speed: see `layout.ts`. */
const { F32, F64 } = layout;

const BURST_HALF_LIFE_MS = 10 * 60_000;
const CLIMB_HALF_LIFE_MS = 6 * 3_600_000;

const SHARE_BITS = { burst: Math.log2(SHARES.burst), climb: Math.log2(SHARES.climb), scope: Math.log2(SHARES.scope), combined: Math.log2(SHARES.combined) };

/**
 * Combines this action's evidence with what earlier actions left, in bits per tested action, and stores the levels.
 *
 * - burst: probability per destructive action, times the share of actions that are destructive.
 * - climb: probability per day, spread over the day's actions.
 * - scope: a sequential test over actions already.
 * - combined: the stronger of burst and climb (they see the same actions) plus scope, less what the sum of two exponential
 *   variables exceeds by itself (Fisher's method).
 */
export function combine(page: Page, word: number, receiveMs: number, view: BaselineView, budget: number): Risk {
  const { f32, f64 } = page;
  const times = word / 2;
  let burst = f32[word + F32.burstBits]!;
  // Most agents have no level: its time lies in a line that is then not fetched.
  if (burst > 0) burst = faded(burst, receiveMs - f64[times + F64.burstAtMs]!, BURST_HALF_LIFE_MS);
  if (view.burst.bits > 0) burst = Math.max(burst, view.burst.bits - Math.log2(view.share));
  let climb = f32[word + F32.climbBits]!;
  if (climb > 0) climb = faded(climb, receiveMs - f64[times + F64.climbAtMs]!, CLIMB_HALF_LIFE_MS);
  if (view.climb.bits > 0) climb = Math.max(climb, view.climb.bits + Math.log2(24 * view.actionsPerHour));
  if (burst > 0) {
    f32[word + F32.burstBits] = burst;
    f64[times + F64.burstAtMs] = receiveMs;
  }
  if (climb > 0) {
    f32[word + F32.climbBits] = climb;
    f64[times + F64.climbAtMs] = receiveMs;
  }
  const scope = view.scope.level;
  const sum = Math.max(burst, climb) + scope;
  if (sum === 0) return { bits: 0, budgetBits: budget, over: false };
  const bits = Math.max(0, burst + SHARE_BITS.burst, climb + SHARE_BITS.climb, scope + SHARE_BITS.scope, sum - fisherBits(sum) + SHARE_BITS.combined);
  return { bits, budgetBits: budget, over: bits >= budget };
}

/** log2 of P(sum of two ≥ s) / 2^−s for two independent evidences with P(each ≥ x) = 2^−x. */
export function fisherBits(sumBits: number): number {
  return Math.log2(1 + sumBits * Math.LN2);
}

/** Below half a bit a level is forgotten, so that idle agents' states stop changing. */
function faded(level: number, passedMs: number, halfLifeMs: number): number {
  const left = level * Math.exp((-Math.max(0, passedMs) * Math.LN2) / halfLifeMs);
  return left < 0.5 ? 0 : left;
}
