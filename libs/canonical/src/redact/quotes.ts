/**
 * Tells an opening quote from a closing one by counting those before it. In `echo "password: "; rm -rf x` the quote behind the
 * key closes a string, and what follows is a command that must stay readable.
 */
export class Quotes {
  readonly #text: string;
  /** By quote as written: how many stand before which place. */
  readonly #counted = new Map<string, { at: number; count: number }>();

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether the quote at `at`, written as `quote` with its backslashes, opens a string. Asked from left to right, so linear. */
  opens(at: number, quote: string): boolean {
    const sign = quote.replace(/^\\+(?=["'`])/, "");
    const escapes = quote.length - sign.length;
    let counted = this.#counted.get(quote);
    if (counted === undefined || counted.at > at) counted = { at: 0, count: 0 };
    let { at: from, count } = counted;
    for (let next = this.#text.indexOf(sign, from); next !== -1 && next < at; next = this.#text.indexOf(sign, from)) {
      if (backslashesBefore(this.#text, next, escapes + 1) === escapes && !this.#isApostrophe(sign, next)) count++;
      from = next + sign.length;
    }
    this.#counted.set(quote, { at: Math.max(from, counted.at), count });
    return count % 2 === 0;
  }

  #isApostrophe(sign: string, at: number): boolean {
    return sign === "'" && /[A-Za-z]/.test(this.#text.charAt(at - 1)) && /[a-z]/.test(this.#text.charAt(at + 1));
  }
}

/** Backslashes directly before a place, counted up to `limit`. */
export function backslashesBefore(text: string, at: number, limit: number): number {
  let count = 0;
  while (count < limit && text.charCodeAt(at - count - 1) === BACKSLASH) count++;
  return count;
}

const BACKSLASH = 92;
