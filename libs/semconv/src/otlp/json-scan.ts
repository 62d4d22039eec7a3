/**
 * Structural scanning of JSON bytes: where values begin and end, and how deep they nest, without making anything. Depth is
 * therefore known before any parser recurses, and a large body can be parsed one item at a time.
 */
import type { ReadProblem } from "./item.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

export class Scanner {
  readonly bytes: Buffer;
  readonly maxDepth: number;
  pos = 0;
  problem: ReadProblem | null = null;
  detail = "";
  /** Range of the key that `members` stands at, without its quotes. */
  keyStart = 0;
  keyStop = 0;

  constructor(bytes: Uint8Array, maxDepth: number) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.maxDepth = maxDepth;
    // A byte order mark is not JSON, but some senders write one.
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.pos = 3;
  }

  fail(problem: ReadProblem, detail: string): void {
    if (this.problem === null) {
      this.problem = problem;
      this.detail = `${detail} at byte ${this.pos}`;
    }
    this.pos = this.bytes.length;
  }

  /** Enters an object; false (with a problem set) where there is none. `null` is an absent object. */
  enterObject(): boolean {
    return this.#enter(OPEN_BRACE);
  }
  enterArray(): boolean {
    return this.#enter(OPEN_BRACKET);
  }

  #enter(open: number): boolean {
    const byte = this.#peek();
    if (byte === open) {
      this.pos += 1;
      return true;
    }
    const start = this.pos;
    this.skipValue();
    if (this.bytes.toString("latin1", start, this.pos) !== "null") this.fail("malformed", "unexpected value");
    return false;
  }

  /** Moves to the next member's value; false after the closing brace. `first` is true for the first call of an object. */
  nextMember(first: boolean): boolean {
    if (!this.#nextOf(CLOSE_BRACE, first)) return false;
    if (this.#peek() !== QUOTE) {
      this.fail("malformed", "expected a key");
      return false;
    }
    this.keyStart = this.pos + 1;
    this.#skipString();
    this.keyStop = this.pos - 1;
    if (this.#peek() !== COLON) this.fail("malformed", "expected a colon");
    else this.pos += 1;
    return this.problem === null;
  }

  nextElement(first: boolean): boolean {
    return this.#nextOf(CLOSE_BRACKET, first);
  }

  #nextOf(close: number, first: boolean): boolean {
    const byte = this.#peek();
    if (byte === close) {
      this.pos += 1;
      return false;
    }
    if (!first) {
      if (byte !== COMMA) {
        this.fail("malformed", "expected a comma");
        return false;
      }
      this.pos += 1;
    }
    if (this.#peek() < 0) this.fail("malformed", "unexpected end");
    return this.problem === null;
  }

  keyIs(name: string): boolean {
    if (this.keyStop - this.keyStart !== name.length) return false;
    for (let i = 0; i < name.length; i += 1) if (this.bytes[this.keyStart + i] !== name.charCodeAt(i)) return false;
    return true;
  }

  /** Steps over one value of any kind. Brackets must balance and nest no deeper than `maxDepth`; the rest is the parser's to check. */
  skipValue(): void {
    const { bytes } = this;
    let depth = 0;
    this.#peek();
    const start = this.pos;
    while (this.pos < bytes.length) {
      const byte = bytes[this.pos]!;
      if (byte === QUOTE) {
        this.#skipString();
        if (depth === 0) return;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        depth += 1;
        if (depth > this.maxDepth) return this.fail("too-deep", "value");
        this.pos += 1;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (depth === 0) break;
        depth -= 1;
        this.pos += 1;
        if (depth === 0) return;
      } else if (depth === 0 && (byte === COMMA || byte <= 0x20)) break;
      else this.pos += 1;
    }
    if (depth > 0) this.fail("malformed", "unexpected end");
    else if (this.pos === start) this.fail("malformed", "expected a value");
  }

  /** After the outermost value only white space may follow. */
  expectEnd(): void {
    if (this.problem === null && this.#peek() >= 0) this.fail("malformed", "text after the end");
  }

  #skipString(): void {
    const { bytes } = this;
    let pos = this.pos + 1;
    while (pos < bytes.length) {
      const byte = bytes[pos]!;
      if (byte === QUOTE) {
        this.pos = pos + 1;
        return;
      }
      pos += byte === BACKSLASH ? 2 : 1;
    }
    this.fail("malformed", "unexpected end");
  }

  /** The next byte that is not white space, or -1. */
  #peek(): number {
    const { bytes } = this;
    while (this.pos < bytes.length) {
      const byte = bytes[this.pos]!;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.pos += 1;
    }
    return -1;
  }
}
