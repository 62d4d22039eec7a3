/**
 * The reference: the agent's share of destructive actions before the days in the ring. It is learned over the first days and
 * then frozen but for a creep too slow to carry an attack along: at most half a per cent a day, never beyond half or double.
 */
import * as layout from "./layout.ts";

/** Constants of this module, for speed: see `layout.ts`. */
const { F32, RING_DAYS } = layout;

/** Days that the reference takes in before it freezes. */
export const REFERENCE_DAYS = 28;
/** Most that a frozen reference moves in a day. */
const CREEP_PER_DAY = 0.005;
const CREEP_LIMIT = 2;
/** One day's contribution to the dispersion is bounded, so that one odd day does not blunt the test for good. */
const MAX_DAY_CHI = 25;

/** Puts today's actions into the ring: until it is read they are counted beside it, in a line that every action touches anyway. */
export function settleToday(f32: Float32Array, word: number): void {
  f32[word + F32.dayActions + (f32[word + F32.today]! % RING_DAYS)]! += f32[word + F32.todayActions]!;
  f32[word + F32.todayActions] = 0;
}

/** Takes in a day that left the ring. */
export function closeDay(f32: Float32Array, word: number, actions: number, destructive: number): void {
  if (actions === 0) return;
  const days = f32[word + F32.referenceDays]!;
  const known = f32[word + F32.referenceActions]!;
  const share = known === 0 ? 0 : f32[word + F32.referenceDestructive]! / known;
  if (days < REFERENCE_DAYS) {
    if (days > 0) f32[word + F32.referenceChi]! += Math.min(MAX_DAY_CHI, (destructive - share * actions) ** 2 / Math.max(share * actions, 0.25));
    f32[word + F32.referenceActions]! += actions;
    f32[word + F32.referenceDestructive]! += destructive;
    f32[word + F32.referenceDays] = days + 1;
    f32[word + F32.frozenShare] = f32[word + F32.referenceDestructive]! / f32[word + F32.referenceActions]!;
    return;
  }
  const moved = Math.min(Math.max(destructive / actions, share * (1 - CREEP_PER_DAY)), share * (1 + CREEP_PER_DAY));
  const frozen = f32[word + F32.frozenShare]!;
  f32[word + F32.referenceDestructive] = known * Math.min(Math.max(moved, frozen / CREEP_LIMIT), frozen * CREEP_LIMIT);
}

/** A human judged what happened so far to be ordinary: all days become the reference, afresh. */
export function acceptDays(f32: Float32Array, word: number): void {
  settleToday(f32, word);
  const today = f32[word + F32.today]!;
  f32[word + F32.referenceDays] = 0;
  f32[word + F32.referenceChi] = 0;
  for (let day = Math.max(0, today - RING_DAYS + 1); day <= today; day += 1) {
    const at = day % RING_DAYS;
    closeDay(f32, word, f32[word + F32.dayActions + at]!, f32[word + F32.dayDestructive + at]!);
    f32[word + F32.dayActions + at] = 0;
    f32[word + F32.dayDestructive + at] = 0;
  }
}

/** Share of destructive actions over the last days, as far back as `count` of them lie; all days in the ring at most. Never 1. */
export function shareOverLast(f32: Float32Array, word: number, count: number): number {
  const today = f32[word + F32.today]!;
  let actions = f32[word + F32.todayActions]!;
  let destructive = 0;
  for (let day = today; day >= 0 && day > today - RING_DAYS && destructive <= count; day -= 1) {
    actions += f32[word + F32.dayActions + (day % RING_DAYS)]!;
    destructive += f32[word + F32.dayDestructive + (day % RING_DAYS)]!;
  }
  return actions === 0 ? 0 : Math.min(0.9, destructive / actions);
}
