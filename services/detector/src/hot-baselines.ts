/**
 * Baselines of the agents that act now, in typed arrays, within a budget of bytes; those not used for longest make room, and the
 * store has them. What an evicted one learned since the last checkpoint is kept, serialized, until the next checkpoint has written it.
 *
 * Use only sets a mark: an order of use kept on every action costs more than judging it (measured at a million agents: half of
 * all). When room is needed, a hand goes round the slots: what was used since it last came by gets a second chance.
 */
import { BaselineTable } from "@tripline/core";
import { TriplineError } from "@tripline/model";
import type { Store } from "@tripline/store";
import { EvictedStates } from "./evicted-states.ts";
import { AGENT_BYTES, type HotBounds, MAX_IN_HAND } from "./hot-bounds.ts";
import { NO_SLOT, SlotIndex } from "./slot-index.ts";

/** The consumer group, and the name under which its states are stored. */
export const GROUP = "detector";

/** Second chances given for one newcomer: above it the oldest leaves even if it was used, so that one load never stops the loop. */
const MAX_SECOND_CHANCES = 64;
/** Marks of a slot. */
const USED = 1;
const CHANGED = 2;
/** Of the turn in hand: stays whatever other partitions load meanwhile, or its action would go unjudged. */
const IN_HAND = 4;

/** The agents of the records that a partition judges now. */
export interface Turn {
  /** One for each key asked for, in their order. */
  readonly slots: readonly number[];
  /** Another one began, or the partition has left: the slots may be anybody's. */
  readonly isOver: boolean;
}

export interface HotNotices {
  /** A stored state cannot be read: its agent starts afresh. */
  unusable(key: string): void;
  /** What waits for a checkpoint has outgrown its share of the budget: checkpoints are due now. Only schedule them here. */
  pressed(): void;
}

export class HotBaselines {
  readonly table: BaselineTable;
  readonly #store: Pick<Store, "loadStates">;
  #agents: number;
  readonly #notices: HotNotices;
  readonly #index: SlotIndex;
  /** By slot. */
  readonly #marks: Uint8Array;
  readonly #tenures: Uint32Array;
  /** One number per ownership of a partition: dropping one makes all its slots stale at once, to be reused as they come up. */
  readonly #tenureOf = new Map<number, number>();
  readonly #partitionOf = new Map<number, number>();
  #lastTenure = 0;
  readonly #turns = new Map<number, { slots: number[]; isOver: boolean }>();
  /** Slot that the hand looks at next; those from `#reached` on were never used. */
  #hand = 0;
  #reached = 0;
  /** Newcomers that have room and whose states are on their way. */
  #expected = 0;
  #warmed = 0;
  readonly #evicted: EvictedStates;
  readonly #dirty = new Map<number, Set<string>>();

  constructor(store: Pick<Store, "loadStates">, bounds: HotBounds, notices: HotNotices) {
    this.#store = store;
    this.#notices = notices;
    this.#agents = bounds.agents;
    this.#evicted = new EvictedStates(bounds.evictedBytes);
    // Should turns in hand alone fill the bound, they still find slots.
    const slots = bounds.agents + MAX_IN_HAND;
    this.table = new BaselineTable(slots);
    this.#marks = new Uint8Array(slots);
    this.#tenures = new Uint32Array(slots);
    this.#index = new SlotIndex(slots);
  }

  /** As many baselines from now on, and never more than to begin with; what is too much leaves as newcomers come. */
  keepWithin(agents: number): void {
    this.#agents = Math.min(agents, this.table.capacity - MAX_IN_HAND);
  }

  /** Makes sure that all of `keys` (of one partition, repeated or not) are in memory, and stay there until its next load. */
  async load(partition: number, keys: readonly string[]): Promise<Turn> {
    const turn = this.#newTurn(partition);
    if (this.#findAll(partition, keys, turn.slots)) {
      // Habits grow without newcomers.
      if (this.#held > this.#agents) this.#makeRoom(0);
      return turn;
    }
    const tenure = this.#tenure(partition);
    const missing = [...new Set(keys.filter((_, at) => turn.slots[at] === NO_SLOT))];
    this.#makeRoom(missing.length);
    const stored = await this.#storedStates(partition, missing);
    // Nobody else may judge by what an owner loads that has lost its partition meanwhile.
    if (this.#tenureOf.get(partition) !== tenure) throw new TriplineError("TL_STORE_FENCED");
    const placed = new Map(missing.map((key) => [key, this.#place(key, partition, stored.get(key))]));
    for (const [at, key] of keys.entries()) if (turn.slots[at] === NO_SLOT) turn.slots[at] = placed.get(key)!;
    return turn;
  }

  /** Slot of the turn's key `at`, marked as changed. Null if the turn is over. */
  touch(turn: Turn, at: number): number | null {
    const slot = turn.slots[at];
    if (turn.isOver || slot === undefined) return null;
    const marks = this.#marks[slot]!;
    if ((marks & CHANGED) === 0) this.#dirtyOf(this.#partitionOf.get(this.#tenures[slot]!)!).add(this.#index.keyOf(slot)!);
    this.#marks[slot] = marks | USED | CHANGED;
    return slot;
  }

  /** Slot of a key in memory, or null: also for one that an earlier ownership left behind, which may be older than the store. */
  slotOf(key: string): number | null {
    const slot = this.#index.find(key);
    return slot === NO_SLOT || !this.#partitionOf.has(this.#tenures[slot]!) ? null : slot;
  }

  /** Changed states of a partition; they count as clean from now on. */
  takeChanges(partition: number): { key: string; value: Uint8Array }[] {
    const changes = this.#evicted.take(partition);
    for (const key of this.#dirtyOf(partition)) {
      const slot = this.slotOf(key);
      if (slot === null) continue;
      this.#marks[slot]! &= ~CHANGED;
      changes.push({ key, value: this.table.serialize(slot) });
    }
    this.#dirty.delete(partition);
    return changes;
  }

  /** Bytes of what waits for a checkpoint out of memory's order. */
  get evictedBytes(): number {
    return this.#evicted.bytes;
  }

  /** True while this partition holds some of too much that waits for a checkpoint. */
  isPressedBy(partition: number): boolean {
    return this.#evicted.isOver && this.#evicted.has(partition);
  }

  /** Forgets a partition that now belongs to another owner, changed or not. Its slots are reused first come, first served. */
  drop(partition: number): void {
    this.#newTurn(partition);
    this.#turns.delete(partition);
    this.#partitionOf.delete(this.#tenureOf.get(partition) ?? 0);
    this.#tenureOf.delete(partition);
    this.#evicted.take(partition);
    this.#dirty.delete(partition);
  }

  /** Finds what is in memory, holds it there and reads it ahead. True if that is all. */
  #findAll(partition: number, keys: readonly string[], slots: number[]): boolean {
    this.#index.findAll(keys, slots);
    const tenures = this.#tenures;
    const own = this.#tenureOf.get(partition);
    let isAll = true;
    for (let at = 0; at < slots.length; at += 1) {
      const slot = slots[at]!;
      // Nearly all are of this ownership: no look-up for each.
      if (slot !== NO_SLOT && (tenures[slot] === own || this.#partitionOf.has(tenures[slot]!))) this.#marks[slot]! |= USED | IN_HAND;
      else {
        slots[at] = NO_SLOT;
        isAll = false;
      }
    }
    this.#warmed = (this.#warmed + this.table.warm(isAll ? slots : slots.filter((slot) => slot !== NO_SLOT))) | 0;
    return isAll;
  }

  /** Ends the turn before, whose agents may leave again. */
  #newTurn(partition: number): { slots: number[]; isOver: boolean } {
    const before = this.#turns.get(partition);
    if (before !== undefined) {
      before.isOver = true;
      for (const slot of before.slots) if (slot !== NO_SLOT) this.#marks[slot]! &= ~IN_HAND;
    }
    const turn = { slots: [], isOver: false };
    this.#turns.set(partition, turn);
    return turn;
  }

  async #storedStates(partition: number, missing: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    this.#expected += missing.length;
    try {
      return await this.#store.loadStates(GROUP, missing.filter((key) => this.#evicted.get(partition, key) === undefined));
    } finally {
      this.#expected -= missing.length;
    }
  }

  #place(key: string, partition: number, stored: Uint8Array | undefined): number {
    // A stale slot of the same key goes first: its partition was ours before.
    const stale = this.#index.find(key);
    if (stale !== NO_SLOT) this.#leave(stale);
    const slot = this.table.allocate();
    if (slot === null) throw new RangeError("no slot left: more baselines in hand than the table holds");
    const unwritten = this.#evicted.remove(partition, key);
    const bytes = unwritten ?? stored;
    if (bytes !== undefined && this.table.restore(slot, bytes) === "unusable") this.#notices.unusable(key);
    this.#marks[slot] = unwritten === undefined ? IN_HAND : IN_HAND | CHANGED;
    this.#tenures[slot] = this.#tenure(partition);
    this.#index.add(key, slot);
    this.#reached = Math.max(this.#reached, slot + 1);
    if (unwritten !== undefined) this.#dirtyOf(partition).add(key);
    return slot;
  }

  /** What is in memory, in agents without habits: those that have some count for as many as these take the bytes of. */
  get #held(): number {
    return this.#index.size + Math.ceil(this.table.habitBytes / AGENT_BYTES);
  }

  /** Lets the oldest leave until `count` newcomers fit. Nothing in hand leaves: if nothing else is there, the bound gives way to it. */
  #makeRoom(count: number): void {
    let chances = MAX_SECOND_CHANCES * count;
    let looks = this.#reached + chances;
    while (this.#held + this.#expected + count > this.#agents && looks > 0) {
      looks -= 1;
      const slot = this.#hand;
      this.#hand = slot + 1 < this.#reached ? slot + 1 : 0;
      if (this.#index.keyOf(slot) === undefined) continue;
      const marks = this.#marks[slot]!;
      const isSpared = (marks & USED) !== 0 && chances > 0 && this.#partitionOf.has(this.#tenures[slot]!);
      if (isSpared) {
        this.#marks[slot] = marks & ~USED;
        chances -= 1;
      } else if ((marks & IN_HAND) === 0) this.#leave(slot);
    }
    if (this.#evicted.isNewlyOver()) this.#notices.pressed();
  }

  #leave(slot: number): void {
    const key = this.#index.keyOf(slot)!;
    const partition = this.#partitionOf.get(this.#tenures[slot]!);
    if (partition !== undefined && (this.#marks[slot]! & CHANGED) !== 0) {
      this.#evicted.add(partition, key, this.table.serialize(slot));
      this.#dirtyOf(partition).delete(key);
    }
    this.#index.remove(slot);
    this.table.free(slot);
  }

  #tenure(partition: number): number {
    let tenure = this.#tenureOf.get(partition);
    if (tenure === undefined) {
      tenure = ++this.#lastTenure;
      this.#tenureOf.set(partition, tenure);
      this.#partitionOf.set(tenure, partition);
    }
    return tenure;
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
