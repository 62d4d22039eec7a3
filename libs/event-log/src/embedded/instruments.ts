/** What the embedded log tells about itself. */
import type { Counter, Gauge, Histogram, Metrics } from "@tripline/runtime";

export interface Instruments {
  readonly appended: Counter;
  readonly refused: Counter;
  readonly commitMs: Histogram;
  readonly queuedBytes: Gauge;
  readonly diskReads: Counter;
  readonly skipped: Counter;
  readonly corrupt: Counter;
  readonly maintained: Counter;
}

const COMMIT_BUCKETS_MS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 500, 1_000, 5_000];

export function createInstruments(metrics: Metrics): Instruments {
  const name = (suffix: string): string => `tripline_event_log_${suffix}`;
  return {
    appended: metrics.counter(name("appended_records_total"), "Records made durable.", ["topic"]),
    refused: metrics.counter(name("refused_appends_total"), "Appends refused, by error code.", ["reason"]),
    commitMs: metrics.histogram(name("commit_ms"), "Time of one commit, fsync included.", [], COMMIT_BUCKETS_MS),
    queuedBytes: metrics.gauge(name("queued_bytes"), "Bytes waiting for the disk."),
    diskReads: metrics.counter(name("disk_reads_total"), "Batches that memory could not answer."),
    skipped: metrics.counter(name("skipped_records_total"), "Records that retention removed before a reader came to them.", ["topic"]),
    corrupt: metrics.counter(name("corrupt_reads_total"), "Reads that found damaged or missing rows."),
    maintained: metrics.counter(name("maintenance_total"), "Rounds of retention, compaction and checkpoint, by outcome.", ["step", "outcome"]),
  };
}
