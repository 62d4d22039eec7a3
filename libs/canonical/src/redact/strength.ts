/** How hard a text is to guess, judged by its length and alphabet alone. */

/** Secrets of at least this many bits may be named by their SHA-256: nobody can find them by trying. */
const HASHABLE_BITS = 128;
const LONGEST_JUDGED_CHARS = 512;

const HEX = /^[0-9a-fA-F-]+$/;

/**
 * True when a secret is strong enough to be hashed. A UUID counts (32 hex digits × 4 bits): that is what Railway's tokens are.
 * Words do not, however long: without digits or a mix of cases the alphabet says nothing about how it was drawn.
 */
export function isHashable(secret: string): boolean {
  const text = secret.length > LONGEST_JUDGED_CHARS ? secret.slice(0, LONGEST_JUDGED_CHARS) : secret;
  if (/\s/.test(text) || new Set(text).size < 8) return false;
  if (HEX.test(text)) return text.replaceAll("-", "").length * 4 >= HASHABLE_BITS && /\d/.test(text);
  const { lower, upper, digit, other, changes } = classes(text);
  if (digit === 0 && changes < text.length * 0.3) return false;
  const alphabet = (lower > 0 ? 26 : 0) + (upper > 0 ? 26 : 0) + (digit > 0 ? 10 : 0) + (other > 0 ? 4 : 0);
  return text.length * Math.log2(alphabet) >= HASHABLE_BITS;
}

/** Shortest run that is judged by its randomness alone, in characters. */
export const RANDOM_MIN_CHARS = 36;

/**
 * True when a run of letters and digits looks drawn at random from at least 62 symbols. Ids are the danger here, so the bar is
 * high: lower, upper and digits all present, no one-case runs as words have (random base62 changes class at 62 % of its
 * steps, camelCase identifiers and paths at 15–35 %). Hex never passes: digests and UUIDs are hex.
 */
export function looksRandom(run: string): boolean {
  if (run.length < RANDOM_MIN_CHARS) return false;
  const text = run.length > LONGEST_JUDGED_CHARS ? run.slice(0, LONGEST_JUDGED_CHARS) : run;
  const { lower, upper, digit, other, changes } = classes(text);
  if (lower < 4 || upper < 4 || digit < 2 || other > text.length * 0.15) return false;
  if (changes < text.length * 0.42) return false;
  return entropyBits(text) >= 4;
}

/** True for what a key of some service may look like: 32 hex digits, or 20 characters of mixed classes. Says nothing about ids. */
export function looksDrawn(value: string): boolean {
  if (/^[0-9a-f]{32,128}$/i.test(value)) return /\d/.test(value) && /[a-f]/i.test(value);
  if (value.length < 20 || value.length > LONGEST_JUDGED_CHARS || !/^[A-Za-z0-9+/_=.~-]+$/.test(value) || UUID.test(value)) return false;
  const { lower, upper, digit, changes } = classes(value);
  return digit >= 2 && lower + upper >= 4 && changes >= value.length * 0.35 && !/[A-Za-z]{7}/.test(value);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function classes(text: string): { lower: number; upper: number; digit: number; other: number; changes: number } {
  const count = [0, 0, 0, 0];
  let changes = 0;
  let before = -1;
  for (let i = 0; i < text.length; i++) {
    const kind = classOf(text.charCodeAt(i));
    count[kind] = (count[kind] ?? 0) + 1;
    if (kind !== before && before !== -1) changes++;
    before = kind;
  }
  const [lower = 0, upper = 0, digit = 0, other = 0] = count;
  return { lower, upper, digit, other, changes };
}

function classOf(code: number): 0 | 1 | 2 | 3 {
  if (code >= 97 && code <= 122) return 0;
  if (code >= 65 && code <= 90) return 1;
  return code >= 48 && code <= 57 ? 2 : 3;
}

/** Shannon entropy of the text's own characters, bits per character. */
function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
