/**
 * A cursor over protobuf bytes. It never throws and never reads past `end`: the first thing that does not fit sets `problem` and
 * moves the cursor to the end, so every `while (wire.pos < end)` loop stops by itself.
 */
import type { ReadLimits, ReadProblem } from "./item.ts";
import { rangeBuffer, type RangeBuffer } from "./slices.ts";

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

export class Wire {
  readonly bytes: RangeBuffer;
  /** The same memory, for reading words. */
  readonly view: DataView;
  readonly limits: ReadLimits;
  pos = 0;
  /** End of the message being read. */
  end: number;
  problem: ReadProblem | null = null;
  detail = "";
  /** Fields seen since the counter was last reset; bounds work per item. */
  nodes = 0;
  /** Set by `field`. */
  number = 0;
  type = 0;
  /** Set by `field` for BYTES: the payload's range. For the others `start` is where the value begins. */
  start = 0;
  stop = 0;

  constructor(bytes: Uint8Array, limits: ReadLimits) {
    this.bytes = rangeBuffer(bytes);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.limits = limits;
    this.end = bytes.byteLength;
  }

  fail(problem: ReadProblem, detail: string): void {
    if (this.problem === null) {
      this.problem = problem;
      this.detail = `${detail} at byte ${this.pos}`;
    }
    this.pos = this.end;
    this.number = 0;
    this.start = this.end;
    this.stop = this.end;
  }

  /** Reads one tag and steps over its value. False at the end of the message or on a problem. */
  field(end: number): boolean {
    const { pos, bytes } = this;
    // After a problem the cursor stands at the end of everything, so this also stops then.
    if (pos >= end) return false;
    this.nodes += 1;
    if (this.nodes > this.limits.nodes) {
      this.fail("too-many", "fields");
      return false;
    }
    const tag = bytes[pos]!;
    const length = bytes[pos + 1]!;
    // Nearly every field: a tag of one byte, and a payload of less than 128 bytes. `length` past the end is undefined: no.
    if (tag >= 8 && tag < 0x80 && (tag & 7) === BYTES && length < 0x80 && pos + 2 + length <= end) {
      this.number = tag >> 3;
      this.type = BYTES;
      this.start = pos + 2;
      this.stop = pos + 2 + length;
      this.pos = this.stop;
      return true;
    }
    return this.#anyField(end);
  }

  #anyField(end: number): boolean {
    const tag = this.varint(end);
    this.number = Math.floor(tag / 8);
    this.type = tag % 8;
    if (this.number === 0) this.fail("malformed", "field number 0");
    else this.#skip(end);
    return this.problem === null;
  }

  #skip(end: number): void {
    this.start = this.pos;
    if (this.type === BYTES) {
      const length = this.varint(end);
      this.start = this.pos;
      this.pos += length;
    } else if (this.type === VARINT) this.varint(end);
    else if (this.type === FIXED64) this.pos += 8;
    else if (this.type === FIXED32) this.pos += 4;
    else return this.fail("malformed", "wire type");
    if (this.pos > end) return this.fail("malformed", "length");
    this.stop = this.pos;
  }

  /** An unsigned varint as a double: exact to 2^53, which every length and tag in a body of bounded size is. */
  varint(end: number): number {
    const { bytes } = this;
    let pos = this.pos;
    if (pos >= end) return this.#short();
    let byte = bytes[pos]!;
    pos += 1;
    if (byte < 0x80) {
      this.pos = pos;
      return byte;
    }
    let value = byte & 0x7f;
    let scale = 0x80;
    for (let i = 1; i < MAX_VARINT_BYTES; i += 1) {
      if (pos >= end) return this.#short();
      byte = bytes[pos]!;
      pos += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.pos = pos;
        return value;
      }
      scale *= 0x80;
    }
    this.fail("malformed", "varint");
    return 0;
  }

  #short(): number {
    this.fail("malformed", "unexpected end");
    return 0;
  }
}

const MAX_VARINT_BYTES = 10;

/** Nanoseconds since the epoch, little-endian at `at`, as whole milliseconds; exact, though the nanoseconds exceed 2^53. */
export function nanosToMs(view: DataView, at: number): number {
  const low = view.getUint32(at, true);
  const high = view.getUint32(at + 4, true);
  // 2^32 ns = 4294 ms + 967296 ns; high × 967296 + low stays below 2^53.
  return high * 4_294 + Math.floor((high * 967_296 + low) / 1_000_000);
}
