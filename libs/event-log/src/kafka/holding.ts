/** One partition that this member owns, from the moment it is taken until its last handler has finished. */
import type { Topic } from "@tripline/model";
import type { PartitionPump } from "../delivery/partition-pump.ts";
import type { GroupHandlers, LogRecord, Ownership } from "../event-log.ts";
import type { Progress } from "./epochs.ts";

export class Holding {
  readonly ownership: Ownership;
  readonly #handlers: GroupHandlers;
  readonly #handled = new Map<Topic, number>();
  #mine = true;
  #pump: PartitionPump | null = null;
  #running: Promise<void> = Promise.resolve();
  #handlingSinceMs: number | null = null;
  #leaving = false;

  /** `alive` is false once the group may have given it to another; that is for good, even if the group is reached again. */
  constructor(partition: number, epoch: number, alive: () => boolean, handlers: GroupHandlers) {
    this.#handlers = handlers;
    this.ownership = {
      partition,
      epoch,
      current: () => {
        this.#mine &&= alive();
        return this.#mine;
      },
    };
  }

  /** `failed` is told what a handler threw while the partition was ours; afterwards a refusal is what must happen. */
  start(pump: PartitionPump, failed: (error: unknown) => void): void {
    this.#pump = pump;
    this.#running = pump.run().catch((error: unknown) => {
      if (this.ownership.current()) failed(error);
    });
  }

  readonly handle = async (records: readonly LogRecord[]): Promise<void> => {
    if (!this.ownership.current()) return this.#pump?.stop();
    this.#handlingSinceMs = performance.now();
    try {
      await this.#handlers.batch(records, this.ownership);
    } finally {
      this.#handlingSinceMs = null;
    }
    const last = records.at(-1);
    if (last !== undefined) this.#handled.set(last.topic, last.offset + 1);
  };

  /** True for one that is ours no more though nobody asked us to let it go. */
  get lapsed(): boolean {
    return !this.#leaving && !this.ownership.current();
  }

  get handlingMs(): number {
    return this.#handlingSinceMs === null ? 0 : performance.now() - this.#handlingSinceMs;
  }

  /** No batch starts after this; what runs is told by `current`. */
  stop(): void {
    this.#pump?.stop();
  }

  /** The running handler finishes, then the owner is told. */
  async letGo(): Promise<void> {
    this.#leaving = true;
    this.stop();
    await this.#running;
    this.#mine = false;
    await this.#handlers.revoked(this.ownership.partition);
  }

  /** Next offset of a topic that was handled; null before the first. */
  handled(topic: Topic): Progress["partitions"][number] | null {
    const offset = this.#handled.get(topic);
    return offset === undefined ? null : { partition: this.ownership.partition, offset, epoch: this.ownership.epoch };
  }
}
