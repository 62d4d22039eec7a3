import type { RangeBuffer } from "./slices.ts";

/**
 * Strings that come again and again (tool, agent, session) are made once or twice. Direct-mapped and bounded: a collision overwrites, so
 * hostile text can only make it useless, never large. Keeps the bytes beside the string and compares them four at a time.
 */
export class StringCache {
  readonly #entries: string[] = Array.from<string>({ length: ENTRIES }).fill("");
  /** Bytes of each entry; 0 = empty. */
  readonly #lengths = new Uint8Array(ENTRIES);
  /** Hash of the last text that was not found in each place. */
  readonly #candidates = new Int32Array(ENTRIES);
  readonly #words = new Int32Array(ENTRIES * WORDS_PER_ENTRY);

  /** The text of `[start, end)` as UTF-8; invalid sequences become U+FFFD. `view` and `bytes` are the same memory. */
  text(bytes: RangeBuffer, view: DataView, start: number, end: number): string {
    const length = end - start;
    if (length < WORD_BYTES || length > MAX_BYTES) return length === 0 ? "" : bytes.utf8Slice(start, end);
    const hash = hashOf(view, start, end);
    const index = hash & (ENTRIES - 1);
    if (this.#lengths[index] === length && this.#same(index, view, start, end)) return this.#entries[index]!;
    const made = bytes.utf8Slice(start, end);
    // Kept when it comes again: ids that come once must not push out the names between them.
    if (this.#candidates[index] === hash) this.#keep(index, made, view, start, end);
    else this.#candidates[index] = hash;
    return made;
  }

  #same(index: number, view: DataView, start: number, end: number): boolean {
    let word = index * WORDS_PER_ENTRY;
    const last = end - WORD_BYTES;
    for (let at = start; at < last; at += WORD_BYTES) {
      if (this.#words[word] !== view.getInt32(at, true)) return false;
      word += 1;
    }
    return this.#words[word] === view.getInt32(last, true);
  }

  #keep(index: number, text: string, view: DataView, start: number, end: number): void {
    let word = index * WORDS_PER_ENTRY;
    const last = end - WORD_BYTES;
    for (let at = start; at < last; at += WORD_BYTES) {
      this.#words[word] = view.getInt32(at, true);
      word += 1;
    }
    this.#words[word] = view.getInt32(last, true);
    this.#entries[index] = text;
    this.#lengths[index] = end - start;
  }
}

const ENTRIES = 4_096;
const WORD_BYTES = 4;
const MAX_BYTES = 48;
const WORDS_PER_ENTRY = MAX_BYTES / WORD_BYTES;

/** From the length and three words: ids differ at their ends, names anywhere. */
function hashOf(view: DataView, start: number, end: number): number {
  const last = end - WORD_BYTES;
  const middle = view.getInt32((start + last) >> 1, true);
  let hash = Math.imul(view.getInt32(last, true), 0x9e3779b1) ^ Math.imul(middle, 0x85ebca6b) ^ Math.imul(view.getInt32(start, true), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x27d4eb2f) + (end - start);
  return hash ^ (hash >>> 13);
}
