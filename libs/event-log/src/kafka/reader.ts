/** Deliveries of one subscription: lanes that a fetcher fills and pumps empty, partition by partition. */
import { type Topic, TOPICS } from "@tripline/model";
import { PartitionPump } from "../delivery/partition-pump.ts";
import type { Source } from "../delivery/source.ts";
import { TurnBudget } from "../delivery/turn-budget.ts";
import { Wakeups } from "../delivery/wakeups.ts";
import type { LogRecord } from "../event-log.ts";
import type { KafkaClient } from "./client.ts";
import { Fetcher, type FetcherDeps } from "./fetcher.ts";
import { Lane, type LaneEvents } from "./lane.ts";

export interface Bounds {
  readonly low: number;
  readonly high: number;
}
/** First kept and next offset of the partitions asked for. */
export type Ends = (topic: Topic, partitions: readonly number[]) => Promise<ReadonlyMap<number, Bounds>>;

export interface ReaderDeps extends Pick<FetcherDeps, "clients" | "instruments" | "refusals" | "nameOf"> {
  readonly partitions: number;
  /** Retention removed records before the reader came to them. */
  readonly skipped: (topic: Topic, count: number) => void;
  readonly events: LaneEvents;
}

export class Reader {
  readonly #deps: ReaderDeps;
  readonly #fetcher: Fetcher;
  readonly #wakeups = new Wakeups();
  readonly #lanes = new Map<string, Lane>();
  readonly #turns = new TurnBudget();
  #failure: Error | null = null;

  constructor(deps: ReaderDeps, client: KafkaClient | null) {
    this.#deps = deps;
    const { clients, instruments, refusals, nameOf } = deps;
    this.#fetcher = new Fetcher({ clients, instruments, refusals, nameOf, grown: (lane) => this.#wakeups.wake(lane.topic, lane.partition), failed: (error) => this.#fail(error) }, client);
  }

  /**
   * A pump for a partition of these topics. @throws TL_LOG_POSITION when a start lies beyond the log's end.
   * `bounds` are those of now: `ends` of each topic.
   */
  pump(partition: number, starts: ReadonlyMap<Topic, number>, bounds: (topic: Topic) => Bounds, handle: (records: readonly LogRecord[]) => Promise<void>, passed: ((topic: Topic, offset: number) => void) | null = null): PartitionPump {
    const lanes = [...starts.keys()].map((topic) => new Lane(topic, partition, bounds(topic), TOPICS.get(topic)?.compacted ?? false, this.#deps.events));
    for (const lane of lanes) this.#lanes.set(`${lane.topic}/${partition}`, lane);
    const pump = new PartitionPump(this.#source(), this.#wakeups, partition, starts, handle, passed);
    for (const lane of lanes) lane.startAt(Math.max(starts.get(lane.topic) ?? 0, lane.low));
    this.#fetcher.add(lanes);
    return pump;
  }

  /** Fetches nothing more for these; their pumps are stopped. */
  drop(topics: readonly Topic[], partition: number): void {
    for (const topic of topics) {
      const lane = this.#lanes.get(`${topic}/${partition}`);
      if (lane !== undefined) this.#fetcher.remove([lane]);
      this.#lanes.delete(`${topic}/${partition}`);
    }
  }

  stop(): void {
    this.#fetcher.stop();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { topic, partition } of this.#lanes.values()) this.#wakeups.wake(topic, partition);
  }

  #lane(topic: Topic, partition: number): Lane {
    if (this.#failure !== null) throw this.#failure;
    const lane = this.#lanes.get(`${topic}/${partition}`);
    if (lane === undefined) throw new RangeError(`no lane ${topic}/${partition}`);
    return lane;
  }

  #source(): Source {
    return {
      partitions: this.#deps.partitions,
      bounds: (topic, partition) => this.#lane(topic, partition),
      fetch: (topic, partition, position) => {
        const lane = this.#lane(topic, partition);
        const wanted = lane.wants;
        const records = lane.take(position);
        if (!wanted && lane.wants) this.#fetcher.roomier();
        return records;
      },
      beyond: (topic, partition, position) => this.#lane(topic, partition).beyond(position),
      skipped: this.#deps.skipped,
      pause: () => this.#turns.pause(),
      alive: () => this.#failure === null,
      // Epochs of groups come from the brokers.
      nextEpoch: () => 0,
    };
  }
}
