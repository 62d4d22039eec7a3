/**
 * Keeps an injected secret out of what comes back, as it is and in the encodings in which servers echo what they were sent: every byte of it
 * becomes `*`, so that lengths stay as the upstream said.
 */
import { EscapedText, MIN_CHARS, needlesOf } from "./encodings.ts";

const STAR = 0x2a;

/** What is looked for of one secret. */
interface Sought {
  readonly needles: readonly Buffer[];
  readonly escaped: readonly EscapedText[];
  /** First bytes of the needles. */
  readonly first: Uint8Array;
  readonly longest: number;
  /** In signs: a text has no more of them than bytes. */
  readonly shortest: number;
}

const NOTHING: Sought = { needles: [], escaped: [], first: new Uint8Array(256), longest: 0, shortest: 0 };

/** Made once for each secret, since every exchange needs it; at most as many as upstreams inject. */
const made = new Map<string, Sought>();
const MAX_MADE = 1_024;

function soughtOf(secret: string): Sought {
  const known = made.get(secret);
  if (known !== undefined) return known;
  const bytes = Buffer.from(secret);
  const needles = needlesOf(bytes);
  const first = new Uint8Array(256);
  for (const needle of needles) first[needle[0]!] = 1;
  const lengths = needles.map(({ length }) => length);
  const sought = { needles, first, escaped: [new EscapedText(bytes, "percent"), new EscapedText(bytes, "json")], longest: Math.max(...lengths), shortest: Math.min(...lengths, secret.length) };
  if (made.size >= MAX_MADE) made.clear();
  made.set(secret, sought);
  return sought;
}

export class Scrubber {
  readonly #sought: Sought;
  #held: Buffer | null = null;

  constructor(secret: string | null) {
    this.#sought = secret !== null && secret.length >= MIN_CHARS ? soughtOf(secret) : NOTHING;
  }

  text(value: string): string {
    if (this.#sought === NOTHING || value.length < this.#sought.shortest) return value;
    const data = Buffer.from(value);
    return this.#clean(data).isChanged ? data.toString() : value;
  }

  /** What may be passed on now; the beginning of what may be the secret waits for the next part. Writes into `part`. */
  push(part: Buffer): Buffer {
    if (this.#sought === NOTHING) return part;
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
    for (const needle of this.#sought.needles) {
      for (let at = data.indexOf(needle); at >= 0; at = data.indexOf(needle, at + needle.length)) {
        data.fill(STAR, at, at + needle.length);
        isChanged = true;
      }
    }
    for (const text of this.#sought.escaped) {
      const { found, begun: from } = text.in(data);
      for (const range of found) data.fill(STAR, range.from, range.to);
      isChanged ||= found.length > 0;
      begun = Math.min(begun, from);
    }
    return { isChanged, begun };
  }

  /** Where any of it may have begun at the end of `data`; its length where it has not. */
  #begun(data: Buffer): number {
    const { needles, first, longest } = this.#sought;
    for (let at = Math.max(0, data.length - longest + 1); at < data.length; at += 1) {
      if (first[data[at]!] === 0) continue;
      const rest = data.length - at;
      for (const needle of needles) if (needle.length > rest && needle[0] === data[at] && data.compare(needle, 0, rest, at) === 0) return at;
    }
    return data.length;
  }
}
