/**
 * Scope evidence: a sequential test over all of an agent's actions. Each feature of an action (a new operation, something
 * outside the grant, …) is a bet at even odds against how often the agent showed it so far; bets won multiply, bets lost divide.
 * Under the agent's own habits such a product grows beyond 2^b in at most one of 2^b restarts (Ville's inequality), so its
 * logarithm is evidence in bits. First-seen alone therefore weighs only as much as it is rare for this agent.
 */
import * as layout from "./layout.ts";
import type { Page } from "./baseline-table.ts";
import { SKETCH_FULL_SHARE, sketchAdd, sketchFull, sketchHas } from "./sketch.ts";

/** Constants of this module, for speed: see `layout.ts`. */
const { DAY_MS, F32, F64, NAME_WORDS, NAMES_AT, RESOURCE_WORDS, RESOURCES_AT, SCOPE_COUNT } = layout;

/** Features by index into SCOPE_FEATURES. */
export const SCOPE = { operation: 0, resource: 1, environment: 2, grant: 3, provenance: 4, foreign: 5, unregistered: 6 } as const;

/** Assumed events and non-events, by feature, before anything is known of an agent. */
const ASSUMED_EVENTS = [1, 1, 0.5, 1, 1, 0.2, 1] as const;
const ASSUMED_OTHERS = [1, 1, 10, 20, 2, 100, 5] as const;
/** Something new comes seldom alone: a new task brings several. Within so many actions of one, the agent's own rate of company counts. */
const NOVEL_RUN_ACTIONS = 10;
const RUN_EVENTS = 5;
const RUN_OTHERS = 5;
/** The alternative: an agent off its scope shows the feature in every second action. */
const BET = 0.5;
/** Most that one feature of one action can say, in odds (6, 4, 6, 8, 4, 10, 5 bits): first-seen is weak however rare, somebody else's credential is not. */
const MAX_FEATURE_ODDS = [64, 16, 64, 256, 16, 1_024, 32] as const;
/** Most that the population (role, all agents) adds or takes, in bits. */
const MAX_POPULATION_BITS = 2;
/** Chances remembered per feature: above it both counts are halved. */
const MAX_CHANCES = 2_000;
/** Evidence of scope fades with this half-life. */
export const SCOPE_HALF_LIFE_MS = DAY_MS;
const FADING_PER_MS = Math.LN2 / SCOPE_HALF_LIFE_MS;

/** What one action shows; hashes of 0 mean "says nothing of it". */
export interface ScopeSigns {
  operationHash: number;
  resourceHash: number;
  environmentHash: number;
  credentialHash: number;
  /** −1: does not apply; 0: no; 1: yes. Filled by the caller for grant, provenance and foreign; the rest is looked up. */
  readonly shown: Int8Array;
  /** Asked of a new operation only: log2 of how much rarer than for the agent alone it is for its role and all agents. */
  population: PopulationView | null;
  role: string | null;
}

/** What others have done, as far as it is asked here. */
export interface PopulationView {
  bitsFor(role: string | null, nameHash: number): number;
}

export function newScopeSigns(): ScopeSigns {
  return { operationHash: 0, resourceHash: 0, environmentHash: 0, credentialHash: 0, shown: new Int8Array(SCOPE_COUNT), population: null, role: null };
}

/** Looks up which names are new for the agent and fills in those members of `signs.shown`. */
export function lookUpNames({ f32, u32 }: Page, word: number, signs: ScopeSigns): void {
  const names = word + NAMES_AT;
  const chances = word + F32.scopeChances;
  // Halved past MAX_CHANCES, but then still more than what fills a set.
  const named = f32[chances + SCOPE.operation]! + f32[chances + SCOPE.environment]! + f32[chances + SCOPE.unregistered]!;
  signs.shown[SCOPE.operation] = isNew(u32, names, NAME_WORDS, named, signs.operationHash);
  signs.shown[SCOPE.environment] = isNew(u32, names, NAME_WORDS, named, signs.environmentHash);
  signs.shown[SCOPE.resource] = isNew(u32, word + RESOURCES_AT, RESOURCE_WORDS, f32[chances + SCOPE.resource]!, signs.resourceHash);
  if (signs.shown[SCOPE.unregistered] === 1) signs.shown[SCOPE.unregistered] = isNew(u32, names, NAME_WORDS, named, signs.credentialHash) === 1 ? 1 : 0;
}

/** `added`: at most so many names were added. Two bits each: a set that cannot be full need not be counted out. */
function isNew(u32: Uint32Array, from: number, count: number, added: number, hash: number): -1 | 0 | 1 {
  if (hash === 0) return -1;
  if (sketchHas(u32, from, count, hash)) return 0;
  if (2 * added <= count * 32 * SKETCH_FULL_SHARE) return 1;
  return sketchFull(u32, from, count) ? 0 : 1;
}

/**
 * Evidence of one action in bits, negative for an ordinary one. Writes each feature's usual share to `usual`, and what a shown
 * one is worth to `featureOdds`, 2 to the power of its bits (1 where it is not shown): logarithms are taken of what is reported only.
 */
export function scopeGain(f32: Float32Array, word: number, signs: ScopeSigns, usual: Float64Array, featureOdds: Float64Array): number {
  let sum = 0;
  let applicable = 0;
  for (let at = 0; at < SCOPE_COUNT; at += 1) {
    featureOdds[at] = 1;
    const shown = signs.shown[at]!;
    if (shown < 0) continue;
    const share = usualShare(f32, word, at);
    usual[at] = share;
    // An average of fair bets is a fair bet, however the features hang together; a product would count one cause twice.
    applicable += 1;
    if (shown === 0) sum += (1 - BET) / (1 - share);
    else {
      const population = at === SCOPE.operation && signs.population !== null ? populationOdds(signs.population.bitsFor(signs.role, signs.operationHash)) : 1;
      const odds = Math.min(MAX_FEATURE_ODDS[at]!, (BET / share) * population);
      featureOdds[at] = odds;
      sum += odds;
    }
  }
  return applicable === 0 ? 0 : Math.log2(sum / applicable);
}

function populationOdds(bits: number): number {
  return bits === 0 ? 1 : 2 ** Math.min(MAX_POPULATION_BITS, Math.max(-MAX_POPULATION_BITS, bits));
}

/** How often, in [0.0005, 0.98], this agent's actions show feature `at` where it applies. */
export function usualShare(f32: Float32Array, word: number, at: number): number {
  const running = at === SCOPE.operation && f32[word + F32.scopeChances]! > 0 && f32[word + F32.sinceNovel]! < NOVEL_RUN_ACTIONS;
  const events = running ? f32[word + F32.novelRunEvents]! + RUN_EVENTS : f32[word + F32.scopeEvents + at]! + ASSUMED_EVENTS[at]!;
  const others = running
    ? f32[word + F32.novelRunChances]! - f32[word + F32.novelRunEvents]! + RUN_OTHERS
    : f32[word + F32.scopeChances + at]! - f32[word + F32.scopeEvents + at]! + ASSUMED_OTHERS[at]!;
  return Math.min(0.98, Math.max(0.0005, events / (events + others)));
}

/** Evidence level at `atMs` before the action: faded. */
export function scopeLevel({ f32, f64 }: Page, word: number, atMs: number): number {
  const level = f32[word + F32.scopeBits]!;
  return level === 0 ? 0 : level * Math.exp(-Math.max(0, atMs - f64[word / 2 + F64.scopeAtMs]!) * FADING_PER_MS);
}

/** Takes in a tested action: its evidence, how often each feature showed, and the names. */
export function learnScope(page: Page, word: number, atMs: number, signs: ScopeSigns, level: number, ordinary: boolean): void {
  const { f32, f64, u32 } = page;
  f32[word + F32.scopeBits] = Math.max(0, level);
  f64[word / 2 + F64.scopeAtMs] = atMs;
  if (!ordinary) return;
  learnShares(f32, word, signs.shown);
  // Only what was new: known names cost no write.
  if (signs.shown[SCOPE.operation] === 1) sketchAdd(u32, word + NAMES_AT, NAME_WORDS, signs.operationHash);
  if (signs.shown[SCOPE.environment] === 1) sketchAdd(u32, word + NAMES_AT, NAME_WORDS, signs.environmentHash);
  if (signs.credentialHash !== 0) sketchAdd(u32, word + NAMES_AT, NAME_WORDS, signs.credentialHash);
  if (signs.shown[SCOPE.resource] === 1) sketchAdd(u32, word + RESOURCES_AT, RESOURCE_WORDS, signs.resourceHash);
}

function learnShares(f32: Float32Array, word: number, shown: Int8Array): void {
  const novel = shown[SCOPE.operation] === 1;
  if (f32[word + F32.scopeChances]! > 0 && f32[word + F32.sinceNovel]! < NOVEL_RUN_ACTIONS) {
    f32[word + F32.novelRunChances]! += 1;
    if (novel) f32[word + F32.novelRunEvents]! += 1;
  }
  f32[word + F32.sinceNovel] = novel ? 0 : Math.min(NOVEL_RUN_ACTIONS, f32[word + F32.sinceNovel]! + 1);
  for (let at = 0; at < SCOPE_COUNT; at += 1) {
    if (shown[at]! < 0) continue;
    f32[word + F32.scopeChances + at]! += 1;
    if (shown[at] === 1) f32[word + F32.scopeEvents + at]! += 1;
    if (f32[word + F32.scopeChances + at]! <= MAX_CHANCES) continue;
    f32[word + F32.scopeChances + at]! /= 2;
    f32[word + F32.scopeEvents + at]! /= 2;
  }
}
