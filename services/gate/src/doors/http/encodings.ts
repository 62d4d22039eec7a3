/** How a secret may stand in an answer: as it is, or in one of the encodings that servers put what they echo into. */

/** Shorter texts stand in honest answers too. */
export const MIN_CHARS = 8;

/**
 * What each encoding always makes of these bytes, as bytes to look for: themselves, hexadecimal, and base64 in both alphabets, wherever in its
 * groups of three the secret begins. Of base64 the first and last sign may hold bits of what stands beside it, and are left out.
 */
export function needlesOf(secret: Buffer): Buffer[] {
  const hex = secret.toString("hex");
  const texts = new Set([hex, hex.toUpperCase(), ...[0, 1, 2].flatMap((before) => base64At(secret, before))]);
  return [secret, ...[...texts].filter((text) => text.length >= MIN_CHARS).map((text) => Buffer.from(text))];
}

const BITS = 6;
const BYTE_BITS = 8;

function base64At(secret: Buffer, before: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(before), secret]);
  const from = Math.ceil((before * BYTE_BITS) / BITS);
  const to = Math.floor((whole.length * BYTE_BITS) / BITS);
  return (["base64", "base64url"] as const).map((alphabet) => whole.toString(alphabet).slice(from, to));
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Escaped {
  /** Where it stands, in order. */
  readonly found: readonly Range[];
  /** Where it may have begun at the end; the length where it has not. */
  readonly begun: number;
}

/** One sign of an escaped text: how many bytes it takes and what it stands for; -1: it may go on in what is still to come. */
type Unit = (data: Buffer, at: number, unit: { bytes: number; value: number }) => void;

/** Finds a text of which any byte may be escaped. In time that grows with the data alone, whatever stands in it. */
export class EscapedText {
  readonly #secret: Buffer;
  readonly #unit: Unit;
  readonly #mark: number;
  /** After so many bytes that fit and one that does not, how many still do (Knuth, Morris, Pratt). */
  readonly #fallback: Int32Array;
  /** Where each of the last units began. */
  readonly #starts: Int32Array;

  constructor(secret: Buffer, kind: "percent" | "json") {
    this.#secret = secret;
    this.#unit = kind === "percent" ? percentUnit : jsonUnit;
    this.#mark = kind === "percent" ? PERCENT : BACKSLASH;
    this.#fallback = fallbackOf(secret);
    this.#starts = new Int32Array(secret.length);
  }

  in(data: Buffer): Escaped {
    const mark = this.#mark;
    if (!data.includes(mark)) return { found: [], begun: data.length };
    const { length } = this.#secret;
    const end = data.length;
    const found: Range[] = [];
    const unit = { bytes: 0, value: 0 };
    let matched = 0;
    let units = 0;
    let at = 0;
    const first = this.#secret[0]!;
    while (at < end) {
      // Nearly all of an answer: what neither begins it nor is escaped.
      if (matched === 0) at = nextOf(data, at, first, mark);
      if (at === end) break;
      this.#unit(data, at, unit);
      if (unit.value === UNFINISHED) break;
      while (matched > 0 && this.#secret[matched] !== unit.value) matched = this.#fallback[matched]!;
      if (this.#secret[matched] === unit.value) matched += 1;
      this.#starts[units % length] = at;
      units += 1;
      at += unit.bytes;
      if (matched < length) continue;
      found.push({ from: this.#starts[units % length]!, to: at });
      matched = 0;
    }
    // What began may go on in the next part; what is not finished may be its next byte.
    if (matched > 0) return { found, begun: this.#starts[(units - matched) % length]! };
    return { found, begun: at };
  }
}

function nextOf(data: Buffer, from: number, first: number, mark: number): number {
  const end = data.length;
  for (let at = from; at < end; at += 1) {
    const byte = data[at];
    if (byte === first || byte === mark) return at;
  }
  return end;
}

const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const UNFINISHED = -1;
/** Stands for no byte that a secret can have. */
const NO_BYTE = 256;

const percentUnit: Unit = (data, at, unit) => {
  unit.bytes = 1;
  unit.value = data[at]!;
  if (unit.value === PERCENT) hexUnit(data, at, 1, 2, unit);
};

/** Of RFC 8259; beyond Latin it stands for no byte of a secret that a header field can carry. */
const SHORT: ReadonlyMap<number, number> = new Map(Object.entries({ '"': 0x22, "\\": 0x5c, "/": 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9 }).map(([sign, value]) => [sign.charCodeAt(0), value]));
const SMALL_U = 0x75;

const jsonUnit: Unit = (data, at, unit) => {
  unit.bytes = 1;
  unit.value = data[at]!;
  if (unit.value !== BACKSLASH) return;
  const next = data[at + 1];
  if (next === undefined) unit.value = UNFINISHED;
  else if (next === SMALL_U) hexUnit(data, at, 2, 4, unit);
  else if (SHORT.has(next)) {
    unit.bytes = 2;
    unit.value = SHORT.get(next)!;
  }
};

/** `digits` hexadecimal digits after a lead of `lead` bytes; what is none stands for itself. */
function hexUnit(data: Buffer, at: number, lead: number, digits: number, unit: { bytes: number; value: number }): void {
  let value = 0;
  for (let place = 0; place < digits; place += 1) {
    const sign = data[at + lead + place];
    if (sign === undefined) {
      unit.value = UNFINISHED;
      return;
    }
    const digit = digitOf(sign);
    if (digit < 0) return;
    value = value * 16 + digit;
  }
  unit.bytes = lead + digits;
  unit.value = value > 0xff ? NO_BYTE : value;
}

function digitOf(sign: number): number {
  if (sign >= 0x30 && sign <= 0x39) return sign - 0x30;
  const lower = sign | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function fallbackOf(secret: Buffer): Int32Array {
  const fallback = new Int32Array(secret.length + 1);
  let matched = 0;
  for (let at = 1; at < secret.length; at += 1) {
    while (matched > 0 && secret[at] !== secret[matched]) matched = fallback[matched]!;
    if (secret[at] === secret[matched]) matched += 1;
    fallback[at + 1] = matched;
  }
  return fallback;
}
