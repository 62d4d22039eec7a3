/**
 * How improbable a score is for this agent, from the scores of its own past calls: the share of calls that reached it. Where the
 * past is short or thin an assumed distribution stands in, worth `ASSUMED_CALLS` calls, so that a newcomer is judged mildly and
 * nothing is ever impossible.
 */
import { AT, TAIL_STEP_BITS, TAIL_STEPS, type HabitBlock } from "./block.ts";

const ASSUMED_CALLS = 8;
/** Raw bits are optimistic, since arguments hang together: every second one is believed. */
const ASSUMED_FADING = 0.5;
/** Calls remembered; above it all steps are halved, so that thresholds follow the agent. */
const MAX_CALLS = 20_000;

/** −log2 of the probability that an ordinary call of this agent scores as high. */
export function tailBits({ f32 }: HabitBlock, score: number): number {
  const from = AT.tail / 4;
  const step = stepOf(score);
  let calls = 0;
  // Of the scores in its own step, those above it are taken to be spread evenly.
  let reached = f32[from + step]! * Math.min(1, Math.max(0, step + 1 - score / TAIL_STEP_BITS));
  for (let at = 0; at < TAIL_STEPS; at += 1) {
    const count = f32[from + at]!;
    calls += count;
    if (at > step) reached += count;
  }
  return -Math.log2((reached + ASSUMED_CALLS * 2 ** (-ASSUMED_FADING * score)) / (calls + ASSUMED_CALLS));
}

export function learnScore({ f32 }: HabitBlock, score: number): void {
  const from = AT.tail / 4;
  f32[from + stepOf(score)]! += 1;
  let calls = 0;
  for (let at = 0; at < TAIL_STEPS; at += 1) calls += f32[from + at]!;
  if (calls <= MAX_CALLS) return;
  for (let at = 0; at < TAIL_STEPS; at += 1) f32[from + at]! /= 2;
}

function stepOf(score: number): number {
  return Math.min(TAIL_STEPS - 1, Math.max(0, Math.floor(score / TAIL_STEP_BITS)));
}
