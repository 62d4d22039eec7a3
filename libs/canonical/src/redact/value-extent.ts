/** Where the value behind a key begins and ends, in JSON, shell, headers, URLs, YAML and XML, escaped or not. */
import { skipMarkers } from "./spans.ts";

/** A quote as it may be written: escaped any number of times, URL-encoded, as a JSON unit or an HTML entity. */
const QUOTE = String.raw`(?:\\{0,16}["'${"`"}]|%(?:25){0,3}2[27]|\\{1,16}u002[27]|&quot;|&#39;)`;
const SPACE = String.raw`(?:\s|%20|\\{1,8}[nrt]){0,16}`;
const EQUALS = String.raw`(?:=>|:=|==?|:|%(?:25){0,3}3[aAdD]|\\{1,16}u003[aAdD])`;
/** Key, `=` or `:`, value. */
const ASSIGNS = new RegExp(`${QUOTE}?${SPACE}${EQUALS}${SPACE}(?:\\[(?!redacted:)${SPACE})?`, "y");
/** `{"name":"DB_PASSWORD","value":"…"}`. */
const NAMED = new RegExp(`${QUOTE},${SPACE}${QUOTE}[vV]alue${QUOTE}${SPACE}:${SPACE}`, "y");
/** `--password x`, `"--password", "x"`. */
const FLAG = new RegExp(`${QUOTE}?${SPACE},?${SPACE}`, "y");
/** `PASSWORD 'x'`, `IDENTIFIED BY 'x'`: only a quoted value may follow without a sign. */
const SPACED = new RegExp(`\\s{1,8}(?=${QUOTE})`, "y");
const ELEMENT = new RegExp(">", "y");
const OPENING = new RegExp(QUOTE, "y");

export type Lead = "plain" | "flag" | "element";

/** Start of the value after the key that ends at `keyEnd`, or -1 when no value follows. */
export function valueStart(text: string, keyEnd: number, lead: Lead): number {
  const forms = lead === "flag" ? [ASSIGNS, FLAG] : lead === "element" ? [ELEMENT, ASSIGNS] : [ASSIGNS, NAMED, SPACED];
  for (const form of forms) {
    form.lastIndex = keyEnd;
    if (form.test(text)) return form.lastIndex;
  }
  return -1;
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
export function valueExtent(text: string, at: number, wholeLine: boolean): Extent {
  OPENING.lastIndex = at;
  const opening = OPENING.exec(text)?.[0];
  const start = skipMarkers(text, at + (opening?.length ?? 0));
  const end = opening === undefined ? bareEnd(text, start, wholeLine) : quotedEnd(text, start, opening);
  return { start, end: executedFrom(text, start, end) };
}

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
    let backslashes = 0;
    while (at - backslashes > start && text.charCodeAt(at - backslashes - 1) === BACKSLASH) backslashes++;
    if (backslashes <= escapes) return at - backslashes;
  }
  return stopAfter(OPEN_STOP, text, start);
}

const BACKSLASH = 92;
const BARE_STOP = /[\s"'`&;<>|)}\]]|%(?:25){0,3}(?:2[0267]|0[aAdD]|3[bB])|\\{1,16}(?:["'`nrt]|u00[0-3])|,(?=["'\s\\])|,(?=[A-Za-z_.-]{1,32}=)/g;
const OPEN_STOP = /[\r\n"'`]|%(?:25){0,3}2[27]/g;
const LINE_STOP = /[\r\n"'`]|%(?:25){0,3}(?:22|0[aAdD])|\\{1,16}(?:["'`nr]|u0022)/g;

function bareEnd(text: string, start: number, wholeLine: boolean): number {
  const end = stopAfter(wholeLine ? LINE_STOP : BARE_STOP, text, start);
  return end > start && text[end - 1] === "," ? end - 1 : end;
}

function stopAfter(stop: RegExp, text: string, start: number): number {
  stop.lastIndex = start;
  return stop.exec(text)?.index ?? text.length;
}
