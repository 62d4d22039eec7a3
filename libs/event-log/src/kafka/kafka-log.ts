/** The event log in Apache Kafka: one producer, a client per reader, topics as the one table says. */
import { DEFAULT_PARTITIONS, encode, LIMITS, type Topic, TOPICS, TriplineError } from "@tripline/model";
import { passedOf } from "../delivery/readers.ts";
import { RunningSubscription } from "../delivery/running-subscription.ts";
import type { Appended, AppendRecord, EventLog, EventLogDeps, From, GroupHandlers, LogRecord, ReadOptions, Subscription } from "../event-log.ts";
import { partitionOf } from "../murmur2.ts";
import { checkRecords } from "../record-checks.ts";
import { Backoff } from "./bounded.ts";
import { ClientPool } from "./client-pool.ts";
import { GroupSubscription } from "./group-subscription.ts";
import { createInstruments, type Instruments, reasonOf } from "./instruments.ts";
import type { LaneEvents } from "./lane.ts";
import { KAFKA_DEFAULTS, KAFKA_LIMITS, type KafkaOptions } from "./options.ts";
import { Producer } from "./producer.ts";
import { type Bounds, type Ends, Reader, type ReaderDeps } from "./reader.ts";
import { Refusals } from "./refusals.ts";
import { planTopics, prepareTopics } from "./topics.ts";
import type { RawBatch, Unreadable } from "./batch-decoder.ts";

/** Key of dead letters for batches that nobody can read: whose they were is inside them. */
const UNREADABLE_KEY = "tripline/unreadable";

/** @throws TL_LOG_UNAVAILABLE, TL_LOG_REFUSED, TL_LOG_PARTITIONS, TL_LOG_TOPIC_CONFIG */
export async function openKafkaLog(options: KafkaOptions, deps: EventLogDeps): Promise<EventLog> {
  const partitions = options.partitions ?? DEFAULT_PARTITIONS;
  const prefix = options.topicPrefix ?? KAFKA_DEFAULTS.topicPrefix;
  await prepareTopics(options, planTopics(prefix, partitions, options.replicationFactor ?? KAFKA_DEFAULTS.replicationFactor));
  return new KafkaLog(options, partitions, prefix, deps);
}

class KafkaLog implements EventLog {
  readonly partitions: number;
  readonly #options: KafkaOptions;
  readonly #prefix: string;
  readonly #deps: EventLogDeps;
  readonly #instruments: Instruments;
  readonly #refusals: Refusals;
  readonly #clients: ClientPool;
  readonly #producer: Producer;
  readonly #open = new Set<Subscription>();
  /** Settled owner of each group in this process; a newcomer takes its place. */
  readonly #groups = new Map<string, Promise<Subscription | null>>();
  #closing: Promise<void> | null = null;

  constructor(options: KafkaOptions, partitions: number, prefix: string, deps: EventLogDeps) {
    this.partitions = partitions;
    this.#options = options;
    this.#prefix = prefix;
    this.#deps = deps;
    this.#instruments = createInstruments(deps.metrics);
    this.#refusals = new Refusals(this.#instruments, deps.logger ?? null);
    this.#clients = new ClientPool(options, Array.from(TOPICS.keys(), this.#nameOf));
    this.#producer = new Producer({
      clients: this.#clients,
      instruments: this.#instruments,
      clock: deps.clock,
      nameOf: this.#nameOf,
      queueBytes: options.queueBytes ?? KAFKA_DEFAULTS.queueBytes,
      appendTimeoutMs: options.appendTimeoutMs ?? KAFKA_DEFAULTS.appendTimeoutMs,
    });
  }

  readonly #nameOf = (topic: Topic): string => `${this.#prefix}${topic}`;

  partitionOf(key: string): number {
    return partitionOf(key, this.partitions);
  }

  append(topic: Topic, records: readonly AppendRecord[]): Promise<Appended[]> {
    const appended = new Promise<Appended[]>((resolve, reject) => {
      this.#refuseIfClosed();
      checkRecords(topic, records, LIMITS.recordBytes);
      if (records.length === 0) return resolve([]);
      this.#producer.add(topic, records, records.map(({ key }) => this.partitionOf(key)), { resolve, reject });
    });
    this.#instruments.queuedBytes.set(this.#producer.queuedBytes);
    return appended.catch((error: unknown) => {
      this.#instruments.refused.add(1, { reason: error instanceof TriplineError ? error.code : "other" });
      throw error;
    });
  }

  consume(group: string, topics: readonly Topic[], handlers: GroupHandlers): Promise<Subscription> {
    const before = this.#groups.get(group) ?? Promise.resolve(null);
    const owner = before.then(async (previous) => {
      await previous?.close();
      this.#refuseIfClosed();
      return this.#join(group, topics, handlers);
    });
    this.#groups.set(
      group,
      owner.catch(() => null),
    );
    return owner;
  }

  async #join(group: string, topics: readonly Topic[], handlers: GroupHandlers): Promise<Subscription> {
    const subscription = new GroupSubscription(
      {
        clients: this.#clients,
        instruments: this.#instruments,
        refusals: this.#refusals,
        group,
        groupId: `${this.#prefix}${group}`,
        topics: topics.map(this.#nameOf),
        partitions: this.partitions,
        sessionTimeoutMs: this.#options.sessionTimeoutMs ?? KAFKA_DEFAULTS.sessionTimeoutMs,
        reader: this.#readerDeps(),
        ends: this.#endsOf,
        clock: this.#deps.clock,
      },
      topics,
      handlers,
    );
    this.#track(subscription);
    await subscription.joined;
    return subscription;
  }

  async read(topic: Topic, options: ReadOptions, batch: (records: readonly LogRecord[]) => Promise<void>): Promise<Subscription> {
    this.#refuseIfClosed();
    const partitions = options.partitions ?? Array.from({ length: this.partitions }, (_, partition) => partition);
    const ends = await this.#settledEnds(topic, partitions, options.from);
    const client = await this.#clients.take();
    this.#refuseIfClosed();
    const reader = new Reader(this.#readerDeps(), client);
    const boundsOf = (partition: number): Bounds => ends.get(partition) ?? { low: 0, high: 0 };
    try {
      const pumps = partitions.map((partition) => {
        const start = startOf(options.from, partition, boundsOf(partition));
        return reader.pump(partition, new Map([[topic, start]]), () => boundsOf(partition), batch, passedOf(options, partition));
      });
      const subscription = new RunningSubscription(pumps, async () => reader.stop());
      this.#track(subscription);
      return subscription;
    } catch (error) {
      reader.stop();
      throw error;
    }
  }

  async ends(topic: Topic): Promise<ReadonlyMap<number, { low: number; high: number }>> {
    return this.#endsOf(topic, Array.from({ length: this.partitions }, (_, partition) => partition));
  }

  trouble(): string | null {
    return this.#refusals.standing();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Handlers first, since they may append; then what is queued; then the connections.
    await Promise.all(Array.from(this.#open, (subscription) => subscription.close()));
    await this.#producer.close();
    this.#clients.close();
  }

  #track(subscription: Subscription): void {
    this.#open.add(subscription);
    const ended = (): void => void this.#open.delete(subscription);
    subscription.done.then(ended, ended);
  }

  #refuseIfClosed(): void {
    if (this.#closing !== null) throw new TriplineError("TL_LOG_CLOSED");
  }

  /** Tried for a while: an election may be under way. */
  readonly #endsOf: Ends = async (topic, partitions) => {
    const endMs = performance.now() + KAFKA_LIMITS.answerMs;
    const backoff = new Backoff();
    for (;;) {
      this.#refuseIfClosed();
      const client = await this.#clients.take().catch(() => null);
      try {
        if (client === null) throw new TriplineError("TL_LOG_UNAVAILABLE");
        const name = this.#nameOf(topic);
        const [first, next] = await Promise.all([client.offsets(name, partitions, "first"), client.offsets(name, partitions, "next")]);
        this.#clients.give(client);
        return new Map(partitions.map((partition) => [partition, { low: first.get(partition) ?? 0, high: next.get(partition) ?? 0 }]));
      } catch (error) {
        if (client !== null) this.#clients.discard(client);
        this.#instruments.retries.add(1, { request: "ends", reason: reasonOf(error) });
        this.#refuseIfClosed();
        if (performance.now() > endMs) throw new TriplineError("TL_LOG_UNAVAILABLE", "Its ends cannot be told.", { cause: error });
        await backoff.pause();
      }
    }
  };

  /** A new leader learns the end a moment late: a start beyond it is looked at again before it is refused. */
  async #settledEnds(topic: Topic, partitions: readonly number[], from: From): Promise<ReadonlyMap<number, Bounds>> {
    const endMs = performance.now() + KAFKA_LIMITS.endSettlesMs;
    const backoff = new Backoff();
    for (;;) {
      const ends = await this.#endsOf(topic, partitions);
      const beyond = typeof from !== "string" && partitions.some((partition) => (from.get(partition) ?? 0) > (ends.get(partition)?.high ?? 0));
      if (!beyond || performance.now() > endMs) return ends;
      await backoff.pause();
    }
  }

  #readerDeps(): ReaderDeps {
    const { partitions } = this;
    const skipped = this.#instruments.skipped;
    return {
      clients: this.#clients,
      instruments: this.#instruments,
      refusals: this.#refusals,
      nameOf: this.#nameOf,
      partitions,
      skipped: (topic, count) => skipped.add(count, { topic }),
      events: this.#laneEvents(),
    };
  }

  #laneEvents(): LaneEvents {
    return {
      gap: (topic, _partition, from, to) => this.#instruments.gaps.add(to - from, { topic }),
      damaged: () => this.#instruments.corrupt.add(1),
      poison: (topic, partition, batch, reason) => this.#setAside(topic, partition, batch, reason),
    };
  }

  /** Its content is left out: nobody could read it to redact what is in it. */
  #setAside(topic: Topic, partition: number, { baseOffset, nextOffset }: RawBatch, reason: Unreadable): void {
    this.#instruments.poison.add(nextOffset - baseOffset, { topic, reason });
    const dead: string = topic.endsWith(".dead") ? topic : `${topic}.dead`;
    if (!TOPICS.has(dead as Topic) || dead === topic) return;
    const letter = encode(dead as `actions.dead`, {
      v: 1,
      id: `unreadable:${topic}:${partition}:${baseOffset}`,
      reason: "TL_RECORD_UNDECODABLE",
      detail: `Offsets ${baseOffset} to ${nextOffset - 1} of partition ${partition}: ${reason}.`,
      topic,
      payload: "",
      atMs: this.#deps.clock(),
    });
    // Counted above whatever becomes of the letter; the producer tries for as long as for any append.
    this.append(dead as Topic, [{ key: UNREADABLE_KEY, value: letter }]).catch(() => undefined);
  }
}

function startOf(from: From, partition: number, { high }: Bounds): number {
  if (from === "start") return 0;
  return from === "end" ? high : (from.get(partition) ?? 0);
}
