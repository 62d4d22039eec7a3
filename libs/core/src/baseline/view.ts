/** One agent's baseline as the soft detectors see it: what was usual, and how unusual the tested action is. */
import { newScopeSigns, type ScopeSigns } from "./scope.ts";
import { SCOPE_COUNT } from "./layout.ts";
import type { BurstEvidence } from "./burst.ts";
import type { ClimbEvidence } from "./climb.ts";
import { newHabitEvidence, type HabitEvidence } from "./habits/habits.ts";
import { newRatesView, type RatesView } from "./rate/agent-rates.ts";

export interface BaselineView {
  /** The tested action is destructive. Burst and climb are measured only then. */
  destructive: boolean;
  /** Usual share of destructive actions, and actions per hour on active days. */
  share: number;
  actionsPerHour: number;
  readonly burst: BurstEvidence;
  readonly climb: ClimbEvidence;
  readonly scope: ScopeView;
  readonly habits: HabitEvidence;
  readonly rates: RatesView;
}

export interface ScopeView {
  readonly signs: ScopeSigns;
  /** Odds that each feature shown by this action is worth, 2 to the power of its bits; below 1 where it is the usual. */
  readonly featureOdds: Float64Array;
  /** How often each feature is usual, 0–1, as bet on. */
  readonly usual: Float64Array;
  /** This action's evidence, and the level with it. */
  gain: number;
  level: number;
  /** What the grants expect, where the action is outside; empty otherwise. */
  grantExpects: string;
  grantObserved: string;
  /** The agent's ordinary operations most like this new one, for people; empty where none is known. */
  nearest: string;
}

/** Views are written over by the next action: nothing may keep one. One per reader keeps the hot path free of garbage. */
export function newBaselineView(): BaselineView {
  return {
    destructive: false,
    share: 0,
    actionsPerHour: 0,
    burst: { bits: 0, scale: 0, count: 0, usual: 0 },
    climb: { bits: 0, days: 0, shareBefore: 0, shareNow: 0 },
    scope: {
      signs: newScopeSigns(),
      featureOdds: new Float64Array(SCOPE_COUNT),
      usual: new Float64Array(SCOPE_COUNT),
      gain: 0,
      level: 0,
      grantExpects: "",
      grantObserved: "",
      nearest: "",
    },
    habits: newHabitEvidence(),
    rates: newRatesView(),
  };
}
