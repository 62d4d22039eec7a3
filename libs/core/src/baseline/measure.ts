/** Tests one action against a baseline that does not contain it, then lets the baseline learn it. */
import { advance, actionsPerHour, countAction, destructiveShare } from "./activity.ts";
import type { Page } from "./baseline-table.ts";
import { measureBurst } from "./burst.ts";
import { measureClimb } from "./climb.ts";
import * as layout from "./layout.ts";
import { acceptDays, shareOverLast } from "./reference.ts";
import { learnScope, lookUpNames, SCOPE, scopeGain, scopeLevel } from "./scope.ts";
import type { BaselineView } from "./view.ts";

/** Constants of this module, for speed: see `layout.ts`. */
const { F32, F64, SCALE_COUNT } = layout;

const HOUR_SCALE = SCALE_COUNT - 1;
/** Standard errors taken off the measured clustering, so that its noise alone does not blunt the climb test. */
const CLUSTER_NOISE = 0.5;
/** Share of its terms that the measured company remembers: they are halved from time to time. */
const REMEMBERED_TERMS = 0.6;
/** Company in excess that is assumed before clustering is known, and how many destructive actions that is worth. */
const ASSUMED_EXCESS = 1;
const ASSUMED_EXCESS_WEIGHT = 30;

/** Fills `view` for an action at `atMs` (event time) received at `receiveMs`; the caller has set `destructive` and the signs. */
export function measure(page: Page, word: number, atMs: number, receiveMs: number, view: BaselineView): void {
  const { f32, f64 } = page;
  advance(page, word, atMs);
  view.share = destructiveShare(f32, word);
  view.actionsPerHour = actionsPerHour(page, word);
  view.burst.bits = 0;
  view.climb.bits = 0;
  if (view.destructive) {
    const hours = (f64[word / 2 + F64.lastMs]! - f64[word / 2 + F64.dayZeroMs]!) / 3_600_000;
    measureBurst(f32, word, hours, view.share, view.burst);
    measureClimb(f32, word, clusterDispersion(f32, word), view.climb);
  }
  const { scope } = view;
  lookUpNames(page, word, scope.signs);
  scope.gain = scopeGain(f32, word, scope.signs, scope.usual, scope.featureOdds);
  scope.level = Math.max(0, scopeLevel(page, word, receiveMs) + scope.gain);
}

/**
 * Dispersion of daily counts that clustering within hours explains: 1 + twice the company in excess of what independence gives. What
 * that is follows from the share over the same days as the company: held against an older share, a climb would look like clusters,
 * and so excuse itself.
 */
export function clusterDispersion(f32: Float32Array, word: number): number {
  const terms = f32[word + F32.destructiveTerms + HOUR_SCALE]!;
  const actionTerms = f32[word + F32.actionTerms]!;
  const near = f32[word + F32.destructiveNear + HOUR_SCALE]!;
  const share = shareOverLast(f32, word, terms * REMEMBERED_TERMS);
  const independent = actionTerms === 0 ? 0 : ((share / (1 - share)) * terms * f32[word + F32.actionsNear + HOUR_SCALE]!) / actionTerms;
  const noise = near === 0 ? 0 : CLUSTER_NOISE * Math.min(1, independent / near) * Math.sqrt(near + (near * near) / Math.max(1, terms));
  const excess = (near - independent - noise + ASSUMED_EXCESS * ASSUMED_EXCESS_WEIGHT) / (terms + ASSUMED_EXCESS_WEIGHT);
  return 1 + 2 * Math.max(0, excess);
}

/**
 * Takes the tested action in. What was not judged ordinary is counted for its day, so that later days are held against it, but
 * teaches nothing: neither rates, nor names, nor what company is usual.
 */
export function learn(page: Page, word: number, receiveMs: number, view: BaselineView, ordinary: boolean): void {
  learnScope(page, word, receiveMs, view.scope.signs, view.scope.level, ordinary);
  countAction(page, word, view.destructive, ordinary);
}

/** A human judged the agent's recent behaviour: levels go to zero, recent counts are forgotten, past days become the reference. */
export function acceptHistory({ f32, f64 }: Page, word: number): void {
  acceptDays(f32, word);
  f32.fill(0, word + F32.destructive, word + F32.destructive + SCALE_COUNT);
  f32[word + F32.scopeBits] = 0;
  f32[word + F32.burstBits] = 0;
  f32[word + F32.climbBits] = 0;
  f64[word / 2 + F64.scopeAtMs] = 0;
}

/** A trip on risk, for the account of the alarm budget. */
export function countTrip({ f32 }: Page, word: number): void {
  f32[word + F32.riskTrips]! += 1;
}

/** True if the signs say the action is the first of its operation for this agent. */
export function isNovelOperation(view: BaselineView): boolean {
  return view.scope.signs.shown[SCOPE.operation] === 1;
}
