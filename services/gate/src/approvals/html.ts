/** Text from anywhere as HTML that only shows it: nothing in it becomes markup, and nothing in it can hide or turn around what is read. */

// Controls, format characters (zero-width, bidirectional, tags), half surrogates, separators; and spaces that are none or look like another.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]/gu;
const MARKUP: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;" };

/** For text and for attributes in double quotes. What cannot be seen is spelled out: `[U+202E]`. */
export function escaped(text: string): string {
  return spelled(text).replaceAll(/[&<>"'`]/gu, (character) => MARKUP[character]!);
}

/** The same over several lines: a line ends where the text's does, and says so. */
export function escapedLines(text: string): string {
  return text.split("\n").map(escaped).join("↵\n");
}

function spelled(text: string): string {
  return text.replaceAll(UNSEEN, (character) => `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`);
}
