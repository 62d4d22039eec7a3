/** Words of a command in any way in which a shell reads the same word, with any blanks between them. */
import type { Random } from "../../quality/random.ts";

/** Words that the shell itself must read. */
const SPECIAL = /^~|[*?{}]/;
const PLAIN = /^[\w./:=@%+,-]+$/;

export const single = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const double = (text: string): string => `"${text.replace(/[\\"$`]/g, "\\$&")}"`;
const ansi = (text: string, random: Random): string =>
  `$'${text.replace(/[^]/g, (char) => (random.chance(0.3) && char < "\u007f" ? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}` : char.replace(/[\\']/, "\\$&")))}'`;
const backslashed = (text: string, random: Random): string => text.replace(/[^\n]/g, (char) => (PLAIN.test(char) && !random.chance(0.3) ? char : `\\${char}`));

/** Pieces put together, each quoted in its own way: `r''m`, `"r"'m'`, `r\m`. */
function pieces(text: string, random: Random): string {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + random.below(Math.min(6, text.length - at));
    parts.push(quoted(text.slice(at, at + length), random, false));
    if (random.chance(0.2)) parts.push(random.pick(["''", '""']));
    at += length;
  }
  return parts.join("");
}

function quoted(text: string, random: Random, whole: boolean): string {
  switch (random.below(whole ? 6 : 4)) {
    case 0:
      return single(text);
    case 1:
      return double(text);
    case 2:
      return ansi(text, random);
    case 3:
      return text.includes("\n") ? single(text) : backslashed(text, random);
    case 4:
      return pieces(text, random);
    default:
      return PLAIN.test(text) ? text : single(text);
  }
}

/** One word; empty words are always quoted, special ones never. */
export function word(text: string, random: Random): string {
  if (text === "") return "''";
  // `a=b` in front would be an assignment only while it is bare; as an argument it is a word either way.
  return SPECIAL.test(text) && !/\s/.test(text) ? text : quoted(text, random, true);
}

/** The plainest spelling. */
export const plain = (text: string): string => (text !== "" && (PLAIN.test(text) || (SPECIAL.test(text) && !/[\s'"$`;&|()<>]/.test(text))) ? text : single(text));

const BLANKS = [" ", " ", " ", "  ", "\t", " \t ", " \\\n", " \\\n  "];
export const blank = (random: Random): string => random.pick(BLANKS);

export function requoted(words: readonly string[], random: Random): string {
  return words.map((text) => word(text, random)).reduce((line, next) => line + blank(random) + next);
}
