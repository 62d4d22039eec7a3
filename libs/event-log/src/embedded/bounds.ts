/** First kept and next offset of every topic-partition, as far as readers may know: only what is durable. */
import type { Topic } from "@tripline/model";
import type { TopicPartitionBounds } from "./messages.ts";

interface Bound {
  low: number;
  high: number;
}

export class Bounds {
  readonly #partitions: number;
  readonly #bounds = new Map<string, Bound[]>();

  constructor(partitions: number, known: readonly TopicPartitionBounds[]) {
    this.#partitions = partitions;
    for (const { topic, partition, low, high } of known) Object.assign(this.#of(topic, partition), { low, high });
  }

  get(topic: Topic, partition: number): { readonly low: number; readonly high: number } {
    return this.#of(topic, partition);
  }

  raiseHigh(topic: Topic, partition: number, high: number): void {
    this.#of(topic, partition).high = high;
  }

  raiseLow(topic: Topic, partition: number, low: number): void {
    const bound = this.#of(topic, partition);
    bound.low = Math.max(bound.low, low);
  }

  all(topic: Topic): ReadonlyMap<number, { low: number; high: number }> {
    return new Map(Array.from({ length: this.#partitions }, (_, partition) => [partition, { ...this.get(topic, partition) }]));
  }

  #of(topic: string, partition: number): Bound {
    const bounds = this.#bounds.get(topic) ?? [];
    this.#bounds.set(topic, bounds);
    return (bounds[partition] ??= { low: 0, high: 0 });
  }
}
