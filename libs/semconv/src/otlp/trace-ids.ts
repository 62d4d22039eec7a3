import type { RangeBuffer } from "./slices.ts";

/** Most spans of a request share their trace, so the last id made is kept. */
export class TraceIds {
  #at = -1;
  #hex = "";

  /** The 16 bytes at `at` as hex. */
  hex(bytes: RangeBuffer, at: number): string {
    if (this.#at < 0 || !sameId(bytes, this.#at, at)) {
      this.#at = at;
      this.#hex = bytes.hexSlice(at, at + TRACE_ID_BYTES);
    }
    return this.#hex;
  }
}

const TRACE_ID_BYTES = 16;

function sameId(bytes: RangeBuffer, one: number, other: number): boolean {
  for (let i = TRACE_ID_BYTES - 1; i >= 0; i -= 1) if (bytes[one + i] !== bytes[other + i]) return false;
  return true;
}
