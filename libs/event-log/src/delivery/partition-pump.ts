/**
 * Delivers one partition of one or more topics to one handler, a batch at a time. It pulls: a slow handler holds one batch per
 * topic and nothing else, however much is appended meanwhile.
 */
import { type Topic, TriplineError } from "@tripline/model";
import type { LogRecord } from "../event-log.ts";
import type { Source } from "./source.ts";
import type { Wakeups } from "./wakeups.ts";

interface Lane {
  readonly topic: Topic;
  readonly start: number;
  position: number;
  /** The last position that was told. */
  told: number;
  pending: readonly LogRecord[];
}

export class PartitionPump {
  readonly #source: Source;
  readonly #partition: number;
  readonly #lanes: Lane[];
  readonly #handle: (records: readonly LogRecord[]) => Promise<void>;
  readonly #passed: ((topic: Topic, offset: number) => void) | null;
  readonly #unregister: (() => void)[];
  #stopped = false;
  #grown = false;
  #wakeSleeper: (() => void) | null = null;

  /**
   * `passed` is told each topic's next offset when all before it is handled, or is nothing to handle.
   * @throws TL_LOG_POSITION when a start lies beyond the log's end: log and reader are not of the same history.
   */
  constructor(
    source: Source,
    wakeups: Wakeups,
    partition: number,
    starts: ReadonlyMap<Topic, number>,
    handle: (records: readonly LogRecord[]) => Promise<void>,
    passed: ((topic: Topic, offset: number) => void) | null = null,
  ) {
    this.#source = source;
    this.#partition = partition;
    this.#handle = handle;
    this.#passed = passed;
    this.#lanes = [...starts].map(([topic, asked]) => {
      const start = this.#checkedStart(topic, asked);
      return { topic, start, position: start, told: -1, pending: [] };
    });
    this.#unregister = this.#lanes.map((lane) => wakeups.add(lane.topic, partition, () => this.#wake()));
  }

  #checkedStart(topic: Topic, start: number): number {
    const { low, high } = this.#source.bounds(topic, this.#partition);
    if (start > high) throw new TriplineError("TL_LOG_POSITION", `${topic}/${this.#partition}: asked for ${start}, the log ends at ${high}.`);
    // Position 0 means "from the first kept record"; anything else that retention removed was expected by the reader.
    if (start > 0 && start < low) this.#source.skipped(topic, low - start);
    return Math.max(start, low);
  }

  /** Runs until stopped; rejects with what the handler or the source threw. Nothing after a failed batch is delivered. */
  async run(): Promise<void> {
    try {
      while (!this.#stopped) {
        this.#grown = false;
        await this.#fill();
        this.#tell();
        for (let pause = this.#source.pause(); pause !== null; pause = this.#source.pause()) await pause;
        const batch = this.#takeOldest();
        if (batch === null) {
          if (!this.#grown) await this.#sleep();
        } else if (!this.#stopped) {
          await this.#handle(batch);
          this.#tell();
        }
      }
    } finally {
      for (const unregister of this.#unregister) unregister();
    }
  }

  get asleep(): boolean {
    return this.#wakeSleeper !== null;
  }

  /** Next offset that its handler has not seen; Infinity for topic-partitions that it does not read. */
  handledBelow(topic: Topic, partition: number): number {
    if (partition !== this.#partition) return Infinity;
    return this.#lanes.find((lane) => lane.topic === topic)?.position ?? Infinity;
  }

  /** No batch starts after this; one that runs is finished. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  async #fill(): Promise<void> {
    for (const lane of this.#lanes) {
      if (lane.pending.length > 0) continue;
      const { low, high } = this.#source.bounds(lane.topic, this.#partition);
      if (lane.position < low) {
        this.#source.skipped(lane.topic, low - lane.position);
        lane.position = low;
      }
      if (lane.position >= high) continue;
      const fetched = this.#source.fetch(lane.topic, this.#partition, lane.position, lane.start);
      lane.pending = fetched instanceof Promise ? await fetched : fetched;
      if (lane.pending.length === 0) lane.position = Math.max(lane.position, this.#source.beyond?.(lane.topic, this.#partition, lane.position) ?? 0);
    }
  }

  /** No handler runs now: all before the positions is handled. */
  #tell(): void {
    if (this.#passed === null) return;
    for (const lane of this.#lanes) {
      if (lane.told === lane.position) continue;
      lane.told = lane.position;
      this.#passed(lane.topic, lane.position);
    }
  }

  /**
   * Of several topics, the oldest records first, up to the first record of another topic: so a replay meets the topics'
   * records in the order in which they were appended, as the first reading did.
   */
  #takeOldest(): readonly LogRecord[] | null {
    let oldest: Lane | null = null;
    let limitMs = Infinity;
    for (const lane of this.#lanes) {
      const firstMs = lane.pending[0]?.timestampMs;
      if (firstMs === undefined) continue;
      const oldestMs = oldest?.pending[0]?.timestampMs ?? Infinity;
      if (firstMs < oldestMs) {
        limitMs = oldestMs;
        oldest = lane;
      } else limitMs = Math.min(limitMs, firstMs);
    }
    if (oldest === null) return null;
    const { pending } = oldest;
    const cut = limitMs === Infinity ? -1 : pending.findIndex((record) => record.timestampMs > limitMs);
    const batch = cut === -1 ? pending : pending.slice(0, cut);
    oldest.pending = cut === -1 ? [] : pending.slice(cut);
    oldest.position = (batch.at(-1)?.offset ?? oldest.position) + 1;
    return batch;
  }

  #wake(): void {
    this.#grown = true;
    this.#wakeSleeper?.();
    this.#wakeSleeper = null;
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeSleeper = resolve;
    });
  }
}
