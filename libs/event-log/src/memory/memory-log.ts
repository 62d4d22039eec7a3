/**
 * The event log in memory, for simulation: same contract, virtual time, and on request the faults that a disk and a network of
 * brokers have. Without faults nothing is copied and an append is durable at once. Nothing outlives the process.
 */
import { DEFAULT_PARTITIONS, LIMITS, type Topic, TriplineError } from "@tripline/model";
import { Readers } from "../delivery/readers.ts";
import type { Source } from "../delivery/source.ts";
import { Wakeups } from "../delivery/wakeups.ts";
import { publishDurable } from "../durable.ts";
import type { Appended, AppendRecord, EventLog, EventLogDeps, GroupHandlers, LogRecord, ReadOptions, Subscription } from "../event-log.ts";
import { partitionOf } from "../murmur2.ts";
import { checkRecords } from "../record-checks.ts";
import { type CrashReport, MemoryPartition } from "./partition.ts";
import { type Random, seededRandom } from "./random.ts";
import { turns, UnsyncedAppends } from "./unsynced.ts";

export type { CrashReport } from "./partition.ts";

/** All chosen by the seed. Rates are probabilities, 0 to 1. */
export interface MemoryFaults {
  readonly seed: number;
  /** Most event-loop turns between a write and its sync: what is appended meanwhile is lost by `crash`, in part or whole. */
  readonly syncTurns: number;
  /** Share of batches that begin with records delivered before, as after a restart of their reader. */
  readonly redeliverRate: number;
  /** Share of batches held back for some turns, so that partitions overtake one another; order within one stays. */
  readonly delayRate: number;
}

export interface MemoryOptions {
  readonly kind: "memory";
  readonly partitions?: number;
  readonly faults?: MemoryFaults;
  /** Records kept per topic-partition beyond what live readers still need; all by default. */
  readonly retainRecords?: number;
}

/** Most records that a redelivered batch repeats. */
const REDELIVERED_RECORDS = 16;
const DELAY_TURNS = 4;

export async function openMemoryLog(options: Omit<MemoryOptions, "kind">, deps: EventLogDeps): Promise<MemoryLog> {
  return new MemoryLog(options, deps);
}

export class MemoryLog implements EventLog {
  readonly partitions: number;
  readonly #deps: EventLogDeps;
  readonly #faults: MemoryFaults | null;
  readonly #random: Random;
  readonly #retain: number;
  readonly #topics = new Map<Topic, MemoryPartition[]>();
  readonly #unsynced: UnsyncedAppends;
  #wakeups = new Wakeups();
  #readers: Readers;
  #down = false;
  #opens = 0;
  #epoch = 0;
  #lastTimestampMs = 0;

  constructor(options: Omit<MemoryOptions, "kind">, deps: EventLogDeps) {
    this.partitions = options.partitions ?? DEFAULT_PARTITIONS;
    this.#deps = deps;
    this.#faults = options.faults ?? null;
    this.#random = seededRandom(this.#faults?.seed ?? 0);
    this.#retain = options.retainRecords ?? Infinity;
    this.#unsynced = new UnsyncedAppends(this.#random, this.#faults?.syncTurns ?? 0);
    this.#readers = new Readers(this.#source(), this.#wakeups);
  }

  partitionOf(key: string): number {
    return partitionOf(key, this.partitions);
  }

  append(topic: Topic, records: readonly AppendRecord[]): Promise<Appended[]> {
    if (this.#down) return Promise.reject(new TriplineError("TL_LOG_CLOSED"));
    try {
      checkRecords(topic, records, LIMITS.recordBytes);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new TriplineError("TL_LOG_TOPIC"));
    }
    const timestampMs = (this.#lastTimestampMs = Math.max(this.#lastTimestampMs, this.#deps.clock()));
    const appended = records.map(({ key, value }) => {
      const partition = this.partitionOf(key);
      const { run } = this.#partition(topic, partition);
      const offset = run.high;
      // Copied, as every backend does: the caller may use its memory again.
      run.push({ topic, partition, offset, key, timestampMs, value: new Uint8Array(value) });
      return { partition, offset, timestampMs };
    });
    const sync = (): void => {
      this.#sync(topic, appended);
      publishDurable(topic, appended.length);
    };
    if (this.#faults !== null) return this.#unsynced.add(sync).then(() => appended);
    sync();
    return Promise.resolve(appended);
  }

  async consume(group: string, topics: readonly Topic[], handlers: GroupHandlers): Promise<Subscription> {
    return this.#readers.consume(group, topics, handlers);
  }

  async read(topic: Topic, options: ReadOptions, batch: (records: readonly LogRecord[]) => Promise<void>): Promise<Subscription> {
    return this.#readers.read(topic, options, batch);
  }

  async ends(topic: Topic): Promise<ReadonlyMap<number, { low: number; high: number }>> {
    if (this.#down) throw new TriplineError("TL_LOG_CLOSED");
    return new Map(Array.from({ length: this.partitions }, (_, partition) => [partition, this.#bounds(topic, partition)]));
  }

  trouble(): string | null {
    return null;
  }

  /** Resolves when everything appended is durable and every reader has handled it and waits for more. */
  async idle(): Promise<void> {
    await turns(1);
    while (this.#unsynced.size > 0 || !this.#readers.asleep()) await turns(1);
  }

  /**
   * The machine stops between two instructions: what was not synced is lost in part or whole, appends under way reject with
   * TL_LOG_CLOSED, subscriptions end. The log is closed until `reopen`.
   */
  crash(): CrashReport {
    this.#down = true;
    this.#unsynced.fail();
    const total = { lost: 0, torn: 0, survived: 0 };
    for (const partition of [...this.#topics.values()].flat()) {
      const report = partition.crash(this.#random);
      total.lost += report.lost;
      total.torn += report.torn;
      total.survived += report.survived;
    }
    for (const topic of this.#topics.keys()) for (let p = 0; p < this.partitions; p++) this.#wakeups.wake(topic, p);
    return total;
  }

  /** What survived is readable again, by new subscriptions. */
  reopen(): void {
    this.#wakeups = new Wakeups();
    this.#readers = new Readers(this.#source(), this.#wakeups);
    this.#down = false;
  }

  async close(): Promise<void> {
    await this.#readers.close();
    await this.#unsynced.settled();
    this.#down = true;
  }

  #partition(topic: Topic, partition: number): MemoryPartition {
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) {
      partitions = Array.from({ length: this.partitions }, () => new MemoryPartition());
      this.#topics.set(topic, partitions);
    }
    // Every number that reaches this comes from the partitioner or from a reader's own list.
    return partitions[partition] ?? new MemoryPartition();
  }

  #bounds(topic: Topic, partition: number): { low: number; high: number } {
    const { run, durable } = this.#partition(topic, partition);
    return { low: run.low, high: durable };
  }

  #sync(topic: Topic, appended: readonly Appended[]): void {
    for (const { partition, offset } of appended) {
      const written = this.#partition(topic, partition);
      written.durable = Math.max(written.durable, offset + 1);
      if (written.run.length > 2 * this.#retain) written.retain(this.#retain, this.#readers.lowestPosition(topic, partition));
      this.#wakeups.wake(topic, partition);
    }
  }

  /** One history per open: subscriptions of before a crash never see what comes after it. */
  #source(): Source {
    const generation = ++this.#opens;
    const skipped = this.#deps.metrics.counter("tripline_event_log_skipped_records_total", "Records that retention removed before a reader came to them.", ["topic"]);
    const isAlive = (): boolean => !this.#down && generation === this.#opens;
    const alive = (): void => {
      if (!isAlive()) throw new TriplineError("TL_LOG_CLOSED");
    };
    return {
      partitions: this.partitions,
      bounds: (topic, partition) => {
        alive();
        return this.#bounds(topic, partition);
      },
      fetch: (topic, partition, position, start) =>
        this.#faults === null
          ? this.#batch(topic, partition, position)
          : this.#faultyBatch(this.#faults, { topic, partition, position, start }, alive),
      skipped: (topic, count) => skipped.add(count, { topic }),
      // Simulation has no one else to serve, and real time would make runs differ.
      pause: () => null,
      alive: isAlive,
      nextEpoch: () => ++this.#epoch,
    };
  }

  #batch(topic: Topic, partition: number, position: number): readonly LogRecord[] {
    const { run, durable } = this.#partition(topic, partition);
    const batch = run.batch(position);
    return run.high === durable ? batch : batch.filter(({ offset }) => offset < durable);
  }

  async #faultyBatch(
    faults: MemoryFaults,
    { topic, partition, position, start }: { topic: Topic; partition: number; position: number; start: number },
    alive: () => void,
  ): Promise<readonly LogRecord[]> {
    if (this.#random.next() < faults.delayRate) await turns(1 + this.#random.below(DELAY_TURNS));
    alive();
    const again = this.#random.next() < faults.redeliverRate ? this.#random.below(REDELIVERED_RECORDS + 1) : 0;
    return this.#batch(topic, partition, Math.max(start, this.#bounds(topic, partition).low, position - again));
  }
}
