/** An event log that tells how far its readers are behind: records not handled yet, and how old what they handle is. */
import type { BatchHandler, EventLog, GroupHandlers, LogRecord, Ownership, Subscription } from "@tripline/event-log";
import type { Topic } from "@tripline/model";
import type { Gauge, Histogram, Metrics } from "@tripline/runtime";

/** How often ends are compared with positions, in milliseconds. */
const LOOK_MS = 10_000;
/** Topics that work waits in; the registry's are read once and follow. */
const MEASURED: ReadonlySet<Topic> = new Set<Topic>(["actions", "findings", "commands", "breakers", "containments"]);

export interface MeteredLog extends EventLog {
  /** Compares now; a timer does so every LOOK_MS. */
  look(): Promise<void>;
}

interface Reading {
  readonly reader: string;
  readonly topic: Topic;
  /** Next offset to handle, by partition; only of partitions that are this reader's. */
  readonly next: Map<number, number>;
}

/** Measures every reader of `log` from now on. Groups go by their name, readers without one are `groupless`. `clock`: epoch milliseconds. */
export function meterLog(log: EventLog, metrics: Metrics, clock: () => number): MeteredLog {
  const behind = metrics.gauge("tripline_reader_lag_records", "Records that a reader has not handled yet.", ["reader", "topic"]);
  const age = metrics.histogram("tripline_reader_delay_ms", "From appended to handled, of the last record of a batch.", ["reader", "topic"]);
  const readings = new Set<Reading>();
  const timer = setInterval(() => void look(log, readings, behind).catch(() => undefined), LOOK_MS);
  timer.unref();
  const open = (reader: string, topic: Topic): Reading => {
    const reading: Reading = { reader, topic, next: new Map() };
    if (MEASURED.has(topic)) readings.add(reading);
    return reading;
  };
  const untilEnd = (subscription: Subscription, ended: readonly Reading[]): Subscription => {
    // What nobody reads here any more is not behind here; whether it should be read is a matter of readiness.
    const forget = (): void => {
      for (const one of ended) if (readings.delete(one)) behind.set(0, { reader: one.reader, topic: one.topic });
    };
    subscription.done.then(forget, forget);
    return subscription;
  };
  return {
    partitions: log.partitions,
    partitionOf: (key) => log.partitionOf(key),
    append: (topic, records) => log.append(topic, records),
    ends: (topic) => log.ends(topic),
    trouble: () => log.trouble(),
    consume: async (group, topics, handlers) => {
      const own = topics.map((topic) => open(group, topic));
      return untilEnd(await log.consume(group, topics, metered(handlers, own, { age, clock })), own);
    },
    read: async (topic, options, batch) => {
      const reading = open("groupless", topic);
      if (options.from instanceof Map) for (const [partition, offset] of options.from) reading.next.set(partition, offset);
      const handle = async (records: readonly LogRecord[]): Promise<void> => {
        await batch(records);
        handled(reading, records, { age, clock });
      };
      return untilEnd(await log.read(topic, options, handle), [reading]);
    },
    look: () => look(log, readings, behind),
    close: () => {
      clearInterval(timer);
      return log.close();
    },
  };
}

interface Measures {
  readonly age: Histogram;
  readonly clock: () => number;
}

function metered(handlers: GroupHandlers, readings: readonly Reading[], measures: Measures): GroupHandlers {
  const of = (topic: Topic | undefined): Reading | undefined => readings.find((reading) => reading.topic === topic);
  const batch: BatchHandler = async (records: readonly LogRecord[], ownership: Ownership) => {
    await handlers.batch(records, ownership);
    const reading = of(records[0]?.topic);
    if (reading !== undefined && ownership.current()) handled(reading, records, measures);
  };
  return {
    batch,
    assigned: async (ownership) => {
      const starts = await handlers.assigned(ownership);
      for (const reading of readings) reading.next.set(ownership.partition, starts.get(reading.topic) ?? 0);
      return starts;
    },
    revoked: (partition) => {
      for (const reading of readings) reading.next.delete(partition);
      return handlers.revoked(partition);
    },
  };
}

function handled({ reader, topic, next }: Reading, records: readonly LogRecord[], { age, clock }: Measures): void {
  const last = records.at(-1);
  if (last === undefined) return;
  next.set(last.partition, last.offset + 1);
  if (MEASURED.has(topic)) age.observe(Math.max(0, clock() - last.timestampMs), { reader, topic });
}

async function look(log: EventLog, readings: ReadonlySet<Reading>, behind: Gauge): Promise<void> {
  for (const topic of new Set([...readings].map((reading) => reading.topic))) {
    const ends = await log.ends(topic);
    const lags = new Map<string, number>();
    for (const { reader, topic: read, next } of readings) {
      if (read !== topic) continue;
      const lag = [...next].reduce((sum, [partition, offset]) => sum + Math.max(0, (ends.get(partition)?.high ?? 0) - Math.max(offset, ends.get(partition)?.low ?? 0)), 0);
      // Several readers of one kind: the one furthest behind counts.
      lags.set(reader, Math.max(lag, lags.get(reader) ?? 0));
    }
    for (const [reader, lag] of lags) behind.set(lag, { reader, topic });
  }
}
