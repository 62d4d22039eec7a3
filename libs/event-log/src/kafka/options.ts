/** What can be set on a log that lies in Apache Kafka, and the bounds it has when nothing is. */
import type { ConnectionOptions } from "node:tls";

/** Secrets are asked for by each single connection to a broker, so that a rotated one is used without a restart. */
export type KafkaSasl =
  | { readonly mechanism: "scram-sha-256" | "scram-sha-512" | "plain"; readonly username: string; readonly password: () => string | Promise<string> }
  | { readonly mechanism: "oauthbearer"; readonly token: () => Promise<string> };

export interface KafkaOptions {
  readonly kind: "kafka";
  /** host:port of some brokers; the others are learned from them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** TLS: true for the system's authorities, or Node's own options (ca, cert, key in PEM). */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: KafkaSasl;
  /** Before the name of each topic and group, so that deployments can share a cluster. */
  readonly topicPrefix?: string;
  /** Of topics that are created; those that exist must have at least as many. */
  readonly replicationFactor?: number;
  /** Partitions of every topic; fixed once the topics exist. */
  readonly partitions?: number;
  /** Bytes that may wait for the brokers, in flight included; an append beyond is refused with TL_LOG_FULL. */
  readonly queueBytes?: number;
  /** How long an append is tried before it is refused with TL_LOG_UNAVAILABLE. */
  readonly appendTimeoutMs?: number;
  /** A group's member that is silent for this long loses its partitions to others. */
  readonly sessionTimeoutMs?: number;
}

export const KAFKA_DEFAULTS = {
  topicPrefix: "tripline.",
  replicationFactor: 3,
  queueBytes: 64 * 1_048_576,
  appendTimeoutMs: 30_000,
  sessionTimeoutMs: 10_000,
} as const;

export const KAFKA_LIMITS = {
  /** A connection that is not made by then is given up, and another broker tried. */
  connectMs: 3_000,
  /** A broker that has not acknowledged by then counts as gone; what was asked of it has an unknown outcome. */
  requestMs: 10_000,
  /** A leader that has not acknowledged by then may have been replaced, which the others can tell. */
  replacedMs: 1_500,
  /** What a broker can answer alone, without its replicas, is due by then. */
  promptMs: 3_000,
  /** Longest that a fetch waits at the broker for something new. */
  fetchWaitMs: 250,
  /** Compressed bytes of one partition in one fetch, and of all; a partition's first batch comes whole even if larger. */
  fetchPartitionBytes: 262_144,
  fetchBytes: 4 * 1_048_576,
  /** A batch of records is closed once it has this many, or this many bytes, before compression. */
  batchRecords: 1_000,
  batchBytes: 262_144,
  /** Bytes of one produce request, before compression. */
  produceBytes: 4 * 1_048_576,
  /** Brokers refuse larger batches; ours stay below it even if nothing in them can be compressed. */
  maxMessageBytes: 1_048_588,
  /** Most bytes that one batch may unpack to; more is a bomb. */
  decodedBatchBytes: 4 * 1_048_576,
  /** First and longest pause between two attempts. */
  retryMs: 50,
  retryMaxMs: 2_000,
  /** Without a turn of the loop for so long this process stood still: who appended before may have given up long ago. */
  standstillMs: 5_000,
  /**
   * How long opening, `ends` and `read` are tried before they are refused. A group is joined however long that takes, since others may
   * have to finish their batches first; after this time without success it is said.
   */
  answerMs: 30_000,
  /** How long a position beyond the end is looked at again: after an election, a new leader learns the end a moment late. */
  endSettlesMs: 2_000,
  /** Clients of closed readers kept for the next one. */
  idleClients: 8,
  /** A handler that runs longer than this has hung: its partitions go to others. */
  handlerMs: 300_000,
  /** How long a rebalance waits for a member that finishes its batches. */
  rebalanceMs: 60_000,
  /** How often a group's progress is told to the brokers, for those who watch its lag. */
  progressMs: 5_000,
} as const;
