/** Lists that say the same, kept once: a million grants are mostly written from a few templates. */

/** Different lists that are shared; what comes after is kept as it came. */
export const MAX_SHARED_LISTS = 16_384;

export class SharedLists {
  readonly #known = new Map<string, readonly string[]>();

  /** The list itself, or one with the same words in the same order. Nobody may change it. */
  of<T extends string>(list: T[]): T[] {
    const name = JSON.stringify(list);
    const known = this.#known.get(name) as T[] | undefined;
    if (known !== undefined) return known;
    if (this.#known.size < MAX_SHARED_LISTS) this.#known.set(name, list);
    return list;
  }
}
