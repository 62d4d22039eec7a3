/**
 * Keeps an injected secret out of what comes back, as it is and in the encodings in which servers echo what they were sent: every byte of it
 * becomes `*`, so that lengths stay as the upstream said.
 */
import { EscapedText, MIN_CHARS, needlesOf } from "./encodings.ts";

const STAR = 0x2a;

export class Scrubber {
  readonly #needles: readonly Buffer[];
  readonly #escaped: readonly EscapedText[];
  /** First bytes of what is looked for. */
  readonly #first = new Uint8Array(256);
  /** Longest and shortest of what is looked for. */
  readonly #longest: number;
  readonly #shortest: number;
  #held: Buffer | null = null;

  constructor(secret: string | null) {
    const bytes = Buffer.from(secret !== null && secret.length >= MIN_CHARS ? secret : "");
    this.#needles = bytes.length === 0 ? [] : needlesOf(bytes);
    this.#escaped = bytes.length === 0 ? [] : [new EscapedText(bytes, "percent"), new EscapedText(bytes, "json")];
    for (const [first] of this.#needles) this.#first[first!] = 1;
    const lengths = this.#needles.map(({ length }) => length);
    this.#longest = Math.max(0, ...lengths);
    // In signs: a text has no more of them than bytes.
    this.#shortest = Math.min(...lengths, secret?.length ?? 0);
  }

  text(value: string): string {
    if (this.#needles.length === 0 || value.length < this.#shortest) return value;
    const data = Buffer.from(value);
    return this.#clean(data).isChanged ? data.toString() : value;
  }

  /** What may be passed on now; the beginning of what may be the secret waits for the next part. Writes into `part`. */
  push(part: Buffer): Buffer {
    if (this.#needles.length === 0) return part;
    const data = this.#held === null ? part : Buffer.concat([this.#held, part]);
    const { begun } = this.#clean(data);
    const from = Math.min(begun, this.#begun(data));
    this.#held = from === data.length ? null : Buffer.from(data.subarray(from));
    return from === data.length ? data : data.subarray(0, from);
  }

  end(): Buffer | null {
    const held = this.#held;
    this.#held = null;
    return held;
  }

  /** `begun`: where it may have begun with some of it escaped. */
  #clean(data: Buffer): { readonly isChanged: boolean; readonly begun: number } {
    let isChanged = false;
    let begun = data.length;
    for (const needle of this.#needles) {
      for (let at = data.indexOf(needle); at >= 0; at = data.indexOf(needle, at + needle.length)) {
        data.fill(STAR, at, at + needle.length);
        isChanged = true;
      }
    }
    for (const text of this.#escaped) {
      const { found, begun: from } = text.in(data);
      for (const range of found) data.fill(STAR, range.from, range.to);
      isChanged ||= found.length > 0;
      begun = Math.min(begun, from);
    }
    return { isChanged, begun };
  }

  /** Where any of it may have begun at the end of `data`; its length where it has not. */
  #begun(data: Buffer): number {
    for (let at = Math.max(0, data.length - this.#longest + 1); at < data.length; at += 1) {
      if (this.#first[data[at]!] === 0) continue;
      const rest = data.length - at;
      for (const needle of this.#needles) if (needle.length > rest && needle[0] === data[at] && data.compare(needle, 0, rest, at) === 0) return at;
    }
    return data.length;
  }
}
