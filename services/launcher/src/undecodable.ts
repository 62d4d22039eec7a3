/** Facts that cannot be decoded are passed by, but never unseen: of a credential's, its secret would not be recognised. */
import type { LogRecord } from "@tripline/event-log";
import type { Logger, Metrics } from "@tripline/runtime";

export interface Seeing {
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** For `follow`: counts the record with its reason and says where it lies, never what it holds. `reader`: who goes on without it. */
export function seeUndecodable({ metrics, logger }: Seeing, reader: string): (record: LogRecord, reason: string) => void {
  const counter = metrics.counter("tripline_undecodable_records_total", "Records that could not be decoded", ["topic", "reason"]);
  return ({ topic, partition, offset }, reason) => {
    counter.add(1, { topic, reason });
    logger.error({ reader, topic, partition, offset, reason }, "record cannot be decoded");
  };
}
