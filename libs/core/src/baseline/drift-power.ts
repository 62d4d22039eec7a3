/**
 * What a test can know of a slow rise, before any is seen. An agent does r destructive actions a day; its days spread φ times as much as
 * chance; the alarm budget allows a false alarm on 2^−b of the days. From some day on the rate grows by g a day.
 *
 * Given their total, the counts n of the days kept are multinomial. Of "grew since then" (a weight λ for each day's actions, 1 before)
 * against "no change", the best test is the likelihood ratio Σ n·l, l = ln λ − ln(Λ ⁄ D), Λ = Σ λ over D days, by Neyman and Pearson:
 * no other finds more at the same false alarms. It is a sum of many counts, so about normal; divided by r ⁄ φ its mean is Σ λ·l where
 * the rise is real and (Λ ⁄ D)·Σ l where it is chance, J the distance of the two, and its variances are V₁ = Σ λ·l² − (Σ λ·l)² ⁄ Λ and
 * V₀ = (Λ ⁄ D)·(Σ l² − (Σ l)² ⁄ D). It is found with probability 0.99 where √(r ⁄ φ)·J ≥ z(2^−b)·√V₀ + z(0.01)·√V₁, z being the normal
 * quantile. All below solves this for r or for g.
 *
 * The days kept are those of the baseline: the last ones one by one, the first ones added up in the frozen reference, none between.
 * The test in `./climb.ts` knows neither g nor when it began, and pays for trying several: hence "in theory".
 */
import { log2NormalTail } from "./climb.ts";
import { RING_DAYS } from "./layout.ts";
import { REFERENCE_DAYS } from "./reference.ts";

/** How sure a rise is to be found where it is said to be: 99 of 100. Its normal quantile. */
const SURE = 2.326;
/** What is slower is followed by the reference's own creep; what is faster doubles within three days, and is no slow rise. */
const MIN_GROWTH = 0.005;
const MAX_GROWTH = 0.25;
const HALVINGS = 40;
/** Days of growth looked at, at most: at the least growth a rate doubles in 139. */
const MAX_DAYS = 200;

/** What a rise is told from. */
export interface Steady {
  /** Days before the rise. */
  readonly days: number;
  /** Variance of daily counts in units of what chance alone gives; at least 1. */
  readonly dispersion: number;
  /** −log2 of the share of days on which a false alarm may happen. */
  readonly bitsPerDay: number;
}

/** Least destructive actions a day at which a growth of `growth` a day can be found before the rate has doubled. */
export function baseRateFor(growth: number, steady: Steady): number {
  return rateFor(growth, doublingDays(growth), steady);
}

/** Fastest growth a day that can be found before the rate has doubled, at `perDay` destructive actions a day; 0 where none can. */
export function fastestBeforeDoubling(perDay: number, steady: Steady): number {
  if (baseRateFor(MIN_GROWTH, steady) > perDay) return 0;
  return bisect((growth) => baseRateFor(growth, steady) <= perDay);
}

/** Slowest growth a day that can be told from chance within the days that are kept one by one; null where none can. */
export function slowestWithinRing(perDay: number, steady: Steady): number | null {
  const tooSlow = (growth: number): boolean => rateFor(growth, RING_DAYS, steady) > perDay;
  if (tooSlow(MAX_GROWTH)) return null;
  return tooSlow(MIN_GROWTH) ? bisect(tooSlow) : MIN_GROWTH;
}

/** Days until a rate that grows by `growth` a day has doubled. */
function doublingDays(growth: number): number {
  return Math.min(MAX_DAYS, Math.LN2 / Math.log1p(growth) + 1);
}

/** Least destructive actions a day at which `rising` days of growth (the first is the last at the old rate) can be told from chance. */
function rateFor(growth: number, rising: number, { days, dispersion, bitsPerDay }: Steady): number {
  const kept = keptDays(growth, rising, days);
  const [total, exposure] = [sum(kept, ({ weight }) => weight), sum(kept, () => 1)];
  const usual = total / exposure;
  const log = ({ weight }: Kept): number => Math.log(weight / usual);
  const [risen, steady] = [sum(kept, (day) => day.weight * log(day)), sum(kept, log)];
  const [spreadRisen, spreadSteady] = [sum(kept, (day) => day.weight * log(day) ** 2) - risen ** 2 / total, usual * (sum(kept, (day) => log(day) ** 2) - steady ** 2 / exposure)];
  const root = (normalQuantile(bitsPerDay) * Math.sqrt(spreadSteady) + SURE * Math.sqrt(spreadRisen)) / (risen - usual * steady);
  return dispersion * root ** 2;
}

/** Days that the baseline keeps together: their mean weight, and how many they are. */
interface Kept {
  readonly weight: number;
  readonly days: number;
}

const sum = (kept: readonly Kept[], of: (one: Kept) => number): number => kept.reduce((all, one) => all + one.days * of(one), 0);

function keptDays(growth: number, rising: number, before: number): Kept[] {
  const total = before + rising;
  const firstKept = Math.max(0, Math.ceil(total) - RING_DAYS);
  const reference = Math.min(REFERENCE_DAYS, firstKept);
  const weight = (day: number): number => (1 + growth) ** Math.max(0, day - before);
  const kept: Kept[] = [];
  let added = 0;
  for (let day = 0; day < reference; day += 1) added += weight(day);
  if (reference > 0) kept.push({ weight: added / reference, days: reference });
  // The last day may not be over yet.
  for (let day = firstKept; day < total; day += 1) kept.push({ weight: weight(day), days: Math.min(1, total - day) });
  return kept;
}

/** z with P(N ≥ z) = 2^−bits. */
function normalQuantile(bits: number): number {
  let [low, high] = [0, 40];
  for (let turn = 0; turn < HALVINGS; turn += 1) {
    const middle = (low + high) / 2;
    if (-log2NormalTail(middle) < bits) low = middle;
    else high = middle;
  }
  return high;
}

/** Largest growth for which `holds`, which holds from MIN_GROWTH up to it. */
function bisect(holds: (growth: number) => boolean): number {
  let [low, high] = [MIN_GROWTH, MAX_GROWTH];
  if (holds(high)) return high;
  for (let turn = 0; turn < HALVINGS; turn += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
