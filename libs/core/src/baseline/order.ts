/**
 * What a human ordered of a baseline, carried out at the agent's next action. The order is a fact of the registry, so a replay and a
 * recovery carry it out at the same place; doing it again changes nothing.
 */
import { type BaselineOrder, MAX_EVENT_AGE_MS } from "@tripline/model";
import type { Page } from "./baseline-table.ts";
import * as layout from "./layout.ts";
import { acceptDays } from "./reference.ts";

const { F32, F64, STRIDE_WORDS } = layout;

const REFERENCE = [F32.referenceActions, F32.referenceDestructive, F32.referenceDays, F32.referenceChi, F32.frozenShare] as const;

/**
 * Before an action received at `receiveMs` is measured: forgets what was learned before the time from which on it is to learn. True if
 * there was something. Not before that time has come; and not again for events dated back, which are clamped to so much before receipt.
 */
export function learnAfresh({ f64, u32 }: Page, word: number, { learnFromMs }: BaselineOrder, receiveMs: number): boolean {
  const beganMs = f64[word / 2 + F64.dayZeroMs]!;
  if (learnFromMs === null || receiveMs < learnFromMs || beganMs === 0 || beganMs >= learnFromMs - MAX_EVENT_AGE_MS) return false;
  u32.fill(0, word, word + STRIDE_WORDS);
  return true;
}

/**
 * Runs `measure` on a frozen baseline: days that leave the ring move the reference no more. One that has no reference yet is frozen
 * with the days it has, since there is nothing else to hold later ones against.
 */
export function measureFrozen({ f32 }: Page, word: number, measure: () => void): void {
  if (f32[word + F32.referenceDays] === 0) acceptDays(f32, word);
  const reference = REFERENCE.map((at) => f32[word + at]!);
  measure();
  REFERENCE.forEach((at, index) => (f32[word + at] = reference[index]!));
}
