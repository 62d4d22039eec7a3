/**
 * Which soft findings are worth an alert: those of at least as many bits as the agent's own level. The level adapts: an alert raises it
 * by STEP, each call lowers it by STEP times the share of calls that may alert, never below what so rare an event has at least. So
 * whatever an agent does, in N calls it gives no more than its share of N alerts and (highest bits − least level) ⁄ STEP + 1 on top: the
 * budget is met on the agent's own history, with no assumption on how its evidence is distributed. Trips and hard findings are no part
 * of this: nothing ever holds them back.
 */
import type { Page } from "../baseline/baseline-table.ts";
import * as layout from "../baseline/layout.ts";

const { F32 } = layout;

/** Bits by which an alert raises the level: what goes on, or grows until it trips, gives two alerts or three and no more. */
export const ALERT_STEP_BITS = 8;
/** Evidence beyond this raises the level no further: an agent that is judged over and over still comes to be heard again. */
export const MAX_ALERT_BITS = 64;

/** Bits that an alert takes now. */
export function alertLevel({ f32 }: Page, word: number, alertsPerCall: number): number {
  const least = -Math.log2(alertsPerCall);
  const calls = Math.max(0, f32[word + F32.rateActions]! - f32[word + F32.alertAt]!);
  return Math.max(least, f32[word + F32.alertBits]! - ALERT_STEP_BITS * alertsPerCall * calls);
}

/** True if evidence of `bits` is an alert; it is counted then, and the next takes more. */
export function takeAlert(page: Page, word: number, bits: number, alertsPerCall: number): boolean {
  const level = alertLevel(page, word, alertsPerCall);
  if (Math.min(bits, MAX_ALERT_BITS) < level) return false;
  const { f32 } = page;
  f32[word + F32.alertBits] = level + ALERT_STEP_BITS;
  f32[word + F32.alertAt] = f32[word + F32.rateActions]!;
  f32[word + F32.alerts]! += 1;
  return true;
}
