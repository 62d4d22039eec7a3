/** States that left memory changed and wait, serialized, for the next checkpoint of their partition; counted in bytes. */

/** What an entry costs beside the state's bytes: key, map entry, array header. */
const ENTRY_BYTES = 320;

export class EvictedStates {
  readonly #boundBytes: number;
  readonly #byPartition = new Map<number, Map<string, Uint8Array>>();
  #bytes = 0;
  #isTold = false;

  constructor(boundBytes: number) {
    this.#boundBytes = boundBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isOver(): boolean {
    return this.#bytes > this.#boundBytes;
  }

  /** True once each time that the bound is passed. */
  isNewlyOver(): boolean {
    const isNew = this.isOver && !this.#isTold;
    this.#isTold = this.isOver;
    return isNew;
  }

  has(partition: number): boolean {
    return this.#byPartition.has(partition);
  }

  get(partition: number, key: string): Uint8Array | undefined {
    return this.#byPartition.get(partition)?.get(key);
  }

  add(partition: number, key: string, value: Uint8Array): void {
    this.remove(partition, key);
    const states = this.#byPartition.get(partition) ?? new Map<string, Uint8Array>();
    states.set(key, value);
    this.#byPartition.set(partition, states);
    this.#bytes += value.byteLength + ENTRY_BYTES;
  }

  remove(partition: number, key: string): Uint8Array | undefined {
    const states = this.#byPartition.get(partition);
    const value = states?.get(key);
    if (states === undefined || value === undefined) return undefined;
    states.delete(key);
    if (states.size === 0) this.#byPartition.delete(partition);
    this.#bytes -= value.byteLength + ENTRY_BYTES;
    return value;
  }

  /** Takes all of a partition out. */
  take(partition: number): { key: string; value: Uint8Array }[] {
    const taken = Array.from(this.#byPartition.get(partition) ?? [], ([key, value]) => ({ key, value }));
    for (const { value } of taken) this.#bytes -= value.byteLength + ENTRY_BYTES;
    this.#byPartition.delete(partition);
    return taken;
  }
}
