/**
 * The slow climb: is the share of destructive actions rising, day over day? Each candidate (a start and a growth) is compared
 * with "no change" by the likelihood of the daily counts given their total: conditioning on the total removes the unknown
 * level, so the uncertainty of a short history is accounted for exactly. Exposure is the number of actions, so nights, idle
 * weekends and busy days do not matter. Counts that come in clusters are divided by their dispersion (quasi-likelihood).
 */
import * as layout from "./layout.ts";
import { settleToday } from "./reference.ts";

/** Constants of this module, for speed: see `layout.ts`. */
const { F32, RING_DAYS } = layout;

/** Effective number of independent looks per day over all candidates; measured on simulated Poisson days (4 to 60 a day): 3–6. */
const LOOKS_PER_DAY = 5;
/** Below this signed root no candidate is worth the second, dispersion-corrected look. */
const WORTH_A_LOOK = 2;
/** Days that the dispersion learned from clustering is worth beside the days' own. */
const CLUSTER_DISPERSION_DAYS = 10;

/**
 * Clusters make a day or two jump further than a dispersion says (their tail is exponential, not Poisson): short candidates get
 * twice the dispersion. What happens within hours is the burst evidence's matter.
 */
const SHORT_DAYS = 2;
const SHORT_DISPERSION = 2;

interface Candidate {
  readonly days: number;
  readonly logs: Float64Array;
  readonly growth: Float64Array;
}

const CANDIDATES: readonly Candidate[] = [
  ...[6, 9, 12, 15, 18, 22].flatMap((days) => [0.02, 0.035, 0.05, 0.08, 0.13].map((growth) => candidate(days, (day) => (1 + growth) ** (day + 1)))),
  ...[1, 2, 4, 8, 16].flatMap((days) => [1.3, 1.6, 2, 3].map((factor) => candidate(days, () => factor))),
];

function candidate(days: number, ratio: (day: number) => number): Candidate {
  const ratios = Float64Array.from({ length: days }, (_, day) => ratio(day));
  return { days, logs: ratios.map(Math.log), growth: ratios.map((value) => value - 1) };
}

export interface ClimbEvidence {
  /** −log2 of how often, per day, a steady agent shows as much; 0 = nothing unusual. */
  bits: number;
  /** Length of the climb found, in days. */
  days: number;
  /** Share of destructive actions before it and in it. */
  shareBefore: number;
  shareNow: number;
}

const destructiveOf = new Float64Array(RING_DAYS);
const actionsOf = new Float64Array(RING_DAYS);

/** Measures the days up to now. `clusterDispersion` ≥ 1: how much clustering within hours widens daily counts. */
export function measureClimb(f32: Float32Array, word: number, clusterDispersion: number, out: ClimbEvidence): void {
  out.bits = 0;
  const days = unroll(f32, word);
  let destructive = f32[word + F32.referenceDestructive]!;
  let actions = f32[word + F32.referenceActions]!;
  const before = actions;
  for (let day = 0; day < days; day += 1) {
    destructive += destructiveOf[day]!;
    actions += actionsOf[day]!;
  }
  if (destructive === 0) return;
  let best = 0;
  for (const { days: length, logs, growth } of CANDIDATES) {
    if (length > days || (length === days && before === 0)) continue;
    const start = days - length;
    let gain = 0;
    let exposure = 0;
    for (let day = 0; day < length; day += 1) {
      gain += destructiveOf[start + day]! * logs[day]!;
      exposure += actionsOf[start + day]! * growth[day]!;
    }
    const likelihood = gain - destructive * Math.log1p(exposure / actions);
    if (2 * likelihood < WORTH_A_LOOK ** 2 * clusterDispersion) continue;
    const widened = dispersion(f32, word, start, clusterDispersion) * (length <= SHORT_DAYS ? SHORT_DISPERSION : 1);
    const root = Math.sqrt((2 * likelihood) / widened);
    if (root > best && describe(f32, word, start, days, out)) best = root;
  }
  if (best > 0) out.bits = Math.max(0, -log2NormalTail(best) - Math.log2(LOOKS_PER_DAY));
}

/** Copies the ring in order of days; answers how many days it holds. */
function unroll(f32: Float32Array, word: number): number {
  settleToday(f32, word);
  const today = f32[word + F32.today]!;
  const days = Math.min(today + 1, RING_DAYS);
  for (let day = 0; day < days; day += 1) {
    const at = (today - days + 1 + day) % RING_DAYS;
    destructiveOf[day] = f32[word + F32.dayDestructive + at]!;
    actionsOf[day] = f32[word + F32.dayActions + at]!;
  }
  return days;
}

/** Dispersion of daily counts before day `start`, shrunk to what clustering alone explains; at least 1. */
function dispersion(f32: Float32Array, word: number, start: number, clusterDispersion: number): number {
  let destructive = f32[word + F32.referenceDestructive]!;
  let actions = f32[word + F32.referenceActions]!;
  for (let day = 0; day < start; day += 1) {
    destructive += destructiveOf[day]!;
    actions += actionsOf[day]!;
  }
  const share = actions === 0 ? 0 : destructive / actions;
  let chi = f32[word + F32.referenceChi]!;
  let days = f32[word + F32.referenceDays]!;
  for (let day = 0; day < start; day += 1) {
    if (actionsOf[day] === 0) continue;
    chi += (destructiveOf[day]! - share * actionsOf[day]!) ** 2 / Math.max(share * actionsOf[day]!, 0.25);
    days += 1;
  }
  const blended = (CLUSTER_DISPERSION_DAYS * clusterDispersion + chi) / (CLUSTER_DISPERSION_DAYS + Math.max(0, days - 1));
  return Math.max(1, clusterDispersion, blended);
}

/** Fills in the figures; false if the number per active day did not rise: a quiet spell of fewer reads is no climb. */
function describe(f32: Float32Array, word: number, start: number, days: number, out: ClimbEvidence): boolean {
  const then = { destructive: f32[word + F32.referenceDestructive]!, actions: f32[word + F32.referenceActions]!, days: f32[word + F32.referenceDays]! };
  const now = { destructive: 0, actions: 0, days: 0 };
  for (let day = 0; day < days; day += 1) {
    const sum = day < start ? then : now;
    if (actionsOf[day] === 0) continue;
    sum.destructive += destructiveOf[day]!;
    sum.actions += actionsOf[day]!;
    sum.days += 1;
  }
  if (now.days === 0 || (then.days > 0 && now.destructive / now.days <= then.destructive / then.days)) return false;
  out.days = days - start;
  out.shareBefore = then.actions === 0 ? 0 : then.destructive / then.actions;
  out.shareNow = now.actions === 0 ? 0 : now.destructive / now.actions;
  return true;
}

/** log2 of the standard normal's upper tail for x ≥ 0 (Abramowitz and Stegun 26.2.17, kept in logarithms so that it never underflows). */
export function log2NormalTail(x: number): number {
  const t = 1 / (1 + 0.2316419 * x);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (-(x * x) / 2 - 0.5 * Math.log(2 * Math.PI) + Math.log(series)) / Math.LN2;
}
