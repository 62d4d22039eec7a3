/** Triplets (slot, start, stop) of the values that some dialect needs, of all items of a request one after the other. */
export class EntryList {
  values: Int32Array;
  length = 0;
  /** Which bag last held each slot, so that a repeated key is seen without a search. */
  readonly #holders: Int32Array;
  #bag = 0;

  /** `bodyBytes` only sizes the first allocation. */
  constructor(slots: number, bodyBytes: number) {
    this.values = new Int32Array(Math.max(MIN_NUMBERS, bodyBytes >> BYTES_PER_NUMBER_LOG2));
    this.#holders = new Int32Array(slots);
  }

  /** Begins the next bag (one item's or resource's attributes); answers where its entries start. */
  open(): number {
    this.#bag += 1;
    return this.length;
  }

  /** A value that is one string: the range of its text, told apart by a negative start. Of a repeated key the first counts. */
  addText(slot: number, start: number, stop: number): void {
    this.addValue(slot, ~start, stop);
  }

  /** Any value: the range of its AnyValue. */
  addValue(slot: number, start: number, stop: number): void {
    if (this.#holders[slot] === this.#bag) return;
    this.#holders[slot] = this.#bag;
    const at = this.length;
    if (at + 3 > this.values.length) this.#grow();
    const { values } = this;
    values[at] = slot;
    values[at + 1] = start;
    values[at + 2] = stop;
    this.length = at + 3;
  }

  #grow(): void {
    const larger = new Int32Array(this.values.length * 2);
    larger.set(this.values);
    this.values = larger;
  }
}

const MIN_NUMBERS = 64;
/** A tool span of 1 KB notes about ten values of three numbers each. */
const BYTES_PER_NUMBER_LOG2 = 5;
