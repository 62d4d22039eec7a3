/** A subscription over pumps: ends when closed, when a handler throws, or when the log fails under it. */
import type { Subscription } from "../event-log.ts";
import type { PartitionPump } from "./partition-pump.ts";

export class RunningSubscription implements Subscription {
  readonly done: Promise<void>;
  readonly #pumps: readonly PartitionPump[];

  /** `ended` runs once, after the last handler has settled and before `done` does. */
  constructor(pumps: readonly PartitionPump[], ended: () => Promise<void>) {
    this.#pumps = pumps;
    this.done = this.#run(ended);
    // Callers that only close() must not crash the process; those that look at `done` still see the rejection.
    this.done.catch(() => undefined);
  }

  async #run(ended: () => Promise<void>): Promise<void> {
    const failures: unknown[] = [];
    await Promise.all(
      this.#pumps.map((pump) =>
        pump.run().catch((error: unknown) => {
          failures.push(error);
          this.#stop();
        }),
      ),
    );
    // The first failure is the one to tell; one while ending is told only if nothing went wrong before.
    await ended().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  #stop(): void {
    for (const pump of this.#pumps) pump.stop();
  }

  async close(): Promise<void> {
    this.#stop();
    await this.done.catch(() => undefined);
  }
}
