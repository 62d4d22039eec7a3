/**
 * A lexer just deep enough to tell code from text. TypeScript 7 has no compiler API, and a plain search would take a mention
 * in a comment or a string for the real thing. Both views keep every offset and line of the original.
 */
export interface SourceText {
  /** Comments blanked, strings kept. */
  readonly code: string;
  /** Comments and the insides of strings, templates and regular expressions blanked; quotes kept. */
  readonly skeleton: string;
}

interface Cursor {
  readonly text: string;
  at: number;
  readonly code: string[];
  readonly skeleton: string[];
  /** Brace depth inside each open `${`, innermost last. */
  readonly templates: number[];
  /** Last character of code that was not white space; decides whether `/` divides or opens a regular expression. */
  last: string;
}

const BEFORE_REGEX = "(,=:[!&|?{};+-*%<>~^";
const WORDS_BEFORE_REGEX = /\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield)$/;

export function lex(text: string): SourceText {
  const cursor: Cursor = { text, at: 0, code: text.split(""), skeleton: text.split(""), templates: [], last: "" };
  while (cursor.at < text.length) step(cursor);
  return { code: cursor.code.join(""), skeleton: cursor.skeleton.join("") };
}

function step(cursor: Cursor): void {
  const { text, at } = cursor;
  const char = text.charAt(at);
  const two = text.slice(at, at + 2);
  if (two === "//") return blankComment(cursor, indexOrEnd(text, "\n", at));
  if (two === "/*") return blankComment(cursor, indexOrEnd(text, "*/", at + 2) + 2);
  if (char === '"' || char === "'") return skipQuoted(cursor, char);
  if (char === "`") return skipTemplate(cursor, at + 1);
  if (char === "/" && opensRegex(cursor)) return skipRegex(cursor);
  const depth = cursor.templates.length - 1;
  if (depth >= 0 && char === "{") cursor.templates[depth] = (cursor.templates[depth] ?? 0) + 1;
  if (depth >= 0 && char === "}") {
    if (cursor.templates[depth] === 0) {
      cursor.templates.pop();
      return skipTemplate(cursor, at + 1);
    }
    cursor.templates[depth] = (cursor.templates[depth] ?? 0) - 1;
  }
  if (char.trim() !== "") cursor.last = char;
  cursor.at += 1;
}

function blankComment(cursor: Cursor, end: number): void {
  blank(cursor.code, cursor.at, end);
  blank(cursor.skeleton, cursor.at, end);
  cursor.at = end;
}

function skipQuoted(cursor: Cursor, quote: string): void {
  let end = cursor.at + 1;
  while (end < cursor.text.length && cursor.text[end] !== quote) end += cursor.text[end] === "\\" ? 2 : 1;
  blank(cursor.skeleton, cursor.at + 1, end);
  cursor.at = end + 1;
  cursor.last = quote;
}

/** From just after a backtick, or after the brace that closes `${…}`, to the closing backtick or the next `${`. */
function skipTemplate(cursor: Cursor, from: number): void {
  let end = from;
  while (end < cursor.text.length && cursor.text[end] !== "`" && cursor.text.slice(end, end + 2) !== "${") {
    end += cursor.text[end] === "\\" ? 2 : 1;
  }
  blank(cursor.skeleton, from, end);
  if (cursor.text[end] === "$") {
    cursor.templates.push(0);
    cursor.last = "{";
    cursor.at = end + 2;
    return;
  }
  cursor.last = "`";
  cursor.at = end + 1;
}

function opensRegex(cursor: Cursor): boolean {
  if (BEFORE_REGEX.includes(cursor.last)) return true;
  return WORDS_BEFORE_REGEX.test(cursor.text.slice(Math.max(0, cursor.at - 16), cursor.at).trimEnd());
}

function skipRegex(cursor: Cursor): void {
  let end = cursor.at + 1;
  let inClass = false;
  while (end < cursor.text.length && cursor.text[end] !== "\n" && (inClass || cursor.text[end] !== "/")) {
    if (cursor.text[end] === "[") inClass = true;
    if (cursor.text[end] === "]") inClass = false;
    end += cursor.text[end] === "\\" ? 2 : 1;
  }
  blank(cursor.skeleton, cursor.at + 1, end);
  cursor.at = end + 1;
  cursor.last = ")";
}

function blank(chars: string[], from: number, to: number): void {
  for (let i = from; i < Math.min(to, chars.length); i += 1) if (chars[i] !== "\n") chars[i] = " ";
}

function indexOrEnd(text: string, needle: string, from: number): number {
  const index = text.indexOf(needle, from);
  return index === -1 ? text.length : index;
}

export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i !== -1 && i < offset; i = text.indexOf("\n", i + 1)) line += 1;
  return line;
}
