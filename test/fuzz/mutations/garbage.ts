/** Texts that are no longer what they were: for crashes and for time alone. */
import type { Random } from "../../quality/random.ts";

const OPENERS = ["$(", "(", "{", "[", "`", "\"$(", "${x:-", "$((", "<(", "'", "\"", "/*", "$$", "BEGIN ", "case x in x) ", "if true; then ", "sh -c ", "sudo ", "eval ", "not ", "- ", "((select ", "{a", "...F ", "mutation{", "/*!", "q'[", "\\", "|", ";", "&&", "<<A\n", "f(){ f;};", "-", "a=$a$a;", "x'", "drop "];
const CLOSERS: Readonly<Record<string, string>> = { "$(": ")", "(": ")", "{": "}", "[": "]", "\"$(": ")\"", "${x:-": "}", "$((": "))", "<(": ")", "{a": "}" };
/** Just above what is still parsed. */
const MAX_CHARS = 17_000;

const cut = (text: string, random: Random): string => (random.chance(0.5) ? text.slice(0, random.below(text.length + 1)) : text.slice(random.below(text.length + 1)));

function salted(text: string, random: Random): string {
  let result = text;
  for (let left = 1 + random.below(8); left > 0; left -= 1) {
    const at = random.below(result.length + 1);
    const char = random.chance(0.5) ? String.fromCharCode(random.below(256)) : String.fromCodePoint(random.pick([0, 0x2028, 0xfeff, 0x1f600, 0xd800, 0xe9, 0x202e, 0xffff]));
    result = result.slice(0, at) + char + result.slice(at + random.below(3));
  }
  return result;
}

function nested(text: string, random: Random): string {
  const opener = random.pick(OPENERS);
  const times = random.chance(0.2) ? Math.floor(MAX_CHARS / opener.length) : 1 + random.below(200);
  const closer = CLOSERS[opener];
  const close = closer !== undefined && random.chance(0.5) ? closer.repeat(times) : "";
  return (opener.repeat(times) + text + close).slice(0, MAX_CHARS);
}

function repeated(text: string, random: Random): string {
  const from = random.below(text.length);
  const piece = text.slice(from, from + 1 + random.below(12));
  return (text.slice(0, from) + piece.repeat(1 + random.below(Math.floor(MAX_CHARS / piece.length))) + text.slice(from)).slice(0, MAX_CHARS);
}

export function garbage(text: string, other: string, random: Random): { readonly name: string; readonly text: string } {
  switch (random.below(6)) {
    case 0:
      return { name: "cut", text: cut(text, random) };
    case 1:
      return { name: "salted", text: salted(text, random) };
    case 2:
      return { name: "nested", text: nested(text, random) };
    case 3:
      return { name: "repeated", text: repeated(text, random) };
    case 4:
      return { name: "spliced", text: cut(text, random) + cut(other, random) };
    default:
      return { name: "random", text: Array.from({ length: random.below(400) }, () => String.fromCharCode(random.below(random.chance(0.9) ? 127 : 65_536))).join("") };
  }
}
