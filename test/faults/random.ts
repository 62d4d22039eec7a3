/** Everything drawn by chance in a campaign comes from one seed, so that a plan can be repeated. */
export type Random = () => number;

/** A small generator of its own (mulberry32): the same seed gives the same numbers everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

export function pick<T>(random: Random, list: readonly T[]): T {
  const chosen = list[Math.floor(random() * list.length)];
  if (chosen === undefined) throw new RangeError("nothing to pick from");
  return chosen;
}

export function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const left = [...list];
  for (let index = left.length - 1; index > 0; index -= 1) {
    const other = between(random, 0, index);
    [left[index], left[other]] = [left[other]!, left[index]!];
  }
  return left;
}
