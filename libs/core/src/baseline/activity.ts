/** Time passing over one baseline, and the plain counts of its agent's activity. */
import { agentHours } from "./agent-hours.ts";
import * as layout from "./layout.ts";
import { closeDay, settleToday } from "./reference.ts";
import type { Page } from "./baseline-table.ts";

/** Constants of this module, for speed: see `layout.ts`. */
const { DAY_MS, F32, F64, RING_DAYS, SCALE_COUNT, SCALES_MS } = layout;

/** Terms remembered for each mean: above it sums are halved, so that the baseline follows, at bounded speed. */
const ACTION_TERMS = 4_000;
const DESTRUCTIVE_TERMS = 400;
const SHARE_ACTIONS = 20_000;
const RATE_DAYS = 60;
/** Before the first full day a rate of this many actions per hour is assumed. */
const ASSUMED_ACTIONS_PER_HOUR = 60;
/** Assumed share of destructive actions, and how many actions that assumption is worth. */
const ASSUMED_SHARE = 0.02;
const ASSUMED_SHARE_WEIGHT = 50;
/** A destructive action is learned as having had at most so many, plus this multiple of the usual, beside it. */
const WINSOR_COUNT = 8;
const WINSOR_MULTIPLE = 4;
const GONE_AFTER = 16;
/** Decayed count below which the cluster before is over. */
const CLUSTER_OVER = 0.1;
/** On a busy agent the long scales never fall silent: so many actions are learned at once then. */
const MAX_CLUSTER_TERMS = 64;
/** Scale whose clusters, once over, count in the share of destructive actions: a minute. Longer ones never fall silent on a busy agent. */
const SHARE_SCALE = 2;
/** Above this decayed count within ten seconds a burst may be running. */
const BURST_SCALE = 1;
const BURST_RUNS = 0.3;

/** Brings the decayed counts and the days to `atMs`. Time never goes back: an event that came late counts as now. */
export function advance(page: Page, word: number, atMs: number): void {
  const { f64, f32 } = page;
  const times = word / 2;
  const lastMs = f64[times + F64.lastMs]!;
  if (lastMs === 0) {
    f64[times + F64.lastMs] = atMs;
    f64[times + F64.dayZeroMs] = atMs;
    f32[word + F32.rateDays] = 1;
    return;
  }
  const passedMs = atMs - lastMs;
  if (passedMs <= 0) return;
  f64[times + F64.lastMs] = atMs;
  for (let scale = 0; scale < SCALE_COUNT; scale += 1) {
    // After sixteen time constants one in ten million is left: nothing.
    const decay = passedMs > GONE_AFTER * SCALES_MS[scale]! ? 0 : Math.exp(-passedMs / SCALES_MS[scale]!);
    f32[word + F32.actions + scale]! *= decay;
    f32[word + F32.destructive + scale]! *= decay;
  }
  rollDays(page, word, Math.floor((atMs - f64[times + F64.dayZeroMs]!) / DAY_MS));
}

function rollDays({ f32 }: Page, word: number, day: number): void {
  let today = f32[word + F32.today]!;
  if (day <= today) return;
  settleToday(f32, word);
  // After a silence longer than the ring every day in it is closed once; the empty ones in between need no turn each.
  const from = Math.max(today + 1, day - RING_DAYS);
  for (today = from; today <= day; today += 1) {
    const at = today % RING_DAYS;
    if (today >= RING_DAYS) closeDay(f32, word, f32[word + F32.dayActions + at]!, f32[word + F32.dayDestructive + at]!);
    f32[word + F32.dayActions + at] = 0;
    f32[word + F32.dayDestructive + at] = 0;
  }
  f32[word + F32.today] = day;
  f32[word + F32.rateDays]! += 1;
  if (f32[word + F32.rateDays]! > RATE_DAYS) {
    f32[word + F32.rateDays]! /= 2;
    f32[word + F32.rateActions]! /= 2;
    for (const at of [F32.alertAt, F32.alerts, F32.riskTrips]) f32[word + at]! /= 2;
  }
}

/** Share of destructive actions, never 0 or 1. Destructive actions are in it once their cluster is over. */
export function destructiveShare(f32: Float32Array, word: number): number {
  const share = (f32[word + F32.shareDestructive]! + ASSUMED_SHARE * ASSUMED_SHARE_WEIGHT) / (f32[word + F32.shareActions]! + ASSUMED_SHARE_WEIGHT);
  return Math.min(share, 0.9);
}

/** Agent-hours that its counts of calls, alerts and trips go back over: of a long life, the last sixty days. */
export function agentHoursOf({ f32, f64 }: Page, word: number): number {
  const newestMs = f64[word / 2 + F64.lastMs]! - f64[word / 2 + F64.dayZeroMs]! - f32[word + F32.today]! * DAY_MS;
  return agentHours(f32[word + F32.rateDays]!, newestMs);
}

/** Tested actions per hour, over the days on which the agent was active at all. */
export function actionsPerHour(page: Page, word: number): number {
  return Math.max(1, (page.f32[word + F32.rateActions]! + ASSUMED_ACTIONS_PER_HOUR) / (agentHoursOf(page, word) + 1));
}

/** Counts one action that was just tested. What was not ordinary is in the day's count alone: that is what later days are held against. */
export function countAction({ f32 }: Page, word: number, destructive: boolean, ordinary: boolean): void {
  f32[word + F32.todayActions]! += 1;
  f32[word + F32.rateActions]! += 1;
  if (destructive) f32[word + F32.dayDestructive + (f32[word + F32.today]! % RING_DAYS)]! += 1;
  if (ordinary) (destructive ? learnClusters : learnNearness)(f32, word);
  for (let scale = 0; scale < SCALE_COUNT; scale += 1) {
    f32[word + F32.actions + scale]! += 1;
    if (destructive) f32[word + F32.destructive + scale]! += 1;
  }
}

/**
 * How near an agent's actions lie to one another is learned from, and counted in, those that destroy nothing: a running burst
 * of deletions says nothing of how hurried its agent usually is, and neither do the reads that it hides among.
 */
function learnNearness(f32: Float32Array, word: number): void {
  f32[word + F32.shareActions]! += 1;
  if (f32[word + F32.shareActions]! > SHARE_ACTIONS) halve(f32, word + F32.shareActions, 2);
  if (f32[word + F32.destructive + BURST_SCALE]! > BURST_RUNS) return;
  f32[word + F32.actionTerms]! += 1;
  for (let scale = 0; scale < SCALE_COUNT; scale += 1) {
    f32[word + F32.actionsNear + scale]! += f32[word + F32.actions + scale]! - f32[word + F32.destructive + scale]!;
  }
  if (f32[word + F32.actionTerms]! > ACTION_TERMS) halve(f32, word + F32.actionsNear, SCALE_COUNT + 1);
}

function learnClusters(f32: Float32Array, word: number): void {
  for (let scale = 0; scale < SCALE_COUNT; scale += 1) learnCluster(f32, word, scale);
}

/** A cluster teaches once it is over: were its first half learned at once, its second half would look usual. */
function learnCluster(f32: Float32Array, word: number, scale: number): void {
  const count = f32[word + F32.destructive + scale]!;
  const near = word + F32.destructiveNear + scale;
  const terms = word + F32.destructiveTerms + scale;
  const clusterNear = word + F32.clusterNear + scale;
  const clusterTerms = word + F32.clusterTerms + scale;
  if (count < CLUSTER_OVER || f32[clusterTerms]! >= MAX_CLUSTER_TERMS) {
    f32[near]! += f32[clusterNear]!;
    f32[terms]! += f32[clusterTerms]!;
    if (scale === SHARE_SCALE) {
      f32[word + F32.shareActions]! += f32[clusterTerms]!;
      f32[word + F32.shareDestructive]! += f32[clusterTerms]!;
    }
    f32[clusterNear] = 0;
    f32[clusterTerms] = 0;
    if (f32[terms]! > DESTRUCTIVE_TERMS) {
      f32[near]! /= 2;
      f32[terms]! /= 2;
    }
  }
  const usual = f32[terms] === 0 ? 0 : f32[near]! / f32[terms]!;
  f32[clusterNear]! += Math.min(count, WINSOR_COUNT + WINSOR_MULTIPLE * usual);
  f32[clusterTerms]! += 1;
}

function halve(f32: Float32Array, from: number, count: number): void {
  for (let at = from; at < from + count; at += 1) f32[at]! /= 2;
}
