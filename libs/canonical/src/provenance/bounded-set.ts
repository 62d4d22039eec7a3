/** A set of keyed hashes with a bound; the least recently used one leaves first. */
export class BoundedSet {
  readonly #limit: number;
  readonly #keys = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#keys.size;
  }

  add(key: string): void {
    if (this.#keys.delete(key)) {
      this.#keys.add(key);
      return;
    }
    if (this.#keys.size >= this.#limit) {
      const oldest = this.#keys.values().next();
      if (!oldest.done) this.#keys.delete(oldest.value);
    }
    this.#keys.add(key);
  }

  /** Whether the key is present; being asked for counts as use. */
  touch(key: string): boolean {
    if (!this.#keys.delete(key)) return false;
    this.#keys.add(key);
    return true;
  }
}
