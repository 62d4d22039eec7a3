/** How sure a count is: two-sided 95 % intervals of a rate and of a share. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const Z = 1.959963984540054;
const TAIL = 0.025;
/** Above it the cube-root approximation is as exact as anybody reads. */
const EXACT_COUNT = 200;
const STEPS = 60;

/** Garwood's exact interval of a Poisson mean, of which `count` were seen. With none seen its upper end is 3.69. */
export function poissonInterval(count: number): Interval {
  if (count > EXACT_COUNT) return { low: cubeRoot(count, -Z), high: cubeRoot(count + 1, Z) };
  return {
    low: count === 0 ? 0 : solve((mean) => 1 - atMost(count - 1, mean) - TAIL, count),
    high: solve((mean) => TAIL - atMost(count, mean), count + 1),
  };
}

/** Wilson's interval of a share. */
export function wilsonInterval(hits: number, of: number): Interval {
  if (of === 0) return { low: 0, high: 1 };
  const share = hits / of;
  const square = (Z * Z) / of;
  const centre = (share + square / 2) / (1 + square);
  const half = (Z / (1 + square)) * Math.sqrt((share * (1 - share)) / of + square / (4 * of));
  return { low: hits === 0 ? 0 : Math.max(0, centre - half), high: hits === of ? 1 : Math.min(1, centre + half) };
}

/** P(X ≤ count) of a Poisson variable. */
function atMost(count: number, mean: number): number {
  let term = Math.exp(-mean);
  let sum = term;
  for (let at = 1; at <= count; at += 1) {
    term *= mean / at;
    sum += term;
  }
  return sum;
}

/** The mean at which `rising` crosses zero, by bisection. */
function solve(rising: (mean: number) => number, near: number): number {
  let low = 0;
  let high = near + 8 * Math.sqrt(near + 1) + 8;
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Wilson and Hilferty's approximation of the chi-squared quantile behind the interval. */
function cubeRoot(count: number, z: number): number {
  return count * (1 - 1 / (9 * count) + z / (3 * Math.sqrt(count))) ** 3;
}
