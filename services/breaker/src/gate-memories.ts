/**
 * What the gate said of calls, by partition. Kept with the reading position, since a result may come long after the decision that allowed it,
 * and a breaker that had forgotten would trip on it.
 */
import { GateMemory } from "@tripline/core";
import type { StateChange } from "@tripline/store";

const PREFIX = "~gate/";

/** Key of a partition's decisions among an instance's states; no agent key looks like it. */
export const gateKey = (partition: number): string => `${PREFIX}${partition}`;
export const isGateKey = (key: string): boolean => key.startsWith(PREFIX);

export class GateMemories {
  readonly #memories = new Map<number, GateMemory>();
  readonly #unusable: (partition: number) => void;
  readonly #clock: () => number;

  /** `unusable`: what a checkpoint holds of the partition cannot be read. */
  constructor(clock: () => number, unusable: (partition: number) => void) {
    this.#clock = clock;
    this.#unusable = unusable;
  }

  of(partition: number): GateMemory {
    const known = this.#memories.get(partition) ?? new GateMemory();
    this.#memories.set(partition, known);
    return known;
  }

  /** Takes back what this instance's own checkpoint holds. */
  restore(partition: number, value: Uint8Array): void {
    if (this.of(partition).restore(value) === "unusable") this.#unusable(partition);
  }

  /** Adds what another instance remembered; it belongs to the next checkpoint of this one. */
  adopt(partition: number, value: Uint8Array): void {
    this.restore(partition, value);
    this.of(partition).putBack();
  }

  takeChanges(partition: number): StateChange[] {
    const value = this.#memories.get(partition)?.takeChanged(this.#clock()) ?? null;
    return value === null ? [] : [{ key: gateKey(partition), value }];
  }

  putBack(partition: number): void {
    this.of(partition).putBack();
  }
}
