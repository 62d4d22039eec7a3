/** Sets of names in a few words: a Bloom filter with two probes. It may call a new name known, never a known name new. */

/** A set fuller than this answers "known" to everything. */
export const SKETCH_FULL_SHARE = 0.5;

/** FNV-1a, 32 bits, finished with a mixer so that low bits are usable; `seed` separates kinds of names. */
export function hashName(text: string, seed: number): number {
  return hashEnd(hashOn(hashStart(seed), text, 0, text.length));
}

/** The same of texts that stand one behind the other, without a copy of them: start, any number of pieces, end. */
export const hashStart = (seed: number): number => 0x811c9dc5 ^ seed;

export function hashOn(hash: number, text: string, from: number, to: number): number {
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** Takes in a number. */
export const mixed = (hash: number, value: number): number => Math.imul((hash ^ value) + (hash << 6) + (hash >>> 2), 0x01000193);

const LANES = 4;

/** As `hashOn`, of long texts: four hashes side by side, since each character of one waits for the one before. Another hash than that. */
export function hashLanes(hash: number, text: string, from: number, to: number): number {
  let one = hash;
  let two = hash ^ 0x9e3779b9;
  let three = hash ^ 0x85ebca6b;
  let four = hash ^ 0xc2b2ae35;
  let at = from;
  for (; at + LANES <= to; at += LANES) {
    one = Math.imul(one ^ text.charCodeAt(at), 0x01000193);
    two = Math.imul(two ^ text.charCodeAt(at + 1), 0x01000193);
    three = Math.imul(three ^ text.charCodeAt(at + 2), 0x01000193);
    four = Math.imul(four ^ text.charCodeAt(at + 3), 0x01000193);
  }
  const joined = mixed(mixed(mixed(one, two), three), four);
  return hashOn(joined, text, at, to);
}

export function hashEnd(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** `hashName` of two names with a line end between them. */
export function hashPair(first: string, second: string, seed: number): number {
  const begun = hashOn(hashOn(hashStart(seed), first, 0, first.length), "\n", 0, 1);
  return hashEnd(hashOn(begun, second, 0, second.length));
}

/** True if the set may hold the hashed name. `words` at `from` hold `count` × 32 bits; `count` is a power of two or not, both work. */
export function sketchHas(words: Uint32Array, from: number, count: number, hash: number): boolean {
  const first = firstBit(hash, count);
  const second = secondBit(hash, count);
  // Both are read before either is tested: at a million agents each is a cache miss, and two at once take the time of one.
  return ((words[from + (first >>> 5)]! >>> (first & 31)) & (words[from + (second >>> 5)]! >>> (second & 31)) & 1) === 1;
}

export function sketchAdd(words: Uint32Array, from: number, count: number, hash: number): void {
  const first = firstBit(hash, count);
  const second = secondBit(hash, count);
  words[from + (first >>> 5)]! |= 1 << (first & 31);
  words[from + (second >>> 5)]! |= 1 << (second & 31);
}

/** `>>> 0`: whole numbers without a sign have a remainder in one instruction. */
function firstBit(hash: number, count: number): number {
  return (hash >>> 0) % ((count * 32) >>> 0);
}

function secondBit(hash: number, count: number): number {
  return (Math.imul(hash, 0x9e3779b1) >>> 0) % ((count * 32) >>> 0);
}

/** True when the set is too full to tell. */
export function sketchFull(words: Uint32Array, from: number, count: number): boolean {
  let set = 0;
  for (let at = from; at < from + count; at += 1) set += ones(words[at]!);
  return set > count * 32 * SKETCH_FULL_SHARE;
}

function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
