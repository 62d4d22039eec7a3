/**
 * The score of the Numenta Anomaly Benchmark, from its paper (Lavin and Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms",
 * 2015): a detection within a window counts the more the earlier it comes, one outside costs the more the longer the window before
 * is past, a window without one costs a whole. A detector that says nothing has 0, one that flags the first point of every window
 * and no other has 100.
 */

/** What a found window gives, and what a false alarm and a missed window cost: the paper's application profiles. */
export const PROFILES = {
  standard: { found: 1, falseAlarm: 0.11, missed: 1 },
  fewFalseAlarms: { found: 1, falseAlarm: 0.22, missed: 1 },
  fewMissed: { found: 1, falseAlarm: 0.11, missed: 2 },
} as const;
export type ProfileName = keyof typeof PROFILES;
export type Profile = (typeof PROFILES)[ProfileName];

/** Nothing counts in the first 15 % of a series, at most 750 points: detectors may learn there. */
const PROBATION_SHARE = 0.15;
const MAX_PROBATION = 750;
const STEEPNESS = 5;
/** Beyond so many window lengths after a window a false alarm costs all that it can. */
const FAR = 3;

/** Places of a window's first and last point. */
export type Window = readonly [first: number, last: number];

export interface Labelled {
  readonly points: number;
  readonly windows: readonly Window[];
}

export function probation(points: number): number {
  return Math.min(Math.floor(PROBATION_SHARE * points), MAX_PROBATION);
}

/** 1 long before a window's end, 0 at it, −1 long after; in window lengths. */
function worth(position: number): number {
  return position > FAR ? -1 : 2 / (1 + Math.exp(STEEPNESS * position)) - 1;
}

const WHOLE_WINDOW_EARLY = worth(-1);
const NOT_COUNTED = -2;
const OUTSIDE = -1;

/** For each point what a detection there is worth, and the window that it lies in. */
interface Weights {
  readonly weight: Float64Array;
  readonly window: Int32Array;
}

function weightsOf({ points, windows }: Labelled, profile: Profile): Weights {
  const weight = new Float64Array(points);
  const window = new Int32Array(points).fill(OUTSIDE);
  let next = 0;
  for (let at = 0; at < points; at += 1) {
    while (next < windows.length && at > windows[next]![1]) next += 1;
    const current = windows[next];
    if (current !== undefined && at >= current[0]) {
      weight[at] = (profile.found * worth(-(current[1] - at + 1) / (current[1] - current[0] + 1))) / WHOLE_WINDOW_EARLY;
      window[at] = next;
    } else {
      const before = windows[next - 1];
      weight[at] = profile.falseAlarm * (before === undefined ? -1 : worth((at - before[1]) / (before[1] - before[0])));
    }
  }
  return { weight, window: window.fill(NOT_COUNTED, 0, probation(points)) };
}

/** Detections at one threshold. */
export interface Detections {
  readonly score: number;
  readonly found: number;
  readonly falseAlarms: number;
}

interface Candidate {
  readonly evidence: number;
  readonly weight: number;
  /** Of all series; negative: in none. */
  readonly window: number;
}

/** A corpus with a detector's evidence for every point, ready to be scored at any threshold. */
export class Scored {
  readonly #candidates: Candidate[] = [];
  readonly #windows: number;
  readonly #profile: Profile;

  /** `evidence` 0 is never a detection. */
  constructor(corpus: readonly (readonly [labelled: Labelled, evidence: Float64Array])[], profile: Profile) {
    this.#profile = profile;
    let windows = 0;
    for (const [labelled, evidence] of corpus) {
      const { weight, window } = weightsOf(labelled, profile);
      for (let at = 0; at < labelled.points; at += 1) {
        if (window[at] === NOT_COUNTED || !(evidence[at]! > 0)) continue;
        this.#candidates.push({ evidence: evidence[at]!, weight: weight[at]!, window: window[at] === OUTSIDE ? OUTSIDE : windows + window[at]! });
      }
      windows += labelled.windows.length;
    }
    this.#windows = windows;
    this.#candidates.sort((one, other) => other.evidence - one.evidence);
  }

  at(threshold: number): Detections {
    let reached: Detections = { score: 0, found: 0, falseAlarms: 0 };
    this.#lower((evidence, detections) => {
      if (evidence >= threshold) reached = detections;
      return evidence >= threshold;
    });
    return reached;
  }

  /** The one threshold for the whole corpus that scores best, as the benchmark chooses it. */
  best(): Detections & { readonly threshold: number } {
    let best = { score: 0, found: 0, falseAlarms: 0, threshold: Infinity };
    this.#lower((threshold, detections) => {
      if (detections.score > best.score) best = { ...detections, threshold };
      return true;
    });
    return best;
  }

  /** Lowers the threshold from evidence to evidence, until told to stop. */
  #lower(each: (evidence: number, detections: Detections) => boolean): void {
    const best = new Map<number, number>();
    let sum = -this.#windows * this.#profile.missed;
    let falseAlarms = 0;
    for (let at = 0; at < this.#candidates.length; at += 1) {
      const { evidence, weight, window } = this.#candidates[at]!;
      if (window === OUTSIDE) {
        sum += weight;
        falseAlarms += 1;
      } else {
        const before = best.get(window) ?? -this.#profile.missed;
        // Of several detections in a window the earliest counts, which weighs most.
        sum += Math.max(0, weight - before);
        best.set(window, Math.max(before, weight));
      }
      if (this.#candidates[at + 1]?.evidence === evidence) continue;
      if (!each(evidence, { score: this.#normalised(sum), found: best.size, falseAlarms })) return;
    }
  }

  /** Nothing said: 0. Every window at its first point: 100. */
  #normalised(sum: number): number {
    const silent = -this.#windows * this.#profile.missed;
    const perfect = this.#windows * this.#profile.found;
    return this.#windows === 0 ? 0 : (100 * (sum - silent)) / (perfect - silent);
  }
}
