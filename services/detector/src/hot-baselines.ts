/**
 * Baselines of the agents that act now, in typed arrays; the least recently used make room. What an evicted one learned since
 * the last checkpoint is kept, serialized, until the next checkpoint has written it.
 */
import { BaselineTable } from "@tripline/core";
import type { Store } from "@tripline/store";
import { LRUCache } from "lru-cache";

/** The consumer group, and the name under which its states are stored. */
export const GROUP = "detector";

interface Hot {
  readonly slot: number;
  readonly partition: number;
  dirty: boolean;
}

export class HotBaselines {
  readonly table: BaselineTable;
  readonly #store: Store;
  readonly #cache: LRUCache<string, Hot>;
  /** By partition: states that left memory changed. */
  readonly #evicted = new Map<number, Map<string, Uint8Array>>();
  readonly #dirty = new Map<number, Set<string>>();
  readonly #unusable: (key: string) => void;

  /** `unusable` is told of a stored state that cannot be read: its agent starts afresh. */
  constructor(store: Store, capacity: number, unusable: (key: string) => void) {
    this.#store = store;
    this.#unusable = unusable;
    // One more slot than the cache: the newcomer has its own before the oldest leaves.
    this.table = new BaselineTable(capacity + 1);
    this.#cache = new LRUCache({ max: capacity, dispose: (hot, key) => this.#leave(key, hot) });
  }

  /** Makes sure that all of `keys` (of one partition, fewer than the capacity) are in memory. */
  async load(partition: number, keys: ReadonlySet<string>): Promise<void> {
    const missing = [...keys].filter((key) => this.#cache.get(key) === undefined);
    if (missing.length === 0) return;
    const waiting = this.#evicted.get(partition);
    const stored = await this.#store.loadStates(GROUP, missing.filter((key) => !waiting?.has(key)));
    for (const key of missing) {
      const slot = this.table.allocate();
      if (slot === null) throw new RangeError("no slot left: more keys in one turn than hot baselines");
      const bytes = waiting?.get(key) ?? stored.get(key);
      if (bytes !== undefined && this.table.restore(slot, bytes) === "unusable") this.#unusable(key);
      this.#cache.set(key, { slot, partition, dirty: waiting?.has(key) ?? false });
      if (waiting?.delete(key)) this.#dirtyOf(partition).add(key);
    }
  }

  /** Slot of a loaded key, marked as changed. Null if it is not in memory. */
  touch(key: string): number | null {
    const hot = this.#cache.get(key);
    if (hot === undefined) return null;
    if (!hot.dirty) {
      hot.dirty = true;
      this.#dirtyOf(hot.partition).add(key);
    }
    return hot.slot;
  }

  /** Changed states of a partition; they count as clean from now on. */
  takeChanges(partition: number): { key: string; value: Uint8Array }[] {
    const changes = Array.from(this.#evicted.get(partition) ?? [], ([key, value]) => ({ key, value }));
    this.#evicted.delete(partition);
    for (const key of this.#dirtyOf(partition)) {
      const hot = this.#cache.peek(key);
      if (hot === undefined) continue;
      hot.dirty = false;
      changes.push({ key, value: this.table.serialize(hot.slot) });
    }
    this.#dirty.delete(partition);
    return changes;
  }

  /** Forgets a partition that now belongs to another owner, changed or not. */
  drop(partition: number): void {
    for (const [key, hot] of this.#cache.entries()) {
      if (hot.partition !== partition) continue;
      hot.dirty = false;
      this.#cache.delete(key);
    }
    this.#evicted.delete(partition);
    this.#dirty.delete(partition);
  }

  #leave(key: string, hot: Hot): void {
    if (hot.dirty) {
      const evicted = this.#evicted.get(hot.partition) ?? new Map<string, Uint8Array>();
      evicted.set(key, this.table.serialize(hot.slot));
      this.#evicted.set(hot.partition, evicted);
      this.#dirtyOf(hot.partition).delete(key);
    }
    this.table.free(hot.slot);
  }

  #dirtyOf(partition: number): Set<string> {
    let dirty = this.#dirty.get(partition);
    if (dirty === undefined) {
      dirty = new Set();
      this.#dirty.set(partition, dirty);
    }
    return dirty;
  }
}
