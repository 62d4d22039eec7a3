/** String literals in code of common languages, found in one pass over it. */
import { PARSER_INPUT_CHARS } from "../bounds.ts";

export interface Literal {
  readonly text: string;
  /** Where it begins in the code, its quote included. */
  readonly at: number;
}

interface Found {
  readonly text: string;
  /** Its last sign. */
  readonly end: number;
  /** More than one line is usual. */
  readonly mayRunOver: boolean;
}

/** Strings looked at; code may hold thousands. */
const MAX_LITERALS = 256;
/** Openings whose end is not found, or may not be one: each costs a look through the rest of the code. */
const MAX_TRIES = 32;
/** Signs in what may not be literals after all: each is looked through again. Code that is searched is never better than `unknown`. */
const MAX_DOUBTFUL_CHARS = 4 * PARSER_INPUT_CHARS;
/** Ruby's and PHP's: `<<~SQL`, `<<<"SQL"`. */
const DOCUMENT = /<<[~<-]?["']?([A-Z]\w{0,63})\b/y;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", 0: "\0" };

/** What a backslash in a string of most languages stands for. */
export function unescaped(text: string): string {
  let at = text.indexOf("\\");
  if (at < 0) return text;
  const parts: string[] = [];
  let from = 0;
  for (; at >= 0 && at + 1 < text.length; at = text.indexOf("\\", from)) {
    const char = text[at + 1]!;
    parts.push(text.slice(from, at), ESCAPES[char] ?? char);
    from = at + 2;
  }
  parts.push(text.slice(from));
  return parts.join("");
}

/** Left to right, each where the one before ends. Prose in comments may put it out of step: see `literalAt`. */
export function literalsIn(code: string): Literal[] {
  const found: Literal[] = [];
  let tries = MAX_TRIES;
  let doubtful = 0;
  for (let at = 0; at < code.length && found.length < MAX_LITERALS && tries > 0 && doubtful < MAX_DOUBTFUL_CHARS; at += 1) {
    const isDocument = code[at] === "<" && code[at + 1] === "<";
    if (!isDocument && !isQuote(code, at)) continue;
    const literal = isDocument ? documentAt(code, at) : quotedAt(code, at);
    if (literal === null) tries -= 1;
    else {
      found.push({ text: literal.text, at });
      // Few languages let these run over lines: it may be an apostrophe, and what it seems to hold is looked through as well.
      if (literal.mayRunOver || !literal.text.includes("\n")) at = literal.end;
      else {
        tries -= 1;
        doubtful += literal.end - at;
      }
    }
  }
  return found;
}

/** The literal that begins at `at`, whatever stands before it; null where none does. */
export const literalAt = (code: string, at: number): Literal | null => {
  const literal = /["'`]/.test(code[at] ?? "") ? quotedAt(code, at) : null;
  return literal === null ? null : { text: literal.text, at };
};

/** The apostrophe of `don't` opens nothing; the one of `rb'…'` does. */
function isQuote(code: string, at: number): boolean {
  const char = code[at];
  if (char !== "'") return char === '"' || char === "`";
  return !(/[a-z]{2}$/i.test(code.slice(Math.max(0, at - 2), at)) && /[a-z]/i.test(code[at + 1] ?? "")) || /\b[rbf]{2}$/i.test(code.slice(Math.max(0, at - 3), at));
}

function quotedAt(code: string, at: number): Found | null {
  const quote = code[at]!;
  const triple = quote.repeat(3);
  const isTriple = quote !== "`" && code.startsWith(triple, at);
  const end = isTriple ? code.indexOf(triple, at + 3) : closing(code, at, quote);
  if (end < 0) return null;
  return isTriple ? { text: code.slice(at + 3, end), end: end + 2, mayRunOver: true } : { text: unescaped(code.slice(at + 1, end)), end, mayRunOver: quote === "`" };
}

/** Where the string that `quote` opens at `from` ends; -1 where it does not. */
export function closing(code: string, from: number, quote: string): number {
  for (let at = from + 1; at < code.length; at += 1) {
    if (code[at] === "\\") at += 1;
    else if (code[at] === quote) return at;
  }
  return -1;
}

function documentAt(code: string, at: number): Found | null {
  DOCUMENT.lastIndex = at;
  const head = DOCUMENT.exec(code);
  if (head === null) return null;
  const newline = code.indexOf("\n", at + head[0].length);
  if (newline < 0) return null;
  const from = newline + 1;
  for (let line = from; line < code.length; ) {
    const next = code.indexOf("\n", line);
    const end = next < 0 ? code.length : next;
    if (code.slice(line, end).trim().replace(/[;,)]+$/, "") === head[1]) return { text: code.slice(from, Math.max(from, line - 1)), end, mayRunOver: true };
    line = end + 1;
  }
  return null;
}
