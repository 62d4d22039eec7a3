/**
 * The event log: an append-only, partitioned, durable record of facts. One interface, three backends, one battery of tests.
 */
import type { Topic } from "@tripline/model";
import type { Logger, Metrics } from "@tripline/runtime";

/** What every backend needs from outside. */
export interface EventLogDeps {
  readonly metrics: Metrics;
  /** Epoch milliseconds: the receive time of what is appended. May jump; timestamps in the log never go back. */
  readonly clock: () => number;
  /** Told what only an operator can mend and no caller is answered: rights at the brokers. Without it metrics tell alone. */
  readonly logger?: Pick<Logger, "error" | "warn">;
}

export interface AppendRecord {
  /** Decides the partition (murmur2, as Kafka's default partitioner) and the order: records of one key stay in order. */
  readonly key: string;
  readonly value: Uint8Array;
}

export interface LogRecord {
  readonly topic: Topic;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** When the record was appended, by the log's clock: this is the receive time of everything in it. Epoch milliseconds. */
  readonly timestampMs: number;
  readonly value: Uint8Array;
}

export interface Position {
  readonly partition: number;
  readonly offset: number;
}

export interface Appended extends Position {
  readonly timestampMs: number;
}

/** Records of one topic-partition in offset order. The next batch of that partition waits until the handler's promise settles. */
export type BatchHandler = (records: readonly LogRecord[], ownership: Ownership) => Promise<void>;

export interface Ownership {
  readonly partition: number;
  /** Grows with each change of owner of this group's partition; the store refuses writes of an older one. */
  readonly epoch: number;
  /** False once the partition was taken away: stop, write nothing. */
  readonly current: () => boolean;
}

export interface GroupHandlers {
  /** Called before the first batch of a partition; answers the offset to start from for each topic (0 = from the start). */
  assigned(ownership: Ownership): Promise<ReadonlyMap<Topic, number>>;
  batch: BatchHandler;
  revoked(partition: number): Promise<void>;
}

export interface Subscription {
  /** Stops delivery; resolves when no handler runs any more. */
  close(): Promise<void>;
  /**
   * Settles when the subscription ends. A handler that throws ends all of it: nothing after the failed batch is delivered, running
   * handlers finish, and this rejects with what was thrown. Rejects too if the log fails: TL_LOG_CORRUPT, TL_LOG_CLOSED.
   */
  readonly done: Promise<void>;
}

export type From = "start" | "end" | ReadonlyMap<number, number>;

export interface ReadOptions {
  readonly from: From;
  /** All by default. */
  readonly partitions?: readonly number[];
  /**
   * Told where a partition begins to be read, and then its next offset whenever all before that has been handled or is nothing to
   * handle: the last offset may be a transaction's marker, or a record that nobody can read, and no handler ever sees those.
   */
  readonly passed?: (partition: number, offset: number) => void;
}

export interface EventLog {
  readonly partitions: number;
  /** Partition of a key in every topic. */
  partitionOf(key: string): number;
  /**
   * Resolves when every record is durable (fsynced, or replicated), with their positions in the order given. Rejects with
   * TL_LOG_CLOSED, TL_LOG_FULL or TL_LOG_UNAVAILABLE when that cannot be said; the records may or may not be in the log then. A full
   * queue refuses at once rather than wait, so that callers can shed load. TL_LOG_RECORD_SIZE, TL_LOG_TOPIC, TL_LOG_REFUSED: never,
   * so do not retry.
   * The values are copied before this resolves; do not change them until then.
   */
  append(topic: Topic, records: readonly AppendRecord[]): Promise<Appended[]>;
  /**
   * Reads as one of a group: each partition has one owner, at least once, in order per key. All topics of one call are
   * co-partitioned; a log in one process delivers what they have waiting oldest first. Rejects with what `assigned` threw, or
   * TL_LOG_POSITION when a start lies beyond the log's end (log and store are not of the same history).
   */
  consume(group: string, topics: readonly Topic[], handlers: GroupHandlers): Promise<Subscription>;
  /** Reads without a group, and follows: every caller gets every record of the chosen partitions (all by default). */
  read(topic: Topic, options: ReadOptions, batch: (records: readonly LogRecord[]) => Promise<void>): Promise<Subscription>;
  /** First kept offset and next offset of every partition. */
  ends(topic: Topic): Promise<ReadonlyMap<number, { low: number; high: number }>>;
  /** What is not being read or joined at present though it should be, in words: readers wait for it and go on by themselves. Null while all is well. */
  trouble(): string | null;
  close(): Promise<void>;
}
