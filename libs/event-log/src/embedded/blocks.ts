/**
 * Memory for the tail's rows, used again. Fresh memory for every row would be old by the time its row is forgotten, and only a full
 * garbage collection frees what is old: several a second under load, a third of what ingest costs (measured).
 */
export class Blocks {
  readonly #free = new Map<number, ArrayBuffer[]>();
  #freeBytes = 0;

  /** A block of the next power of two; what it holds is whatever it held before. */
  take(bytes: number): ArrayBuffer {
    const size = Math.max(SMALLEST_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
    const block = this.#free.get(size)?.pop();
    if (block === undefined) return new ArrayBuffer(size);
    this.#freeBytes -= size;
    return block;
  }

  /** Takes back a block that nobody reads any more. */
  give(block: ArrayBuffer): void {
    const size = block.byteLength;
    if (this.#freeBytes + size > FREE_BYTES) return;
    const blocks = this.#free.get(size) ?? [];
    this.#free.set(size, blocks);
    blocks.push(block);
    this.#freeBytes += size;
  }
}

const SMALLEST_BYTES = 1_024;
/** Held beyond what is in use. */
export const FREE_BYTES = 8 * 1_048_576;
