/** What of a text counts as a value that can turn up again in an argument. */

/** Words shorter than this occur everywhere and prove nothing. */
export const MIN_VALUE_CHARS = 4;
/** Longest value compared as a whole. */
export const MAX_VALUE_CHARS = 512;

const TOKEN = /[A-Za-z0-9\u00c0-\uffff][A-Za-z0-9\u00c0-\uffff_.:/@+%~#?&=-]*/g;
const PART = /[A-Za-z0-9\u00c0-\uffff]+(?:[_-][A-Za-z0-9\u00c0-\uffff]+)*/g;
const TRAILING = /[^A-Za-z0-9\u00c0-\uffff/]/;

/**
 * Calls `take` with each value of a text: ids, paths, addresses and URLs as a whole, and the words inside them.
 * Stops after `limit` calls and returns how many it made.
 */
export function forEachValue(text: string, limit: number, take: (value: string) => void): number {
  let taken = 0;
  for (const match of text.matchAll(TOKEN)) {
    const token = withoutTrailing(match[0]);
    if (token.length < MIN_VALUE_CHARS) continue;
    if (taken >= limit) return taken;
    taken++;
    take(normal(token));
    if (WORD.test(token)) continue;
    for (const part of token.matchAll(PART)) {
      if (part[0].length < MIN_VALUE_CHARS || part[0].length === token.length) continue;
      if (taken >= limit) return taken;
      taken++;
      take(normal(part[0]));
    }
  }
  return taken;
}

/** A token begins with a letter or digit; what ends it may be punctuation. Step by step: a pattern anchored at the end is tried anew from every place. */
function withoutTrailing(token: string): string {
  let end = token.length;
  while (end > 0 && TRAILING.test(token.charAt(end - 1))) end -= 1;
  return token.slice(0, end);
}

const WORD = /^[A-Za-z0-9\u00c0-\uffff]+$/;

/** Case and surrounding white space carry no provenance. */
export function normal(value: string): string {
  const trimmed = value.trim();
  return (trimmed.length > MAX_VALUE_CHARS ? trimmed.slice(0, MAX_VALUE_CHARS) : trimmed).toLowerCase();
}

/** Whether a value names one thing: an id, path, address or long name, and not a word of the language. */
export function isSpecific(value: string): boolean {
  return value.length >= SPECIFIC_CHARS || /[\d_./:@-]/.test(value);
}

const SPECIFIC_CHARS = 14;
