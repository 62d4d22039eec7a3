/** Where the value behind a key begins and ends, in JSON, shell, headers, URLs, YAML and XML, escaped or not. */
import { backslashesBefore, type Quotes } from "./quotes.ts";
import { skipMarkers } from "./spans.ts";

/** A quote as it may be written: escaped any number of times, URL-encoded, as a JSON unit or an HTML entity. */
const QUOTE = String.raw`(?:\\{0,16}["'${"`"}]|%(?:25){0,3}2[27]|\\{1,16}u002[27]|&quot;|&#39;)`;
const SPACE = String.raw`(?:\s|%20|\\{1,8}[nrt]){0,16}`;
/** Within a line: behind a bare `KEY=` or `--flag` a new line is a new command, and its name is no secret. */
const GAP = String.raw`(?:[ \t]|%20|\\{1,8}t){0,16}`;
const EQUALS = String.raw`(?:=>|:=|==?|:|%(?:25){0,3}3[aAdD]|\\{1,16}u003[aAdD])`;
const LIST = String.raw`(?:\[(?!redacted:)${SPACE})?`;
/** Prefixes of strings in Python. */
const PREFIX = `(?:[fFbBrRuU]{1,2}(?=${QUOTE}))?`;
/** `"key": value`. */
const MEMBER = new RegExp(`${QUOTE}${SPACE}${EQUALS}${SPACE}${LIST}${PREFIX}`, "y");
/** `key=value`, `key: value`, `key = value`. */
const ASSIGNS = new RegExp(`${GAP}${EQUALS}${GAP}${LIST}${PREFIX}`, "y");
/** `{"name":"DB_PASSWORD","value":"…"}`. */
const NAMED = new RegExp(`${QUOTE},${SPACE}${QUOTE}[vV]alue${QUOTE}${SPACE}:${SPACE}`, "y");
/** `--password x`, but not `--password -c`. */
const FLAG = /(?:[ \t]|%20|\\{1,8}t){1,16}(?!-)/y;
/** `"--password", "x"` and `["Authorization", "x"]`. */
const NEXT = new RegExp(`${QUOTE}${SPACE},${SPACE}(?=${QUOTE})`, "y");
/** `PASSWORD 'x'` of SQL. */
const SPACED = /\s{1,8}(?=\\{0,16}')/y;
const SQL_BEFORE = /\b(?:role|user|login|encrypted|identified|with|for)\b[^'"]{0,100}$/i;
const SQL_LOOK_BACK_CHARS = 128;
const ELEMENT = />/y;
const OPENING = new RegExp(QUOTE, "y");
const QUOTED_BEFORE = /["'`]$/;
/** Names that are headers and nothing else: only behind these is the next string of a list a value. */
const HEADER = /^(?:(?:set-)?cookie|x-[a-z-]{1,64}|[a-z-]{1,64}-(?:key|token))$/i;
/** Flags that say whether, not what. */
const SWITCH = /^-{1,2}(?:no|skip|show|ask|require|without|use|with|hide|print|get|list|read|reset|rotate)-/i;

/** Start of the value behind the key at `name`, or -1 when no value follows. */
export function valueStart(text: string, name: Extent): number {
  for (const form of formsFor(text, name)) {
    form.lastIndex = name.end;
    if (form.test(text)) return form.lastIndex;
  }
  return -1;
}

function formsFor(text: string, name: Extent): RegExp[] {
  const before = text.charAt(name.start - 1);
  if (text.charAt(name.start) === "-") {
    if (SWITCH.test(text.slice(name.start, name.end))) return [ASSIGNS];
    return QUOTED_BEFORE.test(before) ? [MEMBER, ASSIGNS, NEXT] : [ASSIGNS, FLAG];
  }
  if (before === "<") return [ELEMENT, ASSIGNS];
  const sql = SQL_BEFORE.test(text.slice(Math.max(0, name.start - SQL_LOOK_BACK_CHARS), name.start)) ? [SPACED] : [];
  const header = QUOTED_BEFORE.test(before) && HEADER.test(text.slice(name.start, name.end)) ? [NEXT] : [];
  return [MEMBER, ASSIGNS, NAMED, ...header, ...sql];
}

/** Start of a header's value: as above, or the next string in a list of names and values. */
export function headerStart(text: string, name: Extent): number {
  const start = valueStart(text, name);
  if (start !== -1 || !QUOTED_BEFORE.test(text.charAt(name.start - 1))) return start;
  NEXT.lastIndex = name.end;
  return NEXT.test(text) ? NEXT.lastIndex : -1;
}

/** Whether `KEY= word` may be an empty assignment before a command: `TOKEN= rm -rf x` runs `rm`. */
export function mayBeCommand(text: string, name: Extent, value: Extent): boolean {
  return text.slice(name.end, value.start) === "= " && /^(?:[a-z][a-z_.-]*$|\.{0,2}\/)/.test(text.slice(value.start, value.end));
}

export interface Extent {
  readonly start: number;
  readonly end: number;
}

/**
 * The value that begins at `at`, without its quotes and the markers of earlier redactions. A quoted value whose closing quote is
 * missing (truncated text) reaches to the next quote of any kind or the end of the line: an open quote must not hide the rest
 * of a command from those who classify it. For the same reason a value ends where the shell would execute a part of it.
 */
export function valueExtent(text: string, at: number, wholeLine: boolean, quotes: Quotes): Extent {
  OPENING.lastIndex = at;
  const opening = OPENING.exec(text)?.[0];
  const start = skipMarkers(text, at + (opening?.length ?? 0));
  if (opening !== undefined && !isWord(text, start, opening) && !quotes.opens(at, opening)) return { start, end: start };
  const end = opening === undefined ? bareEnd(text, start, wholeLine) : quotedEnd(text, start, opening);
  return { start, end: executedFrom(text, start, end) };
}

/** One word up to the next quote is no command, whatever the quotes around it mean. */
function isWord(text: string, start: number, opening: string): boolean {
  const quote = opening.at(-1) ?? "";
  ONE_WORD.lastIndex = start;
  const end = start + (ONE_WORD.exec(text)?.[0].length ?? 0);
  return end > start && (text.charAt(end) === quote || text.charAt(end) === "\\" || text.charAt(end) === "%");
}

const ONE_WORD = /[^\s"'`;|&<>\\%()]{0,512}/y;

const EXECUTED = /\$\(|<\(|`(?=[^`\s]{1,64}\s)/;

function executedFrom(text: string, start: number, end: number): number {
  const value = text.slice(start, end);
  // Between backticks a shell executes; a value in them (JavaScript) has no white space.
  if (text.charAt(start - 1) === "`" && /\s/.test(value)) return start;
  const index = EXECUTED.exec(value)?.index ?? value.length;
  return start + index;
}

/** The closing quote is the opening one with at most as many backslashes; with more it is a quote inside the value. */
function quotedEnd(text: string, start: number, opening: string): number {
  const quote = opening.replace(/^\\+(?=["'`])/, "");
  const escapes = opening.length - quote.length;
  for (let at = text.indexOf(quote, start); at !== -1; at = text.indexOf(quote, at + quote.length)) {
    const backslashes = backslashesBefore(text, at, Math.min(escapes + 1, at - start));
    if (backslashes <= escapes) return at - backslashes;
  }
  return stopAfter(OPEN_STOP, text, start);
}

const BARE_STOP = /[\s"'`&;<>|)}\]]|%(?:25){0,3}(?:2[0267]|0[aAdD]|3[bB])|\\{1,16}(?:["'`nrt]|u00[0-3])|,(?=["'\s\\])|,(?=[A-Za-z_.-]{1,32}=)/g;
const OPEN_STOP = /[\r\n"'`]|%(?:25){0,3}2[27]/g;
/** In a header, `;` parts cookies or stands inside a word; anything else that parts commands ends it. */
const LINE_STOP = /[\r\n"'`|]|&&|;(?!\S)(?!\s?[\w.-]{1,64}=[^\s;]{0,4096}(?:;|\s{0,8}$|["'`\\]))|%(?:25){0,3}(?:22|0[aAdD])|\\{1,16}(?:["'`nr]|u0022)/g;

function bareEnd(text: string, start: number, wholeLine: boolean): number {
  const end = stopAfter(wholeLine ? LINE_STOP : BARE_STOP, text, start);
  return end > start && text[end - 1] === "," ? end - 1 : end;
}

function stopAfter(stop: RegExp, text: string, start: number): number {
  stop.lastIndex = start;
  return stop.exec(text)?.index ?? text.length;
}
