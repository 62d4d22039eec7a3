/** Text from anywhere as HTML that only shows it: nothing in it becomes markup, and nothing in it can hide or turn around what is read. */

// Controls, format characters (zero-width, bidirectional, tags), half surrogates, separators, what nobody assigned or fonts leave out; spaces
// that are none or look like another; signs laid over others.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Me}\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]|[\u{334}-\u{338}\u{20d2}-\u{20eb}]|(?<=\p{M}{2})\p{M}/gu;
/** A word of several scripts: letters of one look like letters of another. */
const WORD = /[\p{L}\p{N}\p{M}_.-]+/gu;
const LOOKALIKE = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/gu;
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
  return text.replaceAll(UNSEEN, code).replaceAll(WORD, (word) => (/\p{Script=Latin}/u.test(word) ? word.replaceAll(LOOKALIKE, code) : word));
}

const code = (character: string): string => `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`;
