/**
 * Key → slot, in typed arrays: what a Map does, except that all keys of a turn are looked up together. At a million agents every
 * step of a look-up waits for memory; taken step by step for 32 keys at once, the waits overlap.
 *
 * A key has two buckets of one cache line each, so every look-up and every deletion is bounded; what fits into neither goes to a
 * Map. Hashes are keyed by a secret of the process, since agents' names are chosen by others, and are hints only: the key itself decides.
 */
import { getRandomValues } from "node:crypto";

/** Cells of two words, the second hash and the slot + 1 (0: empty), that fill a cache line. */
const BUCKET_CELLS = 8;
const CELL_WORDS = 2;
const BUCKET_WORDS = BUCKET_CELLS * CELL_WORDS;
/** Cells for each slot, at least: half full, fewer than one key in a million finds both of its buckets full. */
const CELLS_PER_SLOT = 2;
/** Keys looked up together: their hashes fit the processor's nearest cache. */
export const MAX_TOGETHER = 64;
/** What `find` answers for a key that is not there. */
export const NO_SLOT = -1;
/** The same, as constants of this module, which V8 compiles in; exported ones it reads at every use. */
const NONE = NO_SLOT;
const TOGETHER = MAX_TOGETHER;

export class SlotIndex {
  readonly #cells: Uint32Array;
  readonly #mask: number;
  /** By slot; a slot without an entry has none. */
  readonly #keys: (string | undefined)[] = [];
  readonly #overflow = new Map<string, number>();
  readonly #seeds: Int32Array;
  #size = 0;
  /** Of the keys looked up together. */
  readonly #first = new Uint32Array(TOGETHER);
  readonly #second = new Uint32Array(TOGETHER);
  #read = 0;

  /** For slots below `slots`. `seeds`: two secret words; a test may state them. */
  constructor(slots: number, seeds: Int32Array = getRandomValues(new Int32Array(2))) {
    const buckets = 2 ** Math.max(0, Math.ceil(Math.log2((slots * CELLS_PER_SLOT) / BUCKET_CELLS)));
    this.#cells = new Uint32Array(buckets * BUCKET_WORDS);
    this.#mask = buckets - 1;
    this.#seeds = seeds;
  }

  get size(): number {
    return this.#size;
  }

  keyOf(slot: number): string | undefined {
    return this.#keys[slot];
  }

  find(key: string): number {
    this.#hash(key, 0);
    return this.#found(key, 0);
  }

  /** Appends to `slots` that of each key in turn, NO_SLOT where there is none. */
  findAll(keys: readonly string[], slots: number[]): void {
    const cells = this.#cells;
    const first = this.#first;
    for (let from = 0; from < keys.length; from += TOGETHER) {
      const count = Math.min(TOGETHER, keys.length - from);
      // Nothing but reads, so that their waits overlap: the keys themselves, then the first bucket of each.
      let sum = 0;
      for (let at = 0; at < count; at += 1) sum += keys[from + at]!.length;
      for (let at = 0; at < count; at += 1) this.#hash(keys[from + at]!, at);
      for (let at = 0; at < count; at += 1) sum += cells[this.#bucket(first[at]!)]!;
      // Kept so that the reads are not optimised away.
      this.#read = (this.#read + sum) | 0;
      for (let at = 0; at < count; at += 1) slots.push(this.#found(keys[from + at]!, at));
    }
  }

  /** Neither the key nor the slot may have an entry. */
  add(key: string, slot: number): void {
    this.#hash(key, 0);
    this.#keys[slot] = key;
    this.#size += 1;
    const [first, second] = [this.#first[0]!, this.#second[0]!];
    const cell = this.#cellIn(this.#bucket(first), 0, 0) ?? this.#cellIn(this.#otherBucket(first, second), 0, 0);
    if (cell === null) return void this.#overflow.set(key, slot);
    this.#cells[cell] = second;
    this.#cells[cell + 1] = slot + 1;
  }

  /** Takes the slot's entry out, if it has one. */
  remove(slot: number): void {
    const key = this.#keys[slot];
    if (key === undefined) return;
    this.#hash(key, 0);
    this.#keys[slot] = undefined;
    this.#size -= 1;
    const [first, second] = [this.#first[0]!, this.#second[0]!];
    const cell = this.#cellIn(this.#bucket(first), second, slot + 1) ?? this.#cellIn(this.#otherBucket(first, second), second, slot + 1);
    if (cell === null) return void this.#overflow.delete(key);
    this.#cells[cell] = 0;
    this.#cells[cell + 1] = 0;
  }

  #found(key: string, at: number): number {
    const first = this.#first[at]!;
    const second = this.#second[at]!;
    const slot = this.#slotIn(this.#bucket(first), second, key);
    if (slot !== NONE) return slot;
    const other = this.#slotIn(this.#otherBucket(first, second), second, key);
    return other !== NONE || this.#overflow.size === 0 ? other : (this.#overflow.get(key) ?? NONE);
  }

  #slotIn(bucket: number, second: number, key: string): number {
    const cells = this.#cells;
    for (let cell = bucket; cell < bucket + BUCKET_WORDS; cell += CELL_WORDS) {
      if (cells[cell] !== second) continue;
      const slot = cells[cell + 1]! - 1;
      if (slot !== NONE && this.#keys[slot] === key) return slot;
    }
    return NONE;
  }

  #cellIn(bucket: number, second: number, content: number): number | null {
    for (let cell = bucket; cell < bucket + BUCKET_WORDS; cell += CELL_WORDS) {
      if (this.#cells[cell + 1] === content && (content === 0 || this.#cells[cell] === second)) return cell;
    }
    return null;
  }

  #bucket(first: number): number {
    return (first & this.#mask) * BUCKET_WORDS;
  }

  #otherBucket(first: number, second: number): number {
    return ((first ^ (Math.imul(second, 0x9e3779b1) >>> 7) ^ 1) & this.#mask) * BUCKET_WORDS;
  }

  #hash(key: string, at: number): void {
    let first = this.#seeds[0]! ^ key.length;
    let second = this.#seeds[1]!;
    for (let char = 0; char < key.length; char += 1) {
      const code = key.charCodeAt(char);
      // Each sum feeds the other and the high bits come down: no difference between two keys survives for every seed.
      first = (Math.imul(first ^ code, 0x85ebca6b) + (second >>> 15)) | 0;
      second = Math.imul((second + code) | 0, 0xc2b2ae35) ^ (first >>> 13);
    }
    first = Math.imul(first ^ (first >>> 16), 0x7feb352d);
    second = Math.imul(second ^ (second >>> 16), 0x846ca68b);
    this.#first[at] = first ^ (first >>> 15);
    this.#second[at] = second ^ (second >>> 15);
  }
}
