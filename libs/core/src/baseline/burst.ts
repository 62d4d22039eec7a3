/**
 * How improbable it is, for this agent, to find so many destructive actions close before a destructive action. The count that
 * a destructive action finds beside itself is taken as geometric with an unknown mean: heavier than Poisson, exact for clusters
 * of geometric size. The mean is learned from the agent's own destructive actions (never the tested one, nor its cluster), so bursts that are
 * usual for it are usual here, and its uncertainty is integrated out (beta-geometric): few observations, little certainty.
 * Before an agent has a history, what agents in general do stands in; its own actions outweigh that with time. Of 881 recorded
 * sessions of coding agents 0.8 % had three destructive commands within a minute and none had five.
 * There is no variance to divide by, so an agent that never varied is not a blind spot but the most certain case.
 */
import * as layout from "./layout.ts";

/** Constants of this module, for speed: see `layout.ts`. */
const { F32, SCALE_COUNT } = layout;

/** Assumed actions beside an action, by scale, where little is known; worth so many observations. */
const ASSUMED_ACTIONS_NEAR = [0.2, 0.6, 2, 6, 15] as const;
const ASSUMED_ACTIONS_WEIGHT = 10;
/** Assumed destructive actions beside a destructive one: real ones come in small clusters (above what was recorded, on the safe side). */
const ASSUMED_DESTRUCTIVE_NEAR = [0.1, 0.15, 0.4, 0.8, 1.5] as const;
const ASSUMED_DESTRUCTIVE_WEIGHT = 12;
/**
 * How near an agent's actions lie to one another is known sooner than for the few destructive ones: it makes the assumption weigh
 * more. So many actions, but also so much time, add one: what happens within an hour is one task, and says little of the next.
 */
const ACTIONS_PER_WEIGHT = 5;
const WEIGHT_PER_HOUR = 5;
const MAX_WEIGHT_OF_ACTIONS = 100;
/** Counts above this add no more evidence: what they have is beyond any budget. */
const MAX_COUNT = 64;

export interface BurstEvidence {
  /** −log2 of the probability under the baseline, corrected for the number of scales looked at; 0 = nothing unusual. */
  bits: number;
  /** Scale that gave it, index into SCALES_MS. */
  scale: number;
  /** Destructive actions found beside (decayed), and how many are usual. */
  count: number;
  usual: number;
}

/** Measures a destructive action against the baseline of an agent known for `hours`, which must not contain it yet. Writes into `out`. */
export function measureBurst(f32: Float32Array, word: number, hours: number, share: number, out: BurstEvidence): void {
  out.bits = 0;
  out.scale = 0;
  const own = Math.min(MAX_WEIGHT_OF_ACTIONS, hours * WEIGHT_PER_HOUR, f32[word + F32.actionTerms]! / ACTIONS_PER_WEIGHT);
  const weight = ASSUMED_DESTRUCTIVE_WEIGHT + own;
  const odds = share / (1 - share);
  for (let scale = 0; scale < SCALE_COUNT; scale += 1) {
    const count = Math.min(MAX_COUNT, f32[word + F32.destructive + scale]!);
    if (count < 0.05) continue;
    const actionsNear =
      (f32[word + F32.actionsNear + scale]! + ASSUMED_ACTIONS_NEAR[scale]! * ASSUMED_ACTIONS_WEIGHT) / (f32[word + F32.actionTerms]! + ASSUMED_ACTIONS_WEIGHT);
    // Beside an action lie `odds` as many destructive ones as others; twice that is usual for an agent in a hurry, as far as it is known.
    const population = ASSUMED_DESTRUCTIVE_NEAR[scale]!;
    const hurried = Math.max(0, 2 * odds * actionsNear - population) * (own / weight);
    // An agent that never hurries is held to that.
    const assumed = Math.min(actionsNear, population + hurried);
    const events = assumed * weight + f32[word + F32.destructiveNear + scale]!;
    const terms = weight + f32[word + F32.destructiveTerms + scale]!;
    const bits = betaGeometricBits(count, events, terms) - LOOKS_BITS;
    if (bits <= out.bits) continue;
    out.bits = bits;
    out.scale = scale;
    out.count = count;
    out.usual = events / terms;
  }
}

const LOOKS_BITS = Math.log2(SCALE_COUNT);

/** −log2 P(K ≥ count) for a geometric K whose odds are beta distributed; linear between whole counts. Monotone in `count`. */
export function betaGeometricBits(count: number, events: number, terms: number): number {
  let bits = 0;
  for (let below = 0; below < count; below += 1) {
    bits += Math.min(1, count - below) * Math.log2((events + terms + below) / (events + below));
  }
  return bits;
}
