/** What the Kafka log tells about itself. The first ones are those of every log. */
import type { Counter, Gauge, Histogram, Metrics } from "@tripline/runtime";

export interface Instruments {
  readonly appended: Counter;
  readonly refused: Counter;
  readonly commitMs: Histogram;
  readonly queuedBytes: Gauge;
  readonly skipped: Counter;
  readonly corrupt: Counter;
  readonly retries: Counter;
  readonly gaps: Counter;
  readonly poison: Counter;
  readonly rebalances: Counter;
  readonly owned: Gauge;
  readonly refusals: Gauge;
}

export function createInstruments(metrics: Metrics): Instruments {
  const name = (suffix: string): string => `tripline_event_log_${suffix}`;
  return {
    appended: metrics.counter(name("appended_records_total"), "Records made durable.", ["topic"]),
    refused: metrics.counter(name("refused_appends_total"), "Appends refused, by error code.", ["reason"]),
    commitMs: metrics.histogram(name("commit_ms"), "Time of one commit, until enough replicas have it."),
    queuedBytes: metrics.gauge(name("queued_bytes"), "Bytes waiting for the brokers."),
    skipped: metrics.counter(name("skipped_records_total"), "Records that retention removed before a reader came to them.", ["topic"]),
    corrupt: metrics.counter(name("corrupt_reads_total"), "Reads that found damaged batches."),
    retries: metrics.counter(name("kafka_retries_total"), "Requests to brokers tried again, by reason.", ["request", "reason"]),
    gaps: metrics.counter(name("gap_records_total"), "Offsets missing in a topic where none may be missing.", ["topic"]),
    poison: metrics.counter(name("poison_records_total"), "Records of batches that nobody can read, set aside as dead letters.", ["topic", "reason"]),
    rebalances: metrics.counter(name("rebalances_total"), "Rounds of a group, by what began them.", ["group", "reason"]),
    refusals: metrics.gauge(name("refused_now"), "Topics and groups that the brokers refuse to this instance at present, mostly for want of a right."),
    owned: metrics.gauge(name("owned_partitions"), "Partitions of a group that this instance owns.", ["group"]),
  };
}

const MAX_CAUSES = 4;

/** A label from a closed set: error codes and names of kafkajs and Node, nothing else. */
export function reasonOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return "other";
  const type: unknown = "type" in error ? error.type : undefined;
  if (typeof type === "string") return type;
  const code: unknown = "code" in error ? error.code : undefined;
  if (typeof code === "string") return code;
  // kafkajs wraps what a broker said once it has given up trying.
  return error.cause instanceof Error && depth < MAX_CAUSES ? reasonOf(error.cause, depth + 1) : error.name;
}
