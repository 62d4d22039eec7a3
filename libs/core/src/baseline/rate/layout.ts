/**
 * Where each figure of one stream of numbers lies: offsets from its first word of 4 bytes. A stream without a daily rhythm ends
 * at RATE_WORDS, one with it at RHYTHM_RATE_WORDS. Stored baselines hold them in this order: append, never reorder.
 */

export const HOURS = 24;

/** Words of a stream. `short`: its running mean over about the last dozen samples. */
export const RATE = {
  /** Samples taken in; halved together with the tails' counts when they grow old. */
  samples: 0,
  location: 1,
  scale: 2,
  short: 3,
  shortLocation: 4,
  shortScale: 5,
  /** Two words each: how many samples lay far out, and by how much in all. */
  tail: 6,
  shortTail: 8,
  /** Evidence of the last alarm, fading. */
  alarmBits: 10,
} as const;
export const RATE_WORDS = 11;

export const RHYTHM = {
  /** Distance from what is usual at this time of day: its size, its running mean, and the size of that. */
  scale: 11,
  short: 12,
  shortScale: 13,
  tail: 14,
  shortTail: 16,
  /** Strongest evidence within the present hour. */
  hourBits: 18,
  /** Whole number: 32 times the days seen, plus one more than the present hour of the day; 0 before the first. */
  clock: 19,
  /** One bit for each hour of the day that was ever seen to its end. */
  hoursSeen: 20,
  /** Usual level by hour of the day: two to a word, each the upper half of a number of 4 bytes (8 bits of precision). */
  levels: 21,
  /** Usual strongest evidence by hour of the day: a byte each, in quarters of a bit. */
  usualBits: 33,
} as const;
export const RHYTHM_RATE_WORDS = 39;

/** The words that hold no number of 4 bytes but bits or whole numbers. */
export const RHYTHM_BIT_WORDS: readonly (readonly [number, number])[] = [
  [RHYTHM.clock, RHYTHM_RATE_WORDS - RHYTHM.clock],
];

/** Views of the same buffer. */
export interface RateMemory {
  readonly f32: Float32Array;
  readonly u32: Uint32Array;
}

/** A stream by itself, outside of any baseline's page. */
export function newRateMemory(): RateMemory {
  const buffer = new ArrayBuffer(RHYTHM_RATE_WORDS * 4);
  return { f32: new Float32Array(buffer), u32: new Uint32Array(buffer) };
}
