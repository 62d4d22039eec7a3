/**
 * How rare a deviation is for this stream, by its own past: peaks over a threshold. What is counted is how often deviations went
 * beyond FAR scales, and how far beyond on the logarithm: an exponential tail there is a power law here, as heavy as the stream's
 * own. Both begin at what streams in general do, so neither a constant stream nor a young one has a tail of nothing.
 */

/** Deviations, in scales, beyond which the tail is learned; nearer ones carry no evidence, and cost no logarithm. */
export const FAR = 4;
const FAR_LOG = Math.log1p(FAR);
/** Assumed share of samples that far out, and how many samples that is worth. */
const ASSUMED_SHARE = 0.001;
const ASSUMED_SAMPLES = 1_000;
/** Assumed mean excess on the logarithm, and how many excesses that is worth. */
const ASSUMED_EXCESS = 0.35;
const ASSUMED_EXCESSES = 20;
/** One excess teaches at most so much: e³ times the threshold. */
const MAX_EXCESS = 3;

/** −log2 of the probability that a sample of this stream lies `deviation` scales out or further; 0 where that is nothing rare. */
export function tailBits(f32: Float32Array, tail: number, samples: number, deviation: number): number {
  if (deviation <= FAR) return 0;
  const share = (f32[tail]! + ASSUMED_SHARE * ASSUMED_SAMPLES) / (samples + ASSUMED_SAMPLES);
  const excess = (f32[tail + 1]! + ASSUMED_EXCESS * ASSUMED_EXCESSES) / (f32[tail]! + ASSUMED_EXCESSES);
  return Math.max(0, (Math.log1p(deviation) - FAR_LOG) / (excess * Math.LN2) - Math.log2(share));
}

export function learnTail(f32: Float32Array, tail: number, deviation: number): void {
  if (deviation <= FAR) return;
  f32[tail]! += 1;
  f32[tail + 1]! += Math.min(MAX_EXCESS, Math.log1p(deviation) - FAR_LOG);
}

export function halveTail(f32: Float32Array, tail: number): void {
  f32[tail]! /= 2;
  f32[tail + 1]! /= 2;
}
