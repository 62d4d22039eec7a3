/** Who waits for new records of which topic-partition. */
import type { Topic } from "@tripline/model";

export class Wakeups {
  readonly #waiting = new Map<Topic, Map<number, Set<() => void>>>();

  /** Calls `wake` whenever the topic-partition has grown, until the answered function is called. */
  add(topic: Topic, partition: number, wake: () => void): () => void {
    const partitions = this.#waiting.get(topic) ?? new Map<number, Set<() => void>>();
    this.#waiting.set(topic, partitions);
    const wakes = partitions.get(partition) ?? new Set();
    partitions.set(partition, wakes);
    wakes.add(wake);
    return () => wakes.delete(wake);
  }

  wake(topic: Topic, partition: number): void {
    for (const wake of this.#waiting.get(topic)?.get(partition) ?? []) wake();
  }
}
