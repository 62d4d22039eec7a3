/**
 * How far this instance has read, written a few times a second and fenced by epoch. A crash re-reads a little; deterministic trip
 * ids, command ids and the reset time make that harmless.
 */
import type { AgentKey, Topic } from "@tripline/model";
import type { EventLog } from "@tripline/event-log";
import type { Store } from "@tripline/store";
import type { ForeignSeen } from "./foreign-seen.ts";
import { gateKey, type GateMemories, isGateKey } from "./gate-memories.ts";

/** Topics whose positions are kept. */
export const READ_TOPICS = ["actions", "findings", "commands"] as const satisfies readonly Topic[];
export type ReadTopic = (typeof READ_TOPICS)[number];

/** Agents whose remembered credentials are loaded per page at start. */
const PAGE = 1_000;

/** `load` takes over from an earlier process of the same name, which is fenced from then on. */
export class Positions {
  readonly #store: Store;
  readonly #log: EventLog;
  readonly #group: string;
  readonly #foreignSeen: ForeignSeen;
  readonly #gates: GateMemories;
  readonly #epochs = new Map<number, number>();
  readonly #offsets = new Map<number, Map<Topic, number>>();
  readonly #dirty = new Set<number>();

  constructor(deps: { store: Store; eventLog: EventLog; instance: string; foreignSeen: ForeignSeen; gates: GateMemories }) {
    this.#store = deps.store;
    this.#log = deps.eventLog;
    this.#group = `breaker:${deps.instance}`;
    this.#foreignSeen = deps.foreignSeen;
    this.#gates = deps.gates;
  }

  /** Takes over this instance's positions and what was remembered with them. */
  async load(): Promise<void> {
    const partitions = Array.from({ length: this.#log.partitions }, (_, partition) => partition);
    await Promise.all(
      partitions.map(async (partition) => {
        this.#epochs.set(partition, await this.#store.claim(this.#group, partition));
        const checkpoint = await this.#store.loadCheckpoint(this.#group, partition);
        this.#offsets.set(partition, new Map(checkpoint?.offsets));
      }),
    );
    await this.#each(this.#group, (key, value) => this.#foreignSeen.restore(key, value));
    await this.#eachGate(this.#group, (partition, value) => this.#gates.restore(partition, value));
  }

  /**
   * A new instance goes on where others are, lest it judges again all that the log holds: what one of them has passed is handled. One
   * that has read before keeps its own place. What is adopted is written as its own: the others may be forgotten before it moves on.
   */
  async adoptFrom(instances: readonly string[]): Promise<void> {
    if ([...this.#offsets.values()].some((offsets) => offsets.size > 0)) return;
    for (const instance of instances) {
      const group = `breaker:${instance}`;
      if (group === this.#group) continue;
      for (const [partition, own] of this.#offsets) {
        const checkpoint = await this.#store.loadCheckpoint(group, partition);
        for (const [topic, offset] of checkpoint?.offsets ?? []) own.set(topic, Math.max(offset, own.get(topic) ?? 0));
        if (own.size > 0) this.#dirty.add(partition);
      }
      await this.#each(group, (key, value) => this.#foreignSeen.adopt(key, value));
      await this.#eachGate(group, (partition, value) => this.#gates.adopt(partition, value));
    }
  }

  async #each(group: string, take: (key: AgentKey, value: Uint8Array) => void): Promise<void> {
    for (let after: string | null = null; ; ) {
      const page: readonly { key: string; value: Uint8Array }[] = await this.#store.scanStates(group, after, PAGE);
      for (const { key, value } of page) if (!isGateKey(key)) take(key as AgentKey, value);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = last.key;
    }
  }

  async #eachGate(group: string, take: (partition: number, value: Uint8Array) => void): Promise<void> {
    const keys = Array.from({ length: this.#log.partitions }, (_, partition) => gateKey(partition));
    const states = await this.#store.loadStates(group, keys);
    for (const [partition, key] of keys.entries()) {
      const value = states.get(key);
      if (value !== undefined) take(partition, value);
    }
  }

  /** Where to start reading a topic. */
  from(topic: ReadTopic): ReadonlyMap<number, number> {
    return new Map([...this.#offsets].map(([partition, offsets]) => [partition, offsets.get(topic) ?? 0]));
  }

  /** Everything of the partition before `nextOffset` has been handled; written with the next checkpoint. */
  applied(topic: ReadTopic, partition: number, nextOffset: number): void {
    this.#offsets.get(partition)?.set(topic, nextOffset);
    this.#dirty.add(partition);
  }

  /** Writes what changed; throws if another process has taken over this instance's name. */
  async write(): Promise<void> {
    const partitions = [...this.#dirty];
    this.#dirty.clear();
    await Promise.all(
      partitions.map(async (partition) => {
        const seen = this.#foreignSeen.takeChanges((key) => this.#log.partitionOf(key) === partition);
        const gates = this.#gates.takeChanges(partition);
        const offsets = new Map(this.#offsets.get(partition));
        try {
          const result = await this.#store.commitCheckpoint(this.#group, partition, this.#epochs.get(partition) ?? 0, { offsets, states: [...seen, ...gates] });
          if (result === "fenced") throw new Error(`another process reads as ${this.#group}`);
        } catch (error) {
          // Not written is still to be written: a later checkpoint moves past the actions that showed these credentials.
          this.#dirty.add(partition);
          this.#foreignSeen.putBack(seen);
          if (gates.length > 0) this.#gates.putBack(partition);
          throw error;
        }
      }),
    );
  }
}
