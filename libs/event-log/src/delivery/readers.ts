/** Subscriptions of a log that lives in this process: groups with one owner, and readers without a group. */
import { type Topic, TriplineError } from "@tripline/model";
import type { From, GroupHandlers, LogRecord, Ownership, ReadOptions, Subscription } from "../event-log.ts";
import { PartitionPump } from "./partition-pump.ts";
import { RunningSubscription } from "./running-subscription.ts";
import type { Source } from "./source.ts";
import type { Wakeups } from "./wakeups.ts";

interface Owned {
  readonly ownership: Ownership;
  readonly lose: () => void;
}

export class Readers {
  readonly #source: Source;
  readonly #wakeups: Wakeups;
  readonly #open = new Map<Subscription, readonly PartitionPump[]>();
  /** Settled owner of each group; a newcomer waits for it, so calls for one group are served one after another. */
  readonly #groups = new Map<string, Promise<Subscription | null>>();
  #closed = false;

  constructor(source: Source, wakeups: Wakeups) {
    this.#source = source;
    this.#wakeups = wakeups;
  }

  /** A newcomer of the same group takes over: the owner's running handlers finish, then it is revoked, then `assigned` is called. */
  consume(group: string, topics: readonly Topic[], handlers: GroupHandlers): Promise<Subscription> {
    const before = this.#groups.get(group) ?? Promise.resolve(null);
    const owner = before.then(async (previous) => {
      await previous?.close();
      return this.#takeOver(topics, handlers);
    });
    this.#groups.set(
      group,
      owner.catch(() => null),
    );
    return owner;
  }

  async #takeOver(topics: readonly Topic[], handlers: GroupHandlers): Promise<Subscription> {
    this.#refuseIfClosed();
    const epoch = this.#source.nextEpoch();
    const owned = Array.from({ length: this.#source.partitions }, (_, partition) => own(this.#source, partition, epoch));
    const starts = await Promise.all(owned.map(({ ownership }) => handlers.assigned(ownership)));
    this.#refuseIfClosed();
    const pumps = owned.map(({ ownership }, partition) => {
      const from = new Map(topics.map((topic) => [topic, starts[partition]?.get(topic) ?? 0]));
      return new PartitionPump(this.#source, this.#wakeups, partition, from, (records) => handlers.batch(records, ownership));
    });
    return this.#track(pumps, async () => {
      for (const { lose } of owned) lose();
      await Promise.all(owned.map(({ ownership }) => handlers.revoked(ownership.partition)));
    });
  }

  read(topic: Topic, options: ReadOptions, batch: (records: readonly LogRecord[]) => Promise<void>): Subscription {
    this.#refuseIfClosed();
    const partitions = options.partitions ?? Array.from({ length: this.#source.partitions }, (_, partition) => partition);
    const pumps = partitions.map((partition) => {
      const start = startOf(options.from, partition, () => this.#source.bounds(topic, partition).high);
      return new PartitionPump(this.#source, this.#wakeups, partition, new Map([[topic, start]]), batch, passedOf(options, partition));
    });
    return this.#track(pumps, () => Promise.resolve());
  }

  #track(pumps: readonly PartitionPump[], ended: () => Promise<void>): Subscription {
    const subscription: Subscription = new RunningSubscription(pumps, async () => {
      this.#open.delete(subscription);
      await ended();
    });
    this.#open.set(subscription, pumps);
    return subscription;
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new TriplineError("TL_LOG_CLOSED");
  }

  /** True when every reader has handled all there is and waits for more. */
  asleep(): boolean {
    for (const pumps of this.#open.values()) if (!pumps.every((pump) => pump.asleep)) return false;
    return true;
  }

  /** The first record that some live reader of the topic-partition has not handled yet; Infinity if none reads it. */
  lowestPosition(topic: Topic, partition: number): number {
    let lowest = Infinity;
    for (const pumps of this.#open.values()) for (const pump of pumps) lowest = Math.min(lowest, pump.handledBelow(topic, partition));
    return lowest;
  }

  /** Ends every subscription; resolves when no handler runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from(this.#open.keys(), (subscription) => subscription.close()));
  }
}

function own(source: Source, partition: number, epoch: number): Owned {
  let mine = true;
  return {
    ownership: { partition, epoch, current: () => mine && source.alive() },
    lose: () => {
      mine = false;
    },
  };
}

/** What a pump is to call, for a reader without a group. */
export function passedOf({ passed }: ReadOptions, partition: number): ((topic: Topic, offset: number) => void) | null {
  return passed === undefined ? null : (_topic, offset) => passed(partition, offset);
}

function startOf(from: From, partition: number, high: () => number): number {
  if (from === "start") return 0;
  return from === "end" ? high() : (from.get(partition) ?? 0);
}
