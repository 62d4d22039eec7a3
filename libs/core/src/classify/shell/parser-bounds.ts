/** What keeps the parser's and the reader's time in bounds beside the length of their input. */
import { CHARS_PER_WORD, MAX_GIVEN_CHARS, MAX_HERE_DOCUMENTS, MAX_OPEN_EXPANSIONS } from "../bounds.ts";
import type { Stdin, Word } from "./word.ts";

/** What one script hands to programs, all together: the words alone have to be expanded each time. */
export class Given {
  #chars = 0;

  /** False from where it is more than is followed. */
  fits(args: readonly Word[], stdin: Stdin, weight: number): boolean {
    const chars = args.reduce((sum, { text }) => sum + text.length + CHARS_PER_WORD, stdin.kind === "text" ? stdin.text.length : 0);
    this.#chars += chars * weight;
    return this.#chars <= MAX_GIVEN_CHARS;
  }
}

/** Whether a script opens more than the parser is asked to follow. Counted without regard to quotes: a script written by hand is far below. */
export function opensTooMuch(text: string): boolean {
  let [open, documents] = [0, 0];
  for (const [sign] of text.matchAll(/\$\{|\}|<</g)) {
    if (sign === "<<") documents += 1;
    else open = sign === "}" ? Math.max(0, open - 1) : open + 1;
    if (open > MAX_OPEN_EXPANSIONS || documents > MAX_HERE_DOCUMENTS) return true;
  }
  return false;
}
