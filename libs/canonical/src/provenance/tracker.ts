/**
 * Where the values in a call's arguments came from: the task a person set, the output of an earlier tool, or nowhere the session
 * has seen. A side-effecting call with a value out of tool output is the strongest single sign of a hijacked agent.
 */
import { sha256Hex } from "../hash.ts";
import { BoundedSet } from "./bounded-set.ts";
import { forEachValue, isSpecific, MIN_VALUE_CHARS, normal } from "./values.ts";

export type Origin = "task" | "tool-output" | "novel";

export interface ProvenanceBounds {
  /** Distinct values remembered per origin; about 100 bytes each. */
  readonly values: number;
  /** Values taken from one text. */
  readonly valuesPerText: number;
  /** Characters read of one text. */
  readonly textChars: number;
  /** Entries in one answer. */
  readonly entries: number;
  /** Longest argument path, in characters. */
  readonly pathChars: number;
  readonly depth: number;
}

/** The bounds of a session's tracker; entries and path length equal the model's limits. */
export const PROVENANCE_BOUNDS: ProvenanceBounds = {
  values: 20_000,
  valuesPerText: 4_000,
  textChars: 262_144,
  entries: 64,
  pathChars: 256,
  depth: 8,
};

const KEY_BYTES = 16;

/** One session's memory of values. It keeps keyed hashes only: a dump of it gives nothing away. */
export class ProvenanceTracker {
  readonly #key: string;
  readonly #bounds: ProvenanceBounds;
  readonly #task: BoundedSet;
  readonly #output: BoundedSet;

  /** `key`: at least 16 random bytes, made by the caller per process or session; throws RangeError when shorter. */
  constructor(key: Uint8Array, bounds: ProvenanceBounds = PROVENANCE_BOUNDS) {
    if (key.length < KEY_BYTES) throw new RangeError(`provenance key of ${key.length} bytes; at least ${KEY_BYTES} needed`);
    this.#key = sha256Hex(key);
    this.#bounds = bounds;
    this.#task = new BoundedSet(bounds.values);
    this.#output = new BoundedSet(bounds.values);
  }

  /** Remembers the values in what a person asked for. */
  sawTask(text: string): void {
    this.#remember(text, this.#task);
  }

  /** Remembers the values in what a tool gave back. */
  sawToolOutput(text: string): void {
    this.#remember(text, this.#output);
  }

  /**
   * Origin of each argument value by its path (`a.b[0]`; a bare value has the path ``), at most `entries` of them. A value counts as
   * seen if it occurred as a whole, or by its ids, paths, addresses and words of four characters or more; the task outranks tool output.
   * Booleans, nulls and values of fewer than four characters are left out. Never throws: what cannot be read is left out.
   */
  provenanceOf(args: unknown): Record<string, Origin> {
    const found: [string, Origin][] = [];
    this.#walk(args, "", 0, found);
    return Object.fromEntries(found);
  }

  #walk(value: unknown, path: string, depth: number, found: [string, Origin][]): void {
    if (found.length >= this.#bounds.entries || path.length > this.#bounds.pathChars) return;
    if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") {
      const origin = this.#originOf(typeof value === "string" ? value : String(value));
      if (origin !== null) found.push([path, origin]);
      return;
    }
    if (typeof value !== "object" || value === null || depth >= this.#bounds.depth) return;
    try {
      if (Array.isArray(value)) {
        const length = Math.min(value.length, this.#bounds.entries);
        for (let i = 0; i < length; i++) this.#walk(value[i], `${path}[${i}]`, depth + 1, found);
        return;
      }
      for (const key of Object.keys(value).slice(0, this.#bounds.entries)) {
        this.#walk((value as Record<string, unknown>)[key], path === "" ? key : `${path}.${key}`, depth + 1, found);
      }
    } catch {
      // A getter or Proxy of the caller's threw: its value has no provenance, the others keep theirs.
    }
  }

  #originOf(value: string): Origin | null {
    const text = value.length > this.#bounds.textChars ? value.slice(0, this.#bounds.textChars) : value;
    const whole = normal(text);
    if (whole.length < MIN_VALUE_CHARS) return null;
    const hash = this.#hash(whole);
    if (this.#task.touch(hash)) return "task";
    if (this.#output.touch(hash)) return "tool-output";
    return this.#originOfWords(text);
  }

  /**
   * Of a sentence or command. One id, path or address out of tool output makes it tool output, whatever stands around it: that is
   * how an injected target looks. Plain words prove something only when all of them were seen.
   */
  #originOfWords(text: string): Origin {
    let words = 0;
    let fromTask = 0;
    let fromOutput = 0;
    let isTarget = false;
    forEachValue(text, this.#bounds.valuesPerText, (word) => {
      words++;
      const hash = this.#hash(word);
      if (this.#task.touch(hash)) fromTask++;
      else if (this.#output.touch(hash)) {
        fromOutput++;
        isTarget ||= isSpecific(word);
      }
    });
    if (isTarget) return "tool-output";
    if (words === 0 || fromTask + fromOutput < words) return "novel";
    return fromOutput === 0 ? "task" : "tool-output";
  }

  #remember(text: string, into: BoundedSet): void {
    const read = text.length > this.#bounds.textChars ? text.slice(0, this.#bounds.textChars) : text;
    const whole = normal(read);
    if (whole.length >= MIN_VALUE_CHARS) into.add(this.#hash(whole));
    forEachValue(read, this.#bounds.valuesPerText, (value) => into.add(this.#hash(value)));
  }

  /** 96 bits of a keyed hash: no two values of a session collide by chance. HMAC would double the cost and adds nothing to a look-up. */
  #hash(value: string): string {
    return sha256Hex(this.#key + value).slice(0, 24);
  }
}
