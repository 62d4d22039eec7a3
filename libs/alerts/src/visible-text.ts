/** Text from agents, made safe to look at: what would move a cursor, hide, or reverse the reading direction is spelled out. */

// C0 and C1 controls, zero-width and bidirectional marks, line separators, byte-order mark, tags, and half surrogates.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Escapes unsafe characters as `\u{…}` and cuts to `chars`, marking the cut. */
export function visibleText(text: string, chars: number): string {
  const safe = text.slice(0, chars + 1).replace(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return safe.length <= chars ? safe : `${safe.slice(0, chars - 1)}…`;
}
