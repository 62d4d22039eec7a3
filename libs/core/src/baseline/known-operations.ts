/**
 * Names of operations that agents ordinarily use, for people: a baseline keeps hashes alone, which say that something is new, and not what it
 * is new beside. In memory only and of fixed size: what is forgotten costs a sentence, never a verdict.
 */
import { hashName } from "./sketch.ts";

/** Names kept of one agent: the last ones noted. */
export const OPERATIONS_KEPT = 24;
/** Agents kept at once. Two whose slots fall on one row take turns. */
export const ROWS = 16_384;
/** Names told apart, all agents together. When there are more all is forgotten, since agents choose names. */
export const MAX_NAMES = 16_384;
const NAME_CHARS = 128;
const NEAREST = 3;

export class KnownOperations {
  /** By row: ids of names, 0 where there is none. Made with the first note, since whoever only measures needs none. */
  #ids: Uint16Array | null = null;
  readonly #owners = new Uint32Array(ROWS);
  readonly #cursors = new Uint8Array(ROWS);
  #names: string[] = [""];
  #idOf = new Map<string, number>();

  /** Notes an ordinary operation of the agent in `slot`. */
  note(slot: number, agent: string, operation: string): void {
    const name = operation.slice(0, NAME_CHARS);
    const id = this.#idOfName(name);
    const row = slot % ROWS;
    const ids = (this.#ids ??= new Uint16Array(ROWS * OPERATIONS_KEPT));
    const from = row * OPERATIONS_KEPT;
    const owner = hashName(agent, 0);
    if (this.#owners[row] !== owner) {
      ids.fill(0, from, from + OPERATIONS_KEPT);
      this.#owners[row] = owner;
      this.#cursors[row] = 0;
    }
    for (let at = from; at < from + OPERATIONS_KEPT; at += 1) if (ids[at] === id) return;
    ids[from + this.#cursors[row]!] = id;
    this.#cursors[row] = (this.#cursors[row]! + 1) % OPERATIONS_KEPT;
  }

  /** At most three of the agent's ordinary operations, the most alike first; empty where none is known or none is at all alike. */
  nearest(slot: number, agent: string, operation: string): string[] {
    const row = slot % ROWS;
    if (this.#ids === null || this.#owners[row] !== hashName(agent, 0)) return [];
    const words = wordsOf(operation);
    const from = row * OPERATIONS_KEPT;
    const known = Array.from(this.#ids.subarray(from, from + OPERATIONS_KEPT)).filter((id) => id !== 0);
    const names = known.map((id) => this.#names[id] ?? "").filter((name) => name !== operation.slice(0, NAME_CHARS));
    const ranked = names.map((name) => ({ name, likeness: likeness(words, wordsOf(name)) })).filter((one) => one.likeness > 0);
    return ranked.toSorted((a, b) => b.likeness - a.likeness).slice(0, NEAREST).map(({ name }) => name);
  }

  #idOfName(name: string): number {
    const known = this.#idOf.get(name);
    if (known !== undefined) return known;
    if (this.#names.length > MAX_NAMES) this.#forget();
    const id = this.#names.push(name) - 1;
    this.#idOf.set(name, id);
    return id;
  }

  #forget(): void {
    this.#ids?.fill(0);
    this.#names = [""];
    this.#idOf = new Map();
  }
}

/** `mcp__shop__deleteOrder` and `shop.delete-order` have the same. */
function wordsOf(name: string): Set<string> {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/gu, "$1 $2").toLowerCase().split(/[^a-z0-9]+/u);
  return new Set(words.filter((word) => word !== ""));
}

/** Share of words in common. */
function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let common = 0;
  for (const word of one) if (other.has(word)) common += 1;
  return common / Math.max(1, one.size + other.size - common);
}
