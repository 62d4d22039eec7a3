/**
 * Memory for encoded records, used again from request to request: fresh memory for each would have to be collected as garbage,
 * which cost more than the encoding (measured).
 */
export interface Slabs {
  /** A place for the records of one request. */
  open(): SlabWriter;
}

export interface SlabWriter {
  /** The text as UTF-8, in memory that is this request's until `release`. */
  write(text: string): Uint8Array;
  /** Gives the memory back. Only once nobody reads what was written any more. */
  release(): void;
}

export const SLAB_BYTES = 131_072;
/** Slabs kept while nobody needs them: 8 MiB. */
export const SLABS_KEPT = 64;
/** UTF-8 takes at most this much per UTF-16 unit. */
const MAX_BYTES_PER_CHAR = 3;

export function createSlabs(): Slabs {
  const free: Buffer[] = [];
  return {
    open() {
      const held: Buffer[] = [];
      let slab: Buffer | null = null;
      let at = 0;
      return {
        write(text) {
          const most = text.length * MAX_BYTES_PER_CHAR;
          if (most > SLAB_BYTES) return Buffer.from(text);
          if (slab === null || SLAB_BYTES - at < most) {
            slab = free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
            held.push(slab);
            at = 0;
          }
          const start = at;
          at += slab.write(text, start, "utf8");
          return slab.subarray(start, at);
        },
        release() {
          for (const one of held) if (free.length < SLABS_KEPT) free.push(one);
          held.length = 0;
          slab = null;
        },
      };
    },
  };
}
