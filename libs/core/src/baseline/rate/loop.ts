/**
 * Runs of the same call: the same tool with the same arguments, again and again, alone or in turns with one or two others, as an
 * agent does that is stuck. How many repeats follow a call is taken as geometric with an unknown mean, learned from the agent's own
 * runs once they are over (beta-geometric, as for bursts): who polls as a habit is not told of each time.
 */
import { betaGeometricBits } from "../burst.ts";
import type { Page } from "../baseline-table.ts";
import * as layout from "../layout.ts";

/** Constants of this module, for speed: see `../layout.ts`. */
const { F32, LOOP_AT, LOOP_CALLS } = layout;

/** Evidence in bits from which a run is told, and the least repeats that are worth telling. */
export const LOOP_BITS = 14;
const MIN_REPEATS = 16;
/** A run is told again when it has grown by this factor. */
const TOLD_AGAIN = 8;
/** Assumed repeats in a run, and how many runs that assumption is worth. */
const ASSUMED_REPEATS = 0.3;
const ASSUMED_RUNS = 12;
/** Runs remembered; one teaches at most so many repeats. */
const MAX_RUNS = 400;
const MAX_REPEATS = 64;
/** Intervals without a call after which a run is over: a call that is made every hour is no loop. */
const PAUSE_INTERVALS = 1;

export interface LoopEvidence {
  /** 0: nothing to tell. */
  bits: number;
  /** Calls in a row that were among the last few before them, how many of these failed, and how many are usual. */
  repeats: number;
  failed: number;
  usual: number;
  /** Whether this call repeats one of the last. */
  repeated: boolean;
}

/** `intervals`: passed since the agent's last call. A hash of 0 is no call that could be told from others. */
export function measureLoop({ f32, u32 }: Page, word: number, hash: number, failed: boolean, intervals: number, out: LoopEvidence): void {
  out.bits = 0;
  out.repeated = intervals <= PAUSE_INTERVALS && isRecent(u32, word, hash);
  if (!out.repeated) return;
  out.repeats = f32[word + F32.runCalls]! + 1;
  out.failed = f32[word + F32.runFailed]! + Number(failed);
  if (out.repeats < MIN_REPEATS || out.repeats < TOLD_AGAIN * f32[word + F32.runReported]!) return;
  const runs = f32[word + F32.runs]! + ASSUMED_RUNS;
  const events = f32[word + F32.runRepeats]! + ASSUMED_REPEATS * ASSUMED_RUNS;
  const bits = betaGeometricBits(Math.min(out.repeats, MAX_REPEATS), events, runs);
  if (bits < LOOP_BITS) return;
  out.bits = bits;
  out.usual = events / runs;
}

/** `ordinary`: whether a run that ends here may teach. */
export function learnLoop({ f32, u32 }: Page, word: number, hash: number, failed: boolean, evidence: LoopEvidence, ordinary: boolean): void {
  if (evidence.repeated) {
    f32[word + F32.runCalls] = evidence.repeats;
    if (failed) f32[word + F32.runFailed]! += 1;
    if (evidence.bits > 0) f32[word + F32.runReported] = evidence.repeats;
    return;
  }
  if (ordinary) {
    f32[word + F32.runs]! += 1;
    f32[word + F32.runRepeats]! += Math.min(MAX_REPEATS, f32[word + F32.runCalls]!);
    if (f32[word + F32.runs]! > MAX_RUNS) {
      f32[word + F32.runs]! /= 2;
      f32[word + F32.runRepeats]! /= 2;
    }
  }
  if (f32[word + F32.runCalls]! > 0) {
    f32[word + F32.runCalls] = 0;
    f32[word + F32.runFailed] = 0;
    f32[word + F32.runReported] = 0;
  }
  for (let at = LOOP_CALLS - 1; at > 0; at -= 1) u32[word + LOOP_AT + at] = u32[word + LOOP_AT + at - 1]!;
  u32[word + LOOP_AT] = hash;
}

function isRecent(u32: Uint32Array, word: number, hash: number): boolean {
  if (hash === 0) return false;
  for (let at = 0; at < LOOP_CALLS; at += 1) if (u32[word + LOOP_AT + at] === hash) return true;
  return false;
}
