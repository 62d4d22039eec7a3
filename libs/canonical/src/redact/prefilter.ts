/**
 * A look at the text that decides which finders have to look at all. Most captured text is clean, so this is what the ingest
 * path pays for every character: two table look-ups, no regular expression until a rare pair of letters turns up.
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

const WORD =
  /pass|pwd|secret|token|key|auth|credential|bearer|cookie|jwt|connectionstring|sess(?:ion)?id|sig(?:nature)?["'\\]{0,4}[=:%]|curl|wget|mysql|mariadb|redis-cli|login|identified/iy;
interface Place {
  /** Where in the word the second letter of the pair stands. */
  readonly offset: number;
  /** What words with the pair at this place begin with. */
  readonly first: string;
}

const place = (offset: number, first: string): Place => ({ offset, first });
/** A pair of letters that is rare in text but in every such word, and where in words it stands. */
const PAIRS: readonly (readonly [string, readonly Place[]])[] = [
  ["ss", [place(3, "ps")]],
  ["wd", [place(2, "p")]],
  ["cr", [place(3, "s"), place(1, "c")]],
  ["ok", [place(2, "t"), place(3, "c")]],
  ["ey", [place(2, "k")]],
  ["au", [place(1, "a")]],
  ["ea", [place(2, "b")]],
  ["jw", [place(1, "j")]],
  ["ns", [place(10, "c")]],
  ["ig", [place(2, "s")]],
  ["rl", [place(3, "c")]],
  ["wg", [place(1, "w")]],
  ["ys", [place(2, "m")]],
  ["ia", [place(4, "m")]],
  ["di", [place(3, "r")]],
  ["og", [place(2, "l")]],
  ["fi", [place(7, "i")]],
];
/** By pair of five-bit letters: one more than the pair's index, or 0. Folding to five bits makes it blind to case. */
const PAIR_AT = new Uint8Array(1024);
for (const [index, [pair]] of PAIRS.entries()) PAIR_AT[((pair.charCodeAt(0) & 31) << 5) | (pair.charCodeAt(1) & 31)] = index + 1;

/** What a character is to a run: 0 ends it. */
const OTHER = 1;
const DIGIT = 2;
const SLASH = 3;
const KIND = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_+=-%") KIND[char.charCodeAt(0)] = OTHER;
for (const char of "0123456789") KIND[char.charCodeAt(0)] = DIGIT;
KIND[47] = SLASH;

export function hintsOf(text: string): Hints {
  return { run: hasRun(text) || text.includes("Q~"), word: hasWord(text), userinfo: text.includes("@") || (text.includes("%") && AT_ENCODED.test(text)) };
}

const AT_ENCODED = /%(?:25){0,3}40/;

function hasWord(text: string): boolean {
  let before = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (PAIR_AT[((before & 31) << 5) | (code & 31)] !== 0 && isWord(text, i, before, code)) return true;
    before = code;
  }
  return false;
}

/** A run of twenty covers a place whose number divides by twenty; only around those is the text looked at. */
function hasRun(text: string): boolean {
  for (let at = MIN_RUN_CHARS - 1; at < text.length; ) {
    if (kindAt(text, at) === 0) {
      at += MIN_RUN_CHARS;
      continue;
    }
    let start = at;
    while (start > 0 && kindAt(text, start - 1) !== 0) start--;
    let end = at + 1;
    while (end < text.length && kindAt(text, end) !== 0) end++;
    if (end - start >= MIN_RUN_CHARS && isTokenLike(text, start, end)) return true;
    at = end + MIN_RUN_CHARS;
  }
  return false;
}

/** A path has slashes and no digits, base64 has both. */
function isTokenLike(text: string, start: number, end: number): boolean {
  let sinceSlash = 0;
  for (let i = start; i < end; i++) {
    const kind = kindAt(text, i);
    if (kind === DIGIT) return true;
    sinceSlash = kind === SLASH ? 0 : sinceSlash + 1;
    if (sinceSlash >= MIN_RUN_CHARS) return true;
  }
  return false;
}

function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (KIND[code] as number) : 0;
}

function isWord(text: string, index: number, before: number, code: number): boolean {
  if ((before & code & 64) === 0) return false; // Digits and signs fold onto letters.
  const [, places] = PAIRS[(PAIR_AT[((before & 31) << 5) | (code & 31)] as number) - 1] as (typeof PAIRS)[number];
  for (const { offset, first } of places) {
    // The first letter is asked before the expression, which costs ten times as much. Setting bit 32 makes it blind to case.
    if (index < offset || !first.includes(String.fromCharCode(text.charCodeAt(index - offset) | 32))) continue;
    WORD.lastIndex = index - offset;
    if (WORD.test(text)) return true;
  }
  return false;
}
