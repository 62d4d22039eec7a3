/**
 * Baselines of the agents that act now, in typed arrays; those not used for longest make room. What an evicted one learned since
 * the last checkpoint is kept, serialized, until the next checkpoint has written it.
 *
 * Use only sets a mark: reordering the cache on every action costs more than judging it (measured at a million agents: half of
 * all). The order is put right when room is needed: what was used since it was last looked at gets a second chance.
 */
import { BaselineTable } from "@tripline/core";
import type { Store } from "@tripline/store";
import { LRUCache } from "lru-cache";

/** The consumer group, and the name under which its states are stored. */
export const GROUP = "detector";

/** Second chances given for one newcomer: above it the oldest leaves even if it was used, so that one load never stops the loop. */
const MAX_SECOND_CHANCES = 64;
/** Marks of a slot. */
const USED = 1;
const CHANGED = 2;

export class HotBaselines {
  readonly table: BaselineTable;
  readonly #store: Store;
  /** Key → slot. */
  readonly #cache: LRUCache<string, number>;
  readonly #capacity: number;
  /** By slot. */
  readonly #marks: Uint8Array;
  readonly #partitions: Uint16Array;
  #warmed = 0;
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
    this.#capacity = capacity;
    this.#marks = new Uint8Array(capacity + 1);
    this.#partitions = new Uint16Array(capacity + 1);
    this.#cache = new LRUCache({ max: capacity, dispose: (slot, key) => this.#leave(key, slot) });
  }

  /** Makes sure that all of `keys` (of one partition, fewer than the capacity) are in memory. */
  async load(partition: number, keys: ReadonlySet<string>): Promise<void> {
    const missing: string[] = [];
    const found: number[] = [];
    for (const key of keys) {
      const slot = this.#cache.peek(key);
      if (slot === undefined) missing.push(key);
      else found.push(slot);
    }
    for (const slot of found) {
      this.#marks[slot]! |= USED;
      this.#warmed = (this.#warmed + this.table.warm(slot)) | 0;
    }
    if (missing.length === 0) return;
    this.#makeRoom(keys, missing.length);
    const waiting = this.#evicted.get(partition);
    const stored = await this.#store.loadStates(GROUP, missing.filter((key) => !waiting?.has(key)));
    for (const key of missing) {
      const slot = this.table.allocate();
      if (slot === null) throw new RangeError("no slot left: more baselines than the table holds");
      const bytes = waiting?.get(key) ?? stored.get(key);
      if (bytes !== undefined && this.table.restore(slot, bytes) === "unusable") this.#unusable(key);
      const changed = waiting?.delete(key) ?? false;
      this.#marks[slot] = changed ? CHANGED : 0;
      this.#partitions[slot] = partition;
      this.#cache.set(key, slot);
      if (changed) this.#dirtyOf(partition).add(key);
    }
  }

  /** Slot of a loaded key, marked as changed. Null if it is not in memory. */
  touch(key: string): number | null {
    const slot = this.#cache.peek(key);
    if (slot === undefined) return null;
    if ((this.#marks[slot]! & CHANGED) === 0) this.#dirtyOf(this.#partitions[slot]!).add(key);
    this.#marks[slot] = USED | CHANGED;
    return slot;
  }

  /** Changed states of a partition; they count as clean from now on. */
  takeChanges(partition: number): { key: string; value: Uint8Array }[] {
    const changes = Array.from(this.#evicted.get(partition) ?? [], ([key, value]) => ({ key, value }));
    this.#evicted.delete(partition);
    for (const key of this.#dirtyOf(partition)) {
      const slot = this.#cache.peek(key);
      if (slot === undefined) continue;
      this.#marks[slot]! &= ~CHANGED;
      changes.push({ key, value: this.table.serialize(slot) });
    }
    this.#dirty.delete(partition);
    return changes;
  }

  /** Forgets a partition that now belongs to another owner, changed or not. */
  drop(partition: number): void {
    for (const [key, slot] of this.#cache.entries()) {
      if (this.#partitions[slot] !== partition) continue;
      this.#marks[slot] = 0;
      this.#cache.delete(key);
    }
    this.#evicted.delete(partition);
    this.#dirty.delete(partition);
  }

  /** Lets the oldest leave until `count` newcomers fit; nothing of the turn in hand leaves. */
  #makeRoom(turn: ReadonlySet<string>, count: number): void {
    if (turn.size > this.#capacity) throw new RangeError("more keys in one turn than hot baselines");
    let chances = MAX_SECOND_CHANCES * count;
    while (this.#cache.size + count > this.#capacity) {
      const oldest: string = this.#cache.rkeys().next().value!;
      const slot = this.#cache.peek(oldest)!;
      const spared = (this.#marks[slot]! & USED) !== 0 && chances > 0;
      if (spared && !turn.has(oldest)) {
        this.#marks[slot]! &= ~USED;
        chances -= 1;
      }
      // Asked for, it is the newest again.
      if (spared || turn.has(oldest)) this.#cache.get(oldest);
      else this.#cache.delete(oldest);
    }
  }

  #leave(key: string, slot: number): void {
    if ((this.#marks[slot]! & CHANGED) !== 0) {
      const partition = this.#partitions[slot]!;
      const evicted = this.#evicted.get(partition) ?? new Map<string, Uint8Array>();
      evicted.set(key, this.table.serialize(slot));
      this.#evicted.set(partition, evicted);
      this.#dirtyOf(partition).delete(key);
    }
    this.table.free(slot);
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
