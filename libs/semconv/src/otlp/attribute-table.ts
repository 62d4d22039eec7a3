/**
 * The attribute names that some dialect needs, each with a slot. Looked up by the raw bytes of a key, so that a key nobody
 * needs never becomes a string. Compares four bytes at a time: keys are most of what a reader looks at.
 */
export class AttributeTable {
  readonly names: readonly string[];
  readonly #slots: ReadonlyMap<string, number>;
  /** A slot for each value of `likelyOf`: right for most names, and three times as fast as the map. */
  readonly #likely = new Int16Array(LIKELY_SLOTS);
  readonly #lengths: Int32Array;
  /** The bytes of all names as words, the last word of a name overlapping the one before; `#wordsAt` is where each begins. */
  readonly #words: Int32Array;
  readonly #wordsAt: Int32Array;
  /** Open hashing: head of each bucket's chain, and next per slot; -1 ends it. */
  readonly #heads: Int16Array;
  readonly #nexts: Int16Array;
  readonly #mask: number;

  constructor(names: Iterable<string>) {
    this.names = [...new Set(names)];
    const count = this.names.length;
    if (count > MAX_NAMES) throw new RangeError(`more than ${MAX_NAMES} attribute names`);
    this.#slots = new Map(this.names.map((name, slot) => [name, slot]));
    const encoded = this.names.map((name) => new TextEncoder().encode(name));
    if (encoded.some((bytes) => bytes.length < WORD_BYTES)) throw new RangeError(`an attribute name has fewer than ${WORD_BYTES} bytes`);
    this.#lengths = Int32Array.from(encoded, (bytes) => bytes.length);
    this.#wordsAt = new Int32Array(count);
    const words: number[] = [];
    let size = 64;
    while (size < count * 4) size *= 2;
    this.#mask = size - 1;
    this.#heads = new Int16Array(size).fill(-1);
    this.#nexts = new Int16Array(count).fill(-1);
    for (const [slot, name] of this.names.entries()) this.#likely[likelyOf(name)] = slot;
    for (const [slot, bytes] of encoded.entries()) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#wordsAt[slot] = words.length;
      for (let at = 0; at < bytes.length; at += WORD_BYTES) words.push(view.getInt32(Math.min(at, bytes.length - WORD_BYTES), true));
      const bucket = bucketOf(view, 0, bytes.length) & this.#mask;
      this.#nexts[slot] = this.#heads[bucket] ?? -1;
      this.#heads[bucket] = slot;
    }
    this.#words = Int32Array.from(words);
  }

  /** Slot of a name, -1 where it is none of these. */
  slotOf(name: string): number {
    const slot = this.#likely[likelyOf(name)]!;
    return this.names[slot] === name ? slot : (this.#slots.get(name) ?? -1);
  }

  /** Slot of the key in `[start, end)` of the view, which must lie within it; -1 where nobody needs it. */
  slotAt(view: DataView, start: number, end: number): number {
    const length = end - start;
    if (length < WORD_BYTES) return -1;
    let slot = this.#heads[bucketOf(view, start, end) & this.#mask]!;
    while (slot >= 0 && !(this.#lengths[slot] === length && this.#same(slot, view, start, end))) slot = this.#nexts[slot]!;
    return slot;
  }

  #same(slot: number, view: DataView, start: number, end: number): boolean {
    let word = this.#wordsAt[slot]!;
    const last = end - WORD_BYTES;
    for (let at = start; at < last; at += WORD_BYTES) {
      if (this.#words[word] !== view.getInt32(at, true)) return false;
      word += 1;
    }
    return this.#words[word] === view.getInt32(last, true);
  }
}

const LIKELY_SLOTS = 1_024;

/** From the length and two letters; an empty name has none, and is 0. */
function likelyOf(name: string): number {
  const { length } = name;
  return (length * 37 + name.charCodeAt(length >> 1) * 5 + name.charCodeAt(length - 2) * 131) & (LIKELY_SLOTS - 1);
}

/** Slots are kept in 16 bits. */
const MAX_NAMES = 1_024;
const WORD_BYTES = 4;

/** The last word, one from the middle and the length tell the known names apart; look-alikes only share a chain. */
function bucketOf(view: DataView, start: number, end: number): number {
  const length = end - start;
  const middle = view.getInt32(start + ((length - WORD_BYTES) >> 1), true);
  const mixed = Math.imul(view.getInt32(end - WORD_BYTES, true) ^ Math.imul(middle, 0x9e3779b1), 0x85ebca6b) + length;
  return mixed ^ (mixed >>> 15);
}
