/** The notifier service: reads what breakers and containments became, and tells people. */
import { setTimeout as sleep } from "node:timers/promises";
import { type GroupHandlers, type LogRecord, type Subscription } from "@tripline/event-log";
import { type Topic, decode, encode } from "@tripline/model";
import { type Counter, type Health, type Module, runPipeline } from "@tripline/runtime";
import { Deliverer } from "./deliverer.ts";
import type { NotifierDeps } from "./deps.ts";
import { LIMITS } from "./limits.ts";
import { type Change, type PipelineDeps, PIPELINE } from "./pipeline.ts";

/** One instance of the group has a partition, so that two do not send the same alert at the same moment. */
const GROUP = "notifier";
const TOPICS = ["breakers", "containments"] as const satisfies readonly Topic[];

export function createNotifier(deps: NotifierDeps): Module {
  const deliverer = new Deliverer(deps);
  const counter = deps.metrics.counter("tripline_notifier_records_total", "Breaker and containment records by what came of them", ["step", "outcome", "reason"]);
  const pipeline: PipelineDeps = { store: deps.store, sinks: deps.sinks, clock: deps.clock, recorded: () => deliverer.wake() };
  let subscription: Subscription | null = null;
  const stopping = new AbortController();
  let failure: string | null = "not started";
  const fail = (error: unknown) => {
    failure = error instanceof Error ? error.message : "reading ended";
    deps.logger.fatal({ reason: failure }, "the notifier no longer works");
  };
  return {
    name: "notifier",
    async start() {
      failure = null;
      deliverer.start();
      subscription = await deps.eventLog.consume(GROUP, TOPICS, readers(deps, pipeline, { counter, stopping: stopping.signal }));
      subscription.done.catch(fail);
    },
    async stop() {
      stopping.abort();
      await subscription?.close();
      await deliverer.stop();
      failure = "stopped";
    },
    health: (): Health => {
      if (failure !== null) return { ready: false, detail: failure };
      const failing = deliverer.failing();
      // A receiver that is down is not our unreadiness: alerts are kept and tried again.
      return { ready: true, detail: failing.length === 0 ? "reading" : `reading; not delivered now: ${failing.join(", ")}` };
    },
  };
}

function readers(deps: NotifierDeps, pipeline: PipelineDeps, { counter, stopping }: { counter: Counter; stopping: AbortSignal }): GroupHandlers {
  const epochs = new Map<number, number>();
  return {
    async assigned({ partition }) {
      epochs.set(partition, await deps.store.claim(GROUP, partition));
      return (await deps.store.loadCheckpoint(GROUP, partition))?.offsets ?? new Map();
    },
    async batch(records, ownership) {
      for (const record of records) {
        if (!ownership.current()) return;
        const change = await decodeChange(deps, record);
        if (change === null) continue;
        const run = () => runPipeline(PIPELINE, { change, alerts: [], work: [] }, pipeline, counter);
        await untilStored(run, deps, stopping);
      }
      const last = records.at(-1);
      if (last === undefined) return;
      const commit = { offsets: new Map([[last.topic, last.offset + 1]]), states: [] };
      // Fenced = another instance reads on from an earlier offset; what it records again is recognised by its id.
      await deps.store.commitCheckpoint(GROUP, ownership.partition, epochs.get(ownership.partition) ?? 0, commit);
    },
    async revoked(partition) {
      epochs.delete(partition);
    },
  };
}

/** An alert must not be skipped because the store is busy: the record waits, and everything behind it. */
async function untilStored(run: () => Promise<unknown>, deps: NotifierDeps, stopping: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await run();
      return;
    } catch (error) {
      if (stopping.aborted) throw error;
      deps.logger.error({ reason: error instanceof Error ? error.message : "unknown" }, "an alert cannot be recorded; trying again");
      await sleep(LIMITS.retryMs, undefined, { signal: stopping });
    }
  }
}

async function decodeChange(deps: NotifierDeps, record: LogRecord): Promise<Change | null> {
  const topic = record.topic === "breakers" ? "breakers" : "containments";
  const decoded = decode(topic, record.value);
  if (decoded.ok) return { topic, record: decoded.value } as Change;
  deps.metrics.counter("tripline_undecodable_records_total", "Records that could not be decoded", ["topic", "reason"]).add(1, { topic, reason: decoded.reason });
  deps.logger.error({ topic, partition: record.partition, offset: record.offset, reason: decoded.reason }, "record cannot be decoded");
  const id = `notifier:${topic}:${record.partition}:${record.offset}`;
  const letter = { v: 1 as const, id, reason: "TL_RECORD_UNDECODABLE", detail: decoded.reason, topic, payload: "", atMs: record.timestampMs };
  await deps.eventLog.append(`${topic}.dead`, [{ key: record.key, value: encode(`${topic}.dead`, letter) }]);
  return null;
}
