/**
 * Strings that come again and again (tool, agent, session) are made once. Direct-mapped and bounded: a collision overwrites, so
 * hostile keys can only make it useless, never large. Holds ASCII of up to `MAX_CHARS`; everything else is decoded plainly.
 */
export class StringCache {
  readonly #entries: (string | undefined)[] = Array.from<string | undefined>({ length: ENTRIES });

  /** The text of `bytes[start, end)` as UTF-8; invalid sequences become U+FFFD. */
  text(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return "";
    if (length > MAX_CHARS) return bytes.toString("utf8", start, end);
    let hash = length;
    let high = 0;
    for (let i = start; i < end; i += 1) {
      const byte = bytes[i]!;
      high |= byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (high > 0x7f) return bytes.toString("utf8", start, end);
    const index = (hash ^ (hash >>> 15)) & (ENTRIES - 1);
    const known = this.#entries[index];
    if (known !== undefined && known.length === length && sameText(known, bytes, start)) return known;
    const made = bytes.toString("latin1", start, end);
    this.#entries[index] = made;
    return made;
  }
}

const ENTRIES = 4_096;
const MAX_CHARS = 48;

function sameText(text: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
