/** A text with a part of it underlined, safe for a terminal and never wider than one. */
import { plain } from "../commands/output.ts";

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Lines shown of a part that spans many, and columns of each. */
const MAX_LINES = 8;
const MAX_COLUMNS = 110;
/** Columns kept before the part in a line that is too long. */
const BEFORE_COLUMNS = 24;

/** The lines that the span touches, each with a line of marks below; the whole text where there is no span. */
export function underlined(text: string, span: Span | null, indent = "  "): string[] {
  const { start, end } = span ?? { start: 0, end: text.length };
  const shown: string[] = [];
  let at = 0;
  let left = 0;
  for (const line of text.split("\n")) {
    const from = Math.max(start, at) - at;
    const to = Math.min(end, at + line.length) - at;
    at += line.length + 1;
    if (from >= to) continue;
    if (shown.length >= MAX_LINES * 2) {
      left += 1;
      continue;
    }
    shown.push(...marked(line, from, to).map((row) => `${indent}${row}`.trimEnd()));
  }
  return left === 0 ? shown : [...shown, `${indent}… and ${left} more ${left === 1 ? "line" : "lines"}`];
}

function marked(line: string, from: number, to: number): [string, string] {
  let text = "";
  let marks = "";
  let columns = 0;
  let skipped = false;
  let unit = 0;
  // Long before the part nothing is said of it: the line begins shortly before.
  const first = line.length > MAX_COLUMNS ? Math.max(0, from - BEFORE_COLUMNS) : 0;
  for (const character of line) {
    const at = unit;
    unit += character.length;
    if (at < first) {
      skipped = true;
      continue;
    }
    if (columns >= MAX_COLUMNS) {
      text += "…";
      break;
    }
    const drawn = character === "\t" ? "  " : plain(character);
    const wide = drawn === character ? widthOf(character) : drawn.length;
    text += drawn;
    marks += (at >= from && at < to ? "^" : " ").repeat(wide);
    columns += wide;
  }
  return skipped ? [`…${text}`, ` ${marks}`] : [text, marks];
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
const NO_WIDTH = /\p{M}/u;

/** Columns of a terminal. */
function widthOf(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) && character.codePointAt(0)! > 0xff ? 2 : 1;
}
