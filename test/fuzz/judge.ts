/** Runs the classifier on a case and tells what became of the truth. */
import { type Classification, classify } from "@tripline/core";
import { preciseNowMs } from "../precise-now.ts";
import { isFlagged } from "../quality/classification/settings.ts";
import type { FuzzCase } from "./case.ts";

export const BOUND_MS = 20;
/** What takes longer is run again, so often: a pause for garbage is no fault of the text either. */
const REPEATS = 5;

/**
 * `flipped`: what is lost passes for safe. `unknown`: no longer known, which stops it all the same. `alarmed`: what is safe passes for a
 * loss. `leaked`: garbage that does not parse passes for a read.
 */
export const FAULTS = ["crashed", "overBound", "flipped", "leaked", "unknown", "alarmed"] as const;
export type Fault = (typeof FAULTS)[number];

export interface Outcome {
  readonly fault: Fault | null;
  /** Of the first run, pauses included. */
  readonly tookMs: number;
  readonly detail: string;
}

export function outcomeOf(fuzzed: FuzzCase): Outcome {
  const startMs = preciseNowMs();
  let judged: Classification;
  try {
    judged = classify(fuzzed.call);
  } catch (error) {
    return { fault: "crashed", tookMs: preciseNowMs() - startMs, detail: String(error).slice(0, 200) };
  }
  const tookMs = preciseNowMs() - startMs;
  const best = tookMs > BOUND_MS ? leastCpuMs(fuzzed) : tookMs;
  if (best > BOUND_MS) return { fault: "overBound", tookMs, detail: `${best.toFixed(1)} ms` };
  const { operation, reversibility, rule } = judged.worst;
  return { fault: faultOf(fuzzed.truth, judged), tookMs, detail: `${operation} ${reversibility} (${rule})` };
}

/** What is wrong with a verdict on a text of this truth; null where it is as it should be. */
export function faultOf(truth: FuzzCase["truth"], judged: Classification): Fault | null {
  const isLost = isFlagged("irreversible", judged);
  const isUnknown = judged.worst.reversibility === "unknown";
  if (truth === null) return judged.parse === "unparsable" && !isLost && !isUnknown ? "leaked" : null;
  if (truth === "lost") return isLost ? null : isUnknown ? "unknown" : "flipped";
  return isLost ? "alarmed" : isUnknown ? "unknown" : null;
}

/** Processor time of this thread: waiting for a busy machine is no cost of the text. */
function leastCpuMs(fuzzed: FuzzCase): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < REPEATS && best > BOUND_MS; run += 1) {
    const before = process.threadCpuUsage();
    classify(fuzzed.call);
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}
