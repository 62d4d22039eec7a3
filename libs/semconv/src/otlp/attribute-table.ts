/**
 * The attribute names that some dialect needs, each with a slot. Looked up by the raw bytes of a key, so that a key nobody
 * needs never becomes a string.
 */
export class AttributeTable {
  readonly names: readonly string[];
  readonly #slots: ReadonlyMap<string, number>;
  readonly #bytes: readonly Uint8Array[];
  /** Open hashing: head of each bucket's chain, and next per slot; -1 ends it. */
  readonly #heads: Int16Array;
  readonly #nexts: Int16Array;
  readonly #mask: number;

  constructor(names: Iterable<string>) {
    this.names = [...new Set(names)];
    if (this.names.length > MAX_NAMES) throw new RangeError(`more than ${MAX_NAMES} attribute names`);
    this.#slots = new Map(this.names.map((name, slot) => [name, slot]));
    const encoder = new TextEncoder();
    this.#bytes = this.names.map((name) => encoder.encode(name));
    let size = 64;
    while (size < this.names.length * 4) size *= 2;
    this.#mask = size - 1;
    this.#heads = new Int16Array(size).fill(-1);
    this.#nexts = new Int16Array(this.names.length).fill(-1);
    for (const [slot, bytes] of this.#bytes.entries()) {
      const bucket = this.#bucketOf(bytes, 0, bytes.length);
      this.#nexts[slot] = this.#heads[bucket] ?? -1;
      this.#heads[bucket] = slot;
    }
  }

  slotOf(name: string): number {
    return this.#slots.get(name) ?? -1;
  }

  /** Slot of the key in `bytes[start, end)`, or -1. */
  slotAt(bytes: Uint8Array, start: number, end: number): number {
    if (start >= end) return -1;
    const length = end - start;
    let slot = this.#heads[this.#bucketOf(bytes, start, end)]!;
    while (slot >= 0) {
      const name = this.#bytes[slot]!;
      if (name.length === length && sameBytes(name, bytes, start)) return slot;
      slot = this.#nexts[slot]!;
    }
    return -1;
  }

  /** Four bytes and the length tell known names apart; a chain of look-alikes is still bounded by the number of names. */
  #bucketOf(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const last = bytes[end - 1]!;
    const middle = bytes[start + (length >> 1)]!;
    const late = bytes[start + ((length * 3) >> 2)]!;
    return (length * 61 + bytes[start]! * 7 + middle * 131 + late * 31 + last * 17) & this.#mask;
  }
}

/** Slots are kept in 16 bits. */
const MAX_NAMES = 1_024;

function sameBytes(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  // From the end, since names share their beginnings (`gen_ai.tool.call.…`).
  for (let i = name.length - 1; i >= 0; i -= 1) if (name[i] !== bytes[start + i]) return false;
  return true;
}
