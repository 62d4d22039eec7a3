/**
 * Memory for encoded records, used again from request to request: fresh memory for each would have to be collected as garbage,
 * which cost more than the encoding (measured).
 */
export interface Slabs {
  /** A place for the records of one request. */
  open(): SlabWriter;
}

export interface SlabWriter {
  /**
   * What `write` writes at `at`, of at most `most` bytes, in memory that is this request's until `release`. `write` answers where
   * it ended, or -1: then nothing was written, and this is null.
   */
  write(most: number, write: (into: Buffer, at: number) => number): Uint8Array | null;
  /** Gives the memory back. Only once nobody reads what was written any more. */
  release(): void;
}

export const SLAB_BYTES = 131_072;
/** Slabs kept while nobody needs them: 8 MiB. */
export const SLABS_KEPT = 64;

export function createSlabs(): Slabs {
  const free: Buffer[] = [];
  return {
    open() {
      const held: Buffer[] = [];
      let slab: Buffer | null = null;
      let at = 0;
      return {
        write(most, write) {
          if (most > SLAB_BYTES) return writtenAlone(most, write);
          if (slab === null || SLAB_BYTES - at < most) {
            slab = free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
            held.push(slab);
            at = 0;
          }
          const start = at;
          const end = write(slab, start);
          if (end < 0) return null;
          at = end;
          return slab.subarray(start, end);
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

/** Too large for a slab: in memory of its own. */
function writtenAlone(most: number, write: (into: Buffer, at: number) => number): Uint8Array | null {
  const memory = Buffer.allocUnsafeSlow(most);
  const end = write(memory, 0);
  return end < 0 ? null : memory.subarray(0, end);
}
