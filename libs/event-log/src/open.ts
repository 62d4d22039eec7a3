/** Opening a log: one entry per backend, no registration by side effect. */
import { openEmbeddedLog } from "./embedded/embedded-log.ts";
import type { EmbeddedOptions } from "./embedded/options.ts";
import type { EventLog, EventLogDeps } from "./event-log.ts";
import type { KafkaOptions } from "./kafka/options.ts";
import { type MemoryOptions, openMemoryLog } from "./memory/memory-log.ts";

export type EventLogOptions = EmbeddedOptions | KafkaOptions | MemoryOptions;
type Kind = EventLogOptions["kind"];

const BACKENDS: { readonly [K in Kind]: (options: Extract<EventLogOptions, { kind: K }>, deps: EventLogDeps) => Promise<EventLog> } = {
  embedded: openEmbeddedLog,
  // Loaded where it is used: its client would cost every start without Kafka a tenth of a second.
  kafka: async (options, deps) => (await import("./kafka/kafka-log.ts")).openKafkaLog(options, deps),
  memory: openMemoryLog,
};

/** @throws TL_LOG_LOCKED, TL_LOG_DIRECTORY, TL_LOG_VERSION, TL_LOG_PARTITIONS, TL_LOG_CORRUPT, TL_LOG_FULL, TL_LOG_UNAVAILABLE, TL_LOG_REFUSED, TL_LOG_TOPIC_CONFIG */
export function openEventLog(options: EventLogOptions, deps: EventLogDeps): Promise<EventLog> {
  const open = BACKENDS[options.kind] as (chosen: EventLogOptions, deps: EventLogDeps) => Promise<EventLog>;
  return open(options, deps);
}
