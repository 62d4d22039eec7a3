/**
 * The blocks of many agents, side by side in few large pieces of memory, found by the agents' slots. An object for each, with its views
 * and their memory's own, took half a kilobyte more: views are made when a block is asked for.
 */
import { BLOCK_BYTES, type HabitBlock, OLDER_BYTES } from "./block.ts";

/** Entries of one piece. The system gives a piece's memory as it is first written. */
const PIECE_ENTRIES = 256;
const FIRST_SLOTS = 1_024;

/** Entries of one size, each of a slot. */
class Pieces {
  readonly #entryBytes: number;
  readonly #pieces: ArrayBuffer[] = [];
  readonly #free: number[] = [];
  /** By slot: its entry + 1; 0: none. */
  #entryOf = new Uint32Array(0);
  #used = 0;

  constructor(entryBytes: number) {
    this.#entryBytes = entryBytes;
  }

  get bytes(): number {
    return (this.#used - this.#free.length) * this.#entryBytes;
  }

  has(slot: number): boolean {
    return slot < this.#entryOf.length && this.#entryOf[slot] !== 0;
  }

  /** Where the slot's entry lies; made, all zeros, when it has none. */
  place(slot: number): { readonly buffer: ArrayBuffer; readonly at: number } {
    const entry = this.has(slot) ? this.#entryOf[slot]! - 1 : this.#newEntry(slot);
    return { buffer: this.#pieces[Math.floor(entry / PIECE_ENTRIES)]!, at: (entry % PIECE_ENTRIES) * this.#entryBytes };
  }

  free(slot: number): void {
    if (!this.has(slot)) return;
    const { buffer, at } = this.place(slot);
    new Uint8Array(buffer, at, this.#entryBytes).fill(0);
    this.#free.push(this.#entryOf[slot]! - 1);
    this.#entryOf[slot] = 0;
  }

  #newEntry(slot: number): number {
    const entry = this.#free.pop() ?? this.#used++;
    if (entry === this.#pieces.length * PIECE_ENTRIES) this.#pieces.push(new ArrayBuffer(PIECE_ENTRIES * this.#entryBytes));
    if (slot >= this.#entryOf.length) {
      const grown = new Uint32Array(Math.max(FIRST_SLOTS, 2 ** Math.ceil(Math.log2(slot + 1))));
      grown.set(this.#entryOf);
      this.#entryOf = grown;
    }
    this.#entryOf[slot] = entry + 1;
    return entry;
  }
}

export class HabitBlocks {
  readonly #blocks = new Pieces(BLOCK_BYTES);
  readonly #older = new Pieces(OLDER_BYTES);

  get bytes(): number {
    return this.#blocks.bytes + this.#older.bytes;
  }

  has(slot: number): boolean {
    return this.#blocks.has(slot);
  }

  /** The block of the slot's agent, made when first asked for. Not for longer than until the slot is freed. */
  of(slot: number): HabitBlock {
    const { buffer, at } = this.#blocks.place(slot);
    return {
      u8: new Uint8Array(buffer, at, BLOCK_BYTES),
      u32: new Uint32Array(buffer, at, BLOCK_BYTES / 4),
      f32: new Float32Array(buffer, at, BLOCK_BYTES / 4),
      older: this.#older.has(slot) ? this.#olderOf(slot) : null,
      makeOlder: () => this.#olderOf(slot),
    };
  }

  /** Puts a copy of `block` in the place of whatever the slot had. */
  put(slot: number, block: HabitBlock): void {
    this.free(slot);
    const own = this.of(slot);
    own.u8.set(block.u8);
    if (block.older !== null) own.makeOlder().set(block.older);
  }

  free(slot: number): void {
    this.#blocks.free(slot);
    this.#older.free(slot);
  }

  #olderOf(slot: number): Uint8Array {
    const { buffer, at } = this.#older.place(slot);
    return new Uint8Array(buffer, at, OLDER_BYTES);
  }
}
