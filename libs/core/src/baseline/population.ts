/**
 * What agents of a role, and all agents, have done: where an agent's own history ends, theirs says whether something new for it
 * is new altogether. Holds hashed names only, in fixed memory.
 */
import { hashName, sketchAdd, sketchFull, sketchHas } from "./sketch.ts";

/** Roles told apart; the agents of further roles count among all agents only. */
export const MAX_ROLES = 256;
const TALLY_WORDS = 256;
/** Assumed share of what is new for an agent that is also new for its role. */
const ASSUMED_NEW = 2;
const ASSUMED_KNOWN = 2;
const BET = 0.5;
const MAX_SEEN = 5_000;
const FORMAT = 1;

interface Tally {
  readonly words: Uint32Array;
  /** Names new for an agent, and those among them new here. */
  seen: number;
  fresh: number;
}

export class Population {
  readonly #roles = new Map<number, Tally>();
  readonly #all = newTally();
  #changed = false;

  /** Bits that a name new for an agent of `role` gains (new for others too) or loses (known to them). */
  bitsFor(role: string | null, nameHash: number): number {
    const roleTally = role === null ? undefined : this.#roles.get(hashName(role, 0));
    const all = bitsOf(this.#all, nameHash);
    // The average of two fair bets on one thing is fair; their product would count it twice.
    return roleTally === undefined ? all : Math.log2((2 ** all + 2 ** bitsOf(roleTally, nameHash)) / 2);
  }

  /** Takes in a name that was new for an agent. */
  learn(role: string | null, nameHash: number): void {
    this.#changed = true;
    learnName(this.#all, nameHash);
    if (role === null) return;
    const key = hashName(role, 0);
    let tally = this.#roles.get(key);
    if (tally === undefined) {
      if (this.#roles.size >= MAX_ROLES) return;
      tally = newTally();
      this.#roles.set(key, tally);
    }
    learnName(tally, nameHash);
  }

  /** True once after each change: then the state is worth storing. */
  takeChanged(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  serialize(): Uint8Array {
    const tallies = [[0, this.#all] as const, ...this.#roles];
    const bytes = new Uint8Array(1 + tallies.length * TALLY_BYTES);
    const view = new DataView(bytes.buffer);
    bytes[0] = FORMAT;
    tallies.forEach(([key, tally], index) => {
      const at = 1 + index * TALLY_BYTES;
      view.setUint32(at, key, true);
      view.setFloat64(at + 4, tally.seen, true);
      view.setFloat64(at + 12, tally.fresh, true);
      tally.words.forEach((word, offset) => view.setUint32(at + 20 + offset * 4, word, true));
    });
    return bytes;
  }

  /** Replaces everything by a stored state; `unusable`: another format, left empty. */
  restore(bytes: Uint8Array): "restored" | "unusable" {
    this.#roles.clear();
    Object.assign(this.#all, newTally());
    const count = (bytes.length - 1) / TALLY_BYTES;
    if (bytes[0] !== FORMAT || !Number.isInteger(count) || count < 1 || count > MAX_ROLES + 1) return "unusable";
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let index = 0; index < count; index += 1) {
      const at = 1 + index * TALLY_BYTES;
      const tally = index === 0 ? this.#all : newTally();
      tally.seen = view.getFloat64(at + 4, true);
      tally.fresh = view.getFloat64(at + 12, true);
      for (let word = 0; word < TALLY_WORDS; word += 1) tally.words[word] = view.getUint32(at + 20 + word * 4, true);
      if (index > 0) this.#roles.set(view.getUint32(at, true), tally);
    }
    return "restored";
  }
}

const TALLY_BYTES = 20 + TALLY_WORDS * 4;

function newTally(): Tally {
  return { words: new Uint32Array(TALLY_WORDS), seen: 0, fresh: 0 };
}

function bitsOf(tally: Tally, hash: number): number {
  const share = (tally.fresh + ASSUMED_NEW) / (tally.seen + ASSUMED_NEW + ASSUMED_KNOWN);
  if (!sketchHas(tally.words, 0, TALLY_WORDS, hash)) return sketchFull(tally.words, 0, TALLY_WORDS) ? 0 : Math.log2(BET / share);
  return Math.log2((1 - BET) / (1 - share));
}

function learnName(tally: Tally, hash: number): void {
  tally.seen += 1;
  if (!sketchHas(tally.words, 0, TALLY_WORDS, hash)) tally.fresh += 1;
  sketchAdd(tally.words, 0, TALLY_WORDS, hash);
  if (tally.seen <= MAX_SEEN) return;
  tally.seen /= 2;
  tally.fresh /= 2;
}
