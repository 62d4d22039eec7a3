/** What keeps the parser's time in bounds beside the length of its input. */
import { MAX_HERE_DOCUMENTS, MAX_OPEN_EXPANSIONS } from "../bounds.ts";

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
