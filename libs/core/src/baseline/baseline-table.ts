/**
 * Baselines of many agents in typed arrays: an agent is an integer slot. No object per agent, so that a million of them cost
 * memory once and the garbage collector nothing.
 */
import { type HabitBlock, restoreBlock, serializeBlock } from "./habits/block.ts";
import { HabitBlocks } from "./habits/blocks.ts";
import * as layout from "./layout.ts";
import { settleToday } from "./reference.ts";
import { APPENDED_FORMAT, APPENDED_WORDS, FIGURE_WORDS, FORMAT, FORMAT_WITH_HABITS, STORED_WORDS, TIME_AT } from "./stored.ts";

/** Constants of this module, for speed: see `layout.ts`. */
const { CACHE_LINE_WORDS, RATES_AT, RESOURCES_AT, STRIDE_BYTES, STRIDE_WORDS } = layout;

/**
 * Slots per page; pages are made when first needed and kept. So many that what a million agents' pages are found by stays in the
 * processor's nearest cache; the system gives their memory as it is first written.
 */
const PAGE_SLOTS = 16_384;
const PAGE_SHIFT = 14;
/**
 * Large blocks begin 16 bytes after a memory page's start on the platforms we run on (the allocator's own header): agents begin on
 * a cache line when the rest of that line is skipped. Elsewhere it only costs these bytes.
 */
const LINE_OFFSET_BYTES = CACHE_LINE_WORDS * 4 - 16;
/** Agents held at once unless said otherwise. Above it, the owner must free a slot first. */
export const DEFAULT_CAPACITY = 1_000_000;
/** What follows is touched by two probes, or by the few destructive actions. */
const WARM_WORDS = RESOURCES_AT;

export interface Page {
  readonly f64: Float64Array;
  readonly f32: Float32Array;
  readonly u32: Uint32Array;
}

export class BaselineTable {
  readonly #pages: Page[] = [];
  readonly #free: number[] = [];
  /** By slot, of the agents that have one. */
  readonly #habits = new HabitBlocks();
  readonly #capacity: number;
  #used = 0;

  constructor(capacity: number = DEFAULT_CAPACITY) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError("capacity must be a whole number of at least 1");
    this.#capacity = capacity;
  }

  /** Agents held at once, at most. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Slots in use. */
  get size(): number {
    return this.#used - this.#free.length;
  }

  /** Bytes of all pages, which the table costs whoever lives in it, and of the habits of those who have some. */
  get bytes(): number {
    return Math.min(this.#pages.length * PAGE_SLOTS, this.#capacity) * STRIDE_BYTES + this.habitBytes;
  }

  /** Bytes of the agents' habits alone. */
  get habitBytes(): number {
    return this.#habits.bytes;
  }

  /** A zeroed slot, or null when the table is full: free one first. */
  allocate(): number | null {
    const freed = this.#free.pop();
    if (freed !== undefined) return freed;
    if (this.#used >= this.#capacity) return null;
    const slot = this.#used++;
    if (slot >> PAGE_SHIFT === this.#pages.length) this.#pages.push(newPage(Math.min(PAGE_SLOTS, this.#capacity - slot)));
    return slot;
  }

  /** Forgets the slot's figures and gives it back. */
  free(slot: number): void {
    const at = this.wordAt(slot);
    this.page(slot).u32.fill(0, at, at + STRIDE_WORDS);
    this.#habits.free(slot);
    this.#free.push(slot);
  }

  /** The habits of the slot's agent, made when first asked for. */
  habits(slot: number): HabitBlock {
    return this.#habits.of(slot);
  }

  forgetHabits(slot: number): void {
    this.#habits.free(slot);
  }

  page(slot: number): Page {
    return this.#pages[slot >> PAGE_SHIFT]!;
  }

  /** First 4-byte word of the slot within its page. */
  wordAt(slot: number): number {
    return (slot & (PAGE_SLOTS - 1)) * STRIDE_WORDS;
  }

  /**
   * Reads a word of every line that judging an action reads, for all agents of a turn before the first is judged: their cache
   * misses overlap instead of queueing, which at a million agents is most of what judging costs. One line of every agent comes
   * before the rest of any, so that the walks through the page tables overlap as well. Answers a sum that means nothing, so that
   * the reads are not optimised away.
   */
  warm(slots: readonly number[]): number {
    let sum = 0;
    for (const slot of slots) sum += this.page(slot).u32[this.wordAt(slot)]!;
    for (const slot of slots) {
      const { u32 } = this.page(slot);
      const at = this.wordAt(slot);
      for (let line = CACHE_LINE_WORDS; line < WARM_WORDS; line += CACHE_LINE_WORDS) sum += u32[at + line]!;
      sum += u32[at + RATES_AT]!;
    }
    return sum;
  }

  /** Compact bytes: a map of the words that are not zero, then those words; likewise what was appended to the format since. About 0.2–1.5 KB. Behind them the habits, where there are any. */
  serialize(slot: number): Uint8Array {
    const { f32, u32 } = this.page(slot);
    const from = this.wordAt(slot);
    settleToday(f32, from);
    const bytes = new Uint8Array(1 + sectionBytes(STORED_WORDS) + COUNT_BYTES + sectionBytes(APPENDED_WORDS));
    const view = new DataView(bytes.buffer);
    let at = writeSection(view, 1, STORED_WORDS, u32, from);
    const block = this.#habits.has(slot) ? this.#habits.of(slot) : undefined;
    const appended = block !== undefined || APPENDED_WORDS.some((word) => u32[from + word] !== 0);
    bytes[0] = block !== undefined ? FORMAT_WITH_HABITS : appended ? APPENDED_FORMAT : FORMAT;
    if (appended) {
      view.setUint16(at, APPENDED_WORDS.length, true);
      at = writeSection(view, at + COUNT_BYTES, APPENDED_WORDS, u32, from);
    }
    if (block === undefined) return bytes.slice(0, at);
    const habits = serializeBlock(block);
    const both = new Uint8Array(at + habits.length);
    both.set(bytes.subarray(0, at));
    both.set(habits, at);
    return both;
  }

  /** Puts serialized bytes into a slot. `unusable`: another format or cut short; the slot is left zeroed. */
  restore(slot: number, bytes: Uint8Array): "restored" | "unusable" {
    const { u32, f32, f64 } = this.page(slot);
    const from = this.wordAt(slot);
    u32.fill(0, from, from + STRIDE_WORDS);
    this.#habits.free(slot);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = readWords(view, u32, from);
    const complete = end !== -1 && finite(f32, f64, from) && this.#restoreHabits(slot, bytes, end);
    if (!complete) u32.fill(0, from, from + STRIDE_WORDS);
    return complete ? "restored" : "unusable";
  }

  /** Reads what lies behind a baseline's words. False where that is not what its format says. */
  #restoreHabits(slot: number, bytes: Uint8Array, at: number): boolean {
    if (bytes[0] !== FORMAT_WITH_HABITS) return at === bytes.length;
    const block = restoreBlock(bytes.subarray(at));
    if (block === null) return false;
    this.#habits.put(slot, block);
    return true;
  }
}

/** How many words an appended part knows of: older builds appended fewer. */
const COUNT_BYTES = 2;

function sectionBytes(words: Uint16Array): number {
  return Math.ceil(words.length / 8) + words.length * 4;
}

/** Answers where the section ends. */
function writeSection(view: DataView, start: number, words: Uint16Array, u32: Uint32Array, from: number): number {
  let at = start + Math.ceil(words.length / 8);
  for (let word = 0; word < words.length; word += 1) {
    const value = u32[from + words[word]!]!;
    if (value === 0) continue;
    view.setUint8(start + (word >> 3), view.getUint8(start + (word >> 3)) | (1 << (word & 7)));
    view.setUint32(at, value, true);
    at += 4;
  }
  return at;
}

/** Reads the first `count` of the words; answers where the section ends, or −1 where it is cut short. */
function readSection(view: DataView, start: number, words: Uint16Array, count: number, u32: Uint32Array, from: number): number {
  let at = start + Math.ceil(count / 8);
  if (at > view.byteLength) return -1;
  for (let word = 0; word < count; word += 1) {
    if ((view.getUint8(start + (word >> 3)) & (1 << (word & 7))) === 0) continue;
    if (at + 4 > view.byteLength) return -1;
    u32[from + words[word]!] = view.getUint32(at, true);
    at += 4;
  }
  return at;
}

/** Reads all words of a baseline; answers where they end, or −1 where the bytes are no baseline of a known format. */
function readWords(view: DataView, u32: Uint32Array, from: number): number {
  const format = view.byteLength < 1 ? 0 : view.getUint8(0);
  if (format !== FORMAT && format !== APPENDED_FORMAT && format !== FORMAT_WITH_HABITS) return -1;
  const end = readSection(view, 1, STORED_WORDS, STORED_WORDS.length, u32, from);
  if (end === -1 || format === FORMAT) return end;
  if (end + COUNT_BYTES > view.byteLength) return -1;
  const count = view.getUint16(end, true);
  // A later build's words mean nothing here.
  return count > APPENDED_WORDS.length ? -1 : readSection(view, end + COUNT_BYTES, APPENDED_WORDS, count, u32, from);
}

/** A figure that is no number would make every later one none: such a state is refused whole. */
function finite(f32: Float32Array, f64: Float64Array, from: number): boolean {
  return TIME_AT.every((at) => Number.isFinite(f64[from / 2 + at]!)) && FIGURE_WORDS.every((at) => Number.isFinite(f32[from + at]!));
}

function newPage(slots: number): Page {
  const words = slots * STRIDE_WORDS;
  const buffer = new ArrayBuffer(words * 4 + LINE_OFFSET_BYTES);
  return {
    f64: new Float64Array(buffer, LINE_OFFSET_BYTES, words / 2),
    f32: new Float32Array(buffer, LINE_OFFSET_BYTES, words),
    u32: new Uint32Array(buffer, LINE_OFFSET_BYTES, words),
  };
}
