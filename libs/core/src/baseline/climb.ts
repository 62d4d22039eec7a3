/**
 * The slow climb: is the share of destructive actions rising, day over day? Each candidate (a start and a growth) is compared
 * with "no change" by the likelihood of the daily counts given their total: conditioning on the total removes the unknown
 * level, so the uncertainty of a short history is accounted for exactly. Exposure is the number of actions, so nights, idle
 * weekends and busy days do not matter. Counts that come in clusters are divided by their dispersion (quasi-likelihood). What the
 * best test could find is computed in `./drift-power.ts`.
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
const CLUSTER_DISPERSION_DAYS = 5;
/** Shares fitted to the days: one before the climb, one in it. */
const FITTED = 2;
/** Standard errors put on top of what days spread more than clustering explains: of a few days it is known badly, and erring costs a trip. */
const UNSURE = 1;

/**
 * Clusters make few days jump further than a dispersion says, and what hours clusters have is not known well yet on an agent's first
 * days, when only short climbs can be tested: those get a wider one, by their days. What happens within hours is the burst evidence's
 * matter, and no slow climb doubles in so few days.
 */
const SHORT_WIDER: Readonly<Record<number, number>> = { 1: 2.5, 2: 2, 4: 1.4 };

interface Candidate {
  readonly days: number;
  readonly logs: Float64Array;
  readonly growth: Float64Array;
}

const CANDIDATES: readonly Candidate[] = [
  ...[6, 9, 12, 15, 18, 22].flatMap((days) => [0.02, 0.035, 0.05, 0.08, 0.13].map((growth) => candidate(days, (day) => (1 + growth) ** (day + 1)))),
  ...[1, 2, 4, 8, 16, 22].flatMap((days) => [1.3, 1.6, 2, 3].map((factor) => candidate(days, () => factor))),
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
    const spread = dispersion(f32, word, start, days, growth, clusterDispersion);
    const widened = spread * heavyTail(riseIn(start, days, destructive, actions), spread) * (SHORT_WIDER[length] ?? 1);
    const root = Math.sqrt((2 * likelihood) / widened);
    if (root > best && describe(f32, word, start, days, out)) best = root;
  }
  if (best > 0) out.bits = Math.max(0, -log2NormalTail(best) - Math.log2(LOOKS_PER_DAY));
}

/** How many times as often as before: the days from `start` against all days before them. */
function riseIn(start: number, end: number, destructive: number, actions: number): number {
  let risen = 0;
  let exposure = 0;
  for (let day = start; day < end; day += 1) {
    risen += destructiveOf[day]!;
    exposure += actionsOf[day]!;
  }
  const [before, exposureBefore] = [Math.max(0.5, destructive - risen), Math.max(1, actions - exposure)];
  return exposure === 0 ? 1 : risen / exposure / (before / exposureBefore);
}

/**
 * Counts that spread more than chance also jump further than a wider normal says. Taken as negative binomial, a rise to `ratio` times
 * the usual is worth less than the quasi-likelihood gives: how many times less. Both rates are those of large deviations.
 */
function heavyTail(ratio: number, spread: number): number {
  if (spread <= 1.001 || ratio <= 1.001) return 1;
  const size = 1 / (spread - 1);
  const quasi = (ratio * Math.log(ratio) - ratio + 1) / spread;
  return Math.max(1, quasi / (ratio * Math.log(ratio) - (ratio + size) * Math.log((ratio + size) / (1 + size))));
}

/** What the days kept say an agent usually does, but for today, which is not over: how many days, how much a day, and how much they spread. */
export function steadyDays(f32: Float32Array, word: number, clusterDispersion: number): { days: number; perDay: number; dispersion: number } {
  const before = Math.max(0, unroll(f32, word) - 1);
  let days = f32[word + F32.referenceDays]!;
  let destructive = days === 0 ? 0 : f32[word + F32.referenceDestructive]!;
  for (let day = 0; day < before; day += 1) {
    if (actionsOf[day] === 0) continue;
    days += 1;
    destructive += destructiveOf[day]!;
  }
  return { days, perDay: days === 0 ? 0 : destructive / days, dispersion: dispersion(f32, word, before, before, NO_GROWTH, clusterDispersion) };
}

const NO_GROWTH = new Float64Array(0);

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

/**
 * Dispersion of daily counts about what the candidate says they are, shrunk to what clustering alone explains; at least 1. The days
 * of the climb count as well, about the climb itself: one that is real leaves no more than chance, a few odd days leave much.
 */
function dispersion(f32: Float32Array, word: number, start: number, end: number, growth: Float64Array, clusterDispersion: number): number {
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
  let risen = 0;
  let exposure = 0;
  for (let day = start; day < end; day += 1) {
    risen += destructiveOf[day]!;
    exposure += actionsOf[day]! * (1 + growth[day - start]!);
  }
  for (let day = start; day < end; day += 1) {
    if (actionsOf[day] === 0) continue;
    const expected = (risen / exposure) * actionsOf[day]! * (1 + growth[day - start]!);
    chi += (destructiveOf[day]! - expected) ** 2 / Math.max(expected, 0.25);
    days += 1;
  }
  const worth = CLUSTER_DISPERSION_DAYS + Math.max(0, days - FITTED);
  const excess = (CLUSTER_DISPERSION_DAYS * clusterDispersion + chi) / worth - Math.max(1, clusterDispersion);
  return Math.max(1, clusterDispersion) + Math.max(0, excess) * (1 + UNSURE * Math.sqrt(2 / worth));
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
