/**
 * A look at the text that decides which finders have to look at all. Most captured text is clean, so this is what the ingest
 * path pays for every character: one table look-up for two of them, no regular expression until a word's first letters stand there.
 */
export interface Hints {
  /** A run long enough to be a token. */
  readonly run: boolean;
  /** A word that names secrets, or a command that takes a password. */
  readonly word: boolean;
  /** `user:pass@host` may be here. */
  readonly userinfo: boolean;
}

/** Shortest run that can be a token on its own, in characters. */
const MIN_RUN_CHARS = 20;

/** Longest of the words: what is looked at of one. */
const LONGEST_WORD_CHARS = 16;

const WORD =
  /pass|pwd|secret|token|key|auth|credential|bearer|cookie|jwt|connectionstring|sess(?:ion)?id|sig(?:nature)?["'\\]{0,4}[=:%]|curl|wget|mysql|mariadb|redis-cli|login|identified/iy;
/**
 * Of every such word three letters in a row that are rare in text, and where in the word they stand. Two pairs are in them, of
 * which one begins at an even place of the text: so every second pair is all that has to be looked at.
 */
const RARE: readonly (readonly [word: string, offset: number])[] = [
  ["pass", 1],
  ["pwd", 0],
  ["secret", 1],
  ["token", 1],
  ["key", 0],
  ["auth", 0],
  ["credential", 7],
  ["bearer", 0],
  ["cookie", 2],
  ["jwt", 0],
  ["connectionstring", 3],
  ["sess", 1],
  ["sig", 0],
  ["curl", 1],
  ["wget", 0],
  ["mysql", 2],
  ["mariadb", 4],
  ["redis-cli", 4],
  ["login", 1],
  ["identified", 5],
];
/** By the 16 bits of a pair of bytes as they lie in memory: one more than the index of its places, `UNSURE`, or 0. */
const PAIR_AT = new Uint8Array(65_536);
/** Where a pair may stand: the first letters of the word in the lower 24 bits, its place in the word above them. */
const PLACES: number[][] = [];
/** In bytes, a pair that may be part of an `@`, of its URL escape, of `Q~`, or of a character beyond ASCII. */
const UNSURE = 255;
const pairBytes = new Uint8Array(2);
const pairBits = new Uint16Array(pairBytes.buffer);
for (let bits = 0; bits < PAIR_AT.length; bits++) {
  pairBits[0] = bits;
  if (pairBytes.some((byte) => byte >= 128 || "@%~".includes(String.fromCharCode(byte)))) PAIR_AT[bits] = UNSURE;
}
for (const [word, first] of RARE) for (const offset of [first, first + 1]) addPair(word, offset);

function addPair(word: string, offset: number): void {
  const place = word.charCodeAt(0) | (word.charCodeAt(1) << 8) | (word.charCodeAt(2) << 16) | (offset << 24);
  for (const one of casesOf(word, offset)) {
    for (const other of casesOf(word, offset + 1)) {
      pairBytes[0] = one;
      pairBytes[1] = other;
      const bits = pairBits[0]!;
      if (PAIR_AT[bits] === 0) PAIR_AT[bits] = PLACES.push([]);
      PLACES[PAIR_AT[bits]! - 1]!.push(place);
    }
  }
}

function casesOf(word: string, at: number): Set<number> {
  return new Set([word.charCodeAt(at), word.toUpperCase().charCodeAt(at)]);
}

/** What a character is to a run: 0 ends it. */
const OTHER = 1;
const DIGIT = 2;
const SLASH = 3;
const KIND = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_+=-%") KIND[char.charCodeAt(0)] = OTHER;
for (const char of "0123456789") KIND[char.charCodeAt(0)] = DIGIT;
KIND[47] = SLASH;

export function hintsOf(text: string): Hints {
  const hints = { run: text.includes("Q~"), word: false, userinfo: text.includes("@") || (text.includes("%") && AT_ENCODED.test(text)) };
  for (let from = 0; from < text.length && !(hints.run && hints.word); from += STRETCH_CHARS) look(text, from, hints);
  return hints;
}

const AT_ENCODED = /%(?:25){0,3}40/;
/** Even, so that no pair lies across two stretches. */
const STRETCH_CHARS = 8_192;
/** What of the stretch before is read again, so that a run across both is found. Even as well. */
const RUN_OVERLAP_CHARS = 2 * MIN_RUN_CHARS;

/** Node's own coders: `write` and `toString` end in them after parsing their arguments, which takes as long as coding a short text. */
interface ByteBuffer extends Buffer {
  latin1Write(text: string, at: number): number;
  latin1Slice(start: number, end: number): string;
}
/** The stretch looked at, one byte for each character: reading bytes takes half as long as reading a string's characters. */
const bytes = Buffer.alloc(STRETCH_CHARS + RUN_OVERLAP_CHARS) as ByteBuffer;
const pairs = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);

function look(text: string, from: number, hints: { run: boolean; word: boolean }): void {
  const start = Math.max(0, from - RUN_OVERLAP_CHARS);
  // Of a character beyond Latin-1 only the lower byte is written. That can be taken for another character, but hides none.
  const chars = bytes.latin1Write(start === 0 && text.length <= bytes.length ? text : text.slice(start, from + STRETCH_CHARS), 0);
  if (chars < bytes.length) bytes[chars] = 0;
  hints.run ||= hasRun(chars);
  hints.word ||= hasWord(chars);
}

/**
 * Whether the bytes in `[start, end)` are ASCII in which there is nothing to redact, as `hintsOf` would find of their text. False
 * where that is not certain at once; then the text has to be looked at. Costs less than making a text of the bytes.
 */
export function isCleanAscii(text: Buffer, start: number, end: number): boolean {
  const chars = end - start;
  if (chars > STRETCH_CHARS) return false;
  text.copy(bytes, 0, start, end);
  bytes[chars] = 0;
  const pairCount = (chars + 1) >> 1;
  for (let i = 0; i < pairCount; i++) {
    const at = PAIR_AT[pairs[i]!]!;
    if (at !== 0 && (at === UNSURE || isWord(2 * i, at, chars))) return false;
  }
  return !hasRun(chars);
}

/** A word that begins before the stretch, or ends after it, is seen whole in the next: they overlap by more than a word. */
function hasWord(chars: number): boolean {
  const pairCount = (chars + 1) >> 1;
  for (let i = 0; i < pairCount; i++) {
    const at = PAIR_AT[pairs[i]!]!;
    if (at !== 0 && at !== UNSURE && isWord(2 * i, at, chars)) return true;
  }
  return false;
}

/** A run of twenty covers a place whose number divides by twenty; only around those is the text looked at. */
function hasRun(chars: number): boolean {
  for (let at = MIN_RUN_CHARS - 1; at < chars; ) {
    if (KIND[bytes[at]!] === 0) {
      at += MIN_RUN_CHARS;
      continue;
    }
    let start = at;
    while (start > 0 && KIND[bytes[start - 1]!] !== 0) start--;
    let end = at + 1;
    while (end < chars && KIND[bytes[end]!] !== 0) end++;
    if (end - start >= MIN_RUN_CHARS && isTokenLike(start, end)) return true;
    at = end + MIN_RUN_CHARS;
  }
  return false;
}

/** A path has slashes and no digits, base64 has both. */
function isTokenLike(start: number, end: number): boolean {
  let sinceSlash = 0;
  for (let i = start; i < end; i++) {
    const kind = KIND[bytes[i]!];
    if (kind === DIGIT) return true;
    sinceSlash = kind === SLASH ? 0 : sinceSlash + 1;
    if (sinceSlash >= MIN_RUN_CHARS) return true;
  }
  return false;
}

/** Whether a word stands around the pair at `index`. Its first letters are asked first, blind to case by bit 32; the expression costs ten times as much. */
function isWord(index: number, at: number, chars: number): boolean {
  const places = PLACES[at - 1]!;
  for (let i = 0; i < places.length; i++) {
    const from = index - (places[i]! >>> 24);
    if (from < 0) continue;
    const begin = bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | 0x20_20_20;
    if (begin !== (places[i]! & 0xff_ff_ff)) continue;
    WORD.lastIndex = 0;
    if (WORD.test(bytes.latin1Slice(from, Math.min(chars, from + LONGEST_WORD_CHARS)))) return true;
  }
  return false;
}
