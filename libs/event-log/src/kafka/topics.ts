/** The topics of the one table in @tripline/model, created where missing, and refused where they would lose or reorder facts. */
import kafkajs, { Kafka, logLevel } from "kafkajs";
import { TOPICS, type Topic, TriplineError } from "@tripline/model";
import { Backoff, bounded } from "./bounded.ts";
import { reasonOf } from "./instruments.ts";
import { KAFKA_LIMITS, type KafkaOptions } from "./options.ts";
import { RIGHTS } from "./refusals.ts";
import { saslOf } from "./sasl.ts";

const DAY_MS = 86_400_000;

export interface TopicPlan {
  readonly topic: Topic;
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** With three copies a write needs two, so that one broker may fail without loss and without a stop. */
export function planTopics(prefix: string, partitions: number, replicationFactor: number): readonly TopicPlan[] {
  return [...TOPICS].map(([topic, { retentionDays, compacted }]) => ({
    topic,
    name: `${prefix}${topic}`,
    partitions,
    replicationFactor,
    config: {
      "cleanup.policy": compacted ? "compact" : "delete",
      "retention.ms": retentionDays === null ? "-1" : String(retentionDays * DAY_MS),
      "min.insync.replicas": String(Math.max(1, replicationFactor - 1)),
      "unclean.leader.election.enable": "false",
      "message.timestamp.type": "LogAppendTime",
      "max.message.bytes": String(KAFKA_LIMITS.maxMessageBytes),
      "compression.type": "producer",
    },
  }));
}

/** What a topic's setting must be: the same, or at least as much (-1 is without bound). */
const AT_LEAST = new Set(["retention.ms", "min.insync.replicas", "max.message.bytes"]);

export function fits(key: string, wanted: string, found: string): boolean {
  if (!AT_LEAST.has(key)) return wanted === found;
  const size = (text: string): number => (text === "-1" ? Number.POSITIVE_INFINITY : Number(text));
  return size(found) >= size(wanted);
}

/** @throws TL_LOG_UNAVAILABLE, TL_LOG_REFUSED, TL_LOG_PARTITIONS, TL_LOG_TOPIC_CONFIG */
export async function prepareTopics(options: KafkaOptions, plans: readonly TopicPlan[]): Promise<void> {
  const endMs = performance.now() + KAFKA_LIMITS.answerMs;
  const backoff = new Backoff();
  for (;;) {
    try {
      return await attempt(options, plans);
    } catch (error) {
      if (error instanceof TriplineError) throw error;
      const right = RIGHTS.find((type) => has(error, type));
      if (right !== undefined) throw new TriplineError("TL_LOG_REFUSED", `Its user lacks a right: ${right}.`, { cause: error });
      if (has(error, "KafkaJSSASLAuthenticationError")) throw new TriplineError("TL_LOG_REFUSED", "They refuse the credentials.", { cause: error });
      if (performance.now() > endMs) throw new TriplineError("TL_LOG_UNAVAILABLE", `Its topics cannot be prepared: ${placed(rootOf(error))}.`, { cause: error });
      await backoff.pause();
    }
  }
}

async function attempt(options: KafkaOptions, plans: readonly TopicPlan[]): Promise<void> {
  const kafka = new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    logLevel: logLevel.NOTHING,
    connectionTimeout: KAFKA_LIMITS.connectMs,
    requestTimeout: KAFKA_LIMITS.requestMs,
    retry: { retries: 2, initialRetryTime: KAFKA_LIMITS.retryMs },
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    ...(options.sasl === undefined ? {} : { sasl: saslOf(options.sasl) }),
  });
  const admin = kafka.admin();
  try {
    await bounded(admin.connect(), 2 * KAFKA_LIMITS.requestMs, "connecting");
    const existing = new Set(await bounded(admin.listTopics(), KAFKA_LIMITS.requestMs, "listing topics"));
    const missing = plans.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) await create(admin, missing);
    await check(admin, plans);
  } finally {
    await bounded(admin.disconnect(), KAFKA_LIMITS.connectMs, "disconnecting").catch(() => undefined);
  }
}

type Admin = ReturnType<Kafka["admin"]>;

async function create(admin: Admin, plans: readonly TopicPlan[]): Promise<void> {
  const topics = plans.map(({ name, partitions, replicationFactor, config }) => ({
    topic: name,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  }));
  try {
    // Another instance may create them at the same moment: kafkajs then answers false.
    await bounded(admin.createTopics({ topics, waitForLeaders: true, timeout: KAFKA_LIMITS.requestMs }), KAFKA_LIMITS.answerMs, "creating topics");
  } catch (error) {
    if (has(error, "INVALID_REPLICATION_FACTOR")) {
      throw new TriplineError("TL_LOG_TOPIC_CONFIG", `Fewer brokers than copies wanted (${plans[0]?.replicationFactor}).`, { cause: error });
    }
    throw error;
  }
}

const placed = (error: unknown): string => `${reasonOf(error)}${error instanceof Error && "broker" in error && typeof error.broker === "string" ? ` at ${error.broker}` : ""}`;

/** What the operator can do something about (an unknown host, a refused connection, a certificate) is what was wrapped last. */
function rootOf(error: unknown, depth = 0): unknown {
  const cause = error instanceof Error && depth < 4 ? error.cause : undefined;
  return cause instanceof Error ? rootOf(cause, depth + 1) : error;
}

/** Looks for a name or type in an error, its causes and its parts: kafkajs wraps what brokers say in several ways. */
function has(error: unknown, sought: string, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 4) return false;
  const parts: unknown = "errors" in error ? error.errors : [];
  const type: unknown = "type" in error ? error.type : null;
  return error.name === sought || type === sought || [error.cause, ...(Array.isArray(parts) ? parts : [])].some((one) => has(one, sought, depth + 1));
}

async function check(admin: Admin, plans: readonly TopicPlan[]): Promise<void> {
  const names = plans.map(({ name }) => name);
  const { topics } = await bounded(admin.fetchTopicMetadata({ topics: names }), KAFKA_LIMITS.requestMs, "metadata");
  const resources = names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name }));
  const described = await bounded(admin.describeConfigs({ resources, includeSynonyms: false }), KAFKA_LIMITS.requestMs, "topic configuration");
  for (const plan of plans) {
    const found = topics.find(({ name }) => name === plan.name)?.partitions ?? [];
    if (found.length !== plan.partitions) throw new TriplineError("TL_LOG_PARTITIONS", `Topic ${plan.topic} has ${found.length} partitions, not ${plan.partitions}.`);
    const copies = Math.min(...found.map(({ replicas }) => replicas.length));
    if (copies < plan.replicationFactor) throw new TriplineError("TL_LOG_TOPIC_CONFIG", `Topic ${plan.topic} has ${copies} copies, not ${plan.replicationFactor}.`);
    const entries = described.resources.find(({ resourceName }) => resourceName === plan.name)?.configEntries ?? [];
    for (const [key, wanted] of Object.entries(plan.config)) {
      const value = entries.find(({ configName }) => configName === key)?.configValue ?? "";
      if (!fits(key, wanted, value)) throw new TriplineError("TL_LOG_TOPIC_CONFIG", `Topic ${plan.topic}: ${key} must be ${wanted}.`);
    }
  }
}
