/**
 * One pass over the text that decides which finders have to look at all. Most captured text is clean, so this is what the ingest
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
/** A pair of letters that is rare in text but in every such word, and where in the word its second letter stands. */
const PAIRS: readonly [string, ...number[]][] = [
  ["ss", 3],
  ["wd", 2],
  ["cr", 3, 1],
  ["ok", 2, 3],
  ["ey", 2],
  ["au", 1],
  ["ea", 2],
  ["jw", 1],
  ["ns", 10],
  ["ig", 2],
  ["rl", 3],
  ["wg", 1],
  ["ys", 2],
  ["ia", 4],
  ["di", 3],
  ["og", 2],
  ["fi", 7],
];
/** By pair of five-bit letters: one more than the pair's index, or 0. Folding to five bits makes it blind to case. */
const PAIR_AT = new Uint8Array(1024);
for (const [index, [pair]] of PAIRS.entries()) PAIR_AT[((pair.charCodeAt(0) & 31) << 5) | (pair.charCodeAt(1) & 31)] = index + 1;

const LETTER = 1;
const DIGIT = 2;
const SLASH = 3;
const AT_SIGN = 4;
const TILDE = 5;
const PERCENT = 6;
/** What a character is to the scan; 0 ends a run. */
const KIND = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_+=-") KIND[char.charCodeAt(0)] = LETTER;
for (const char of "0123456789") KIND[char.charCodeAt(0)] = DIGIT;
KIND[47] = SLASH;
KIND[64] = AT_SIGN;
KIND[126] = TILDE;
KIND[37] = PERCENT;

export function hintsOf(text: string): Hints {
  let run = false;
  let word = false;
  let userinfo = false;
  /** Run up to here, and the part of it since its last slash: a path has slashes and no digits, base64 has both. */
  let chars = 0;
  let sinceSlash = 0;
  let hasDigit = false;
  let before = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const kind = code < 128 ? (KIND[code] as number) : 0;
    if (kind === LETTER || kind === DIGIT) {
      chars++;
      if (++sinceSlash >= MIN_RUN_CHARS) run = true;
      if (kind === DIGIT) hasDigit = true;
      else if (!word && (PAIR_AT[((before & 31) << 5) | (code & 31)] as number) !== 0 && (before & code & 64) !== 0) word = isWord(text, i, before, code);
    } else {
      if (hasDigit && chars >= MIN_RUN_CHARS) run = true;
      if (kind === SLASH || kind === PERCENT) chars++;
      else {
        chars = 0;
        hasDigit = false;
        if (kind === AT_SIGN) userinfo = true;
        else if (kind === TILDE && before === CAPITAL_Q) run = true;
      }
      sinceSlash = 0;
      if (kind === PERCENT && text.startsWith("40", i + 1)) userinfo = true;
    }
    before = code;
  }
  return { run: run || (hasDigit && chars >= MIN_RUN_CHARS), word, userinfo: userinfo || text.includes("%2540") };
}

const CAPITAL_Q = 81;

function isWord(text: string, at: number, before: number, code: number): boolean {
  const [, ...offsets] = PAIRS[(PAIR_AT[((before & 31) << 5) | (code & 31)] as number) - 1] as [string, ...number[]];
  for (const offset of offsets) {
    if (at < offset) continue;
    WORD.lastIndex = at - offset;
    if (WORD.test(text)) return true;
  }
  return false;
}
