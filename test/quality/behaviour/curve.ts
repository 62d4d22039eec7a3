/** What scores of sessions say: the area under the ROC curve, and thresholds for a share of benign sessions. */

export interface RocPoint {
  /** Shares flagged at one threshold. */
  readonly benign: number;
  readonly attacked: number;
}

/** Chance that an attacked session scores above a benign one; ties count half. Null where either is missing. */
export function areaUnderRoc(benign: readonly number[], attacked: readonly number[]): number | null {
  if (benign.length === 0 || attacked.length === 0) return null;
  const sorted = benign.toSorted((a, b) => a - b);
  let sum = 0;
  for (const score of attacked) sum += countBelow(sorted, score) + (countUpTo(sorted, score) - countBelow(sorted, score)) / 2;
  return sum / (benign.length * attacked.length);
}

/** 95 % interval of the area (Hanley and McNeil 1982). */
export function areaInterval(area: number, benign: number, attacked: number): [number, number] {
  const q1 = area / (2 - area);
  const q2 = (2 * area * area) / (1 + area);
  const variance = (area * (1 - area) + (attacked - 1) * (q1 - area * area) + (benign - 1) * (q2 - area * area)) / (benign * attacked);
  const half = 1.959964 * Math.sqrt(Math.max(0, variance));
  return [Math.max(0, area - half), Math.min(1, area + half)];
}

/** Lowest threshold at which at most `share` of these sessions are flagged; flagged is what scores it or more. */
export function thresholdFor(scores: readonly number[], share: number): number {
  const sorted = scores.toSorted((a, b) => b - a);
  const allowed = Math.floor(share * sorted.length + 1e-9);
  const first = sorted[allowed];
  if (first === undefined) return Number.NEGATIVE_INFINITY;
  // The first score that is not allowed must fall below: the next representable number above it.
  return nextAbove(first);
}

function nextAbove(value: number): number {
  if (!Number.isFinite(value)) return value;
  const floats = new Float64Array([value]);
  const bits = new BigInt64Array(floats.buffer);
  if (value === 0) return Number.MIN_VALUE;
  bits[0]! += value > 0 ? 1n : -1n;
  return floats[0]!;
}

/** Curve from (0, 0) to (1, 1), one point for each threshold that occurs. */
export function rocCurve(benign: readonly number[], attacked: readonly number[]): RocPoint[] {
  if (benign.length === 0 || attacked.length === 0) return [];
  const all = [...benign.map((score) => ({ score, attacked: false })), ...attacked.map((score) => ({ score, attacked: true }))].toSorted((a, b) => b.score - a.score);
  const points: RocPoint[] = [{ benign: 0, attacked: 0 }];
  let [falseOnes, trueOnes] = [0, 0];
  for (const [index, { score, attacked: isAttacked }] of all.entries()) {
    if (isAttacked) trueOnes += 1;
    else falseOnes += 1;
    if (all[index + 1]?.score !== score) points.push({ benign: falseOnes / benign.length, attacked: trueOnes / attacked.length });
  }
  return points;
}

function countBelow(sorted: readonly number[], value: number): number {
  return bisect(sorted, (other) => other < value);
}

function countUpTo(sorted: readonly number[], value: number): number {
  return bisect(sorted, (other) => other <= value);
}

/** Of values in order, how many at the start hold. */
function bisect(sorted: readonly number[], holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
