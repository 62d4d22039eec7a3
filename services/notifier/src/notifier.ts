/** The notifier service: reads what breakers and containments became, and what the detector found, and tells people. */
import { setTimeout as sleep } from "node:timers/promises";
import { type GroupHandlers, type LogRecord, type Stay, stayInGroup } from "@tripline/event-log";
import { type DeadLetter, type Topic, decode, encode } from "@tripline/model";
import { type Counter, type Health, type Module, runPipeline } from "@tripline/runtime";
import { Deliverer } from "./deliverer.ts";
import type { NotifierDeps } from "./deps.ts";
import { LIMITS } from "./limits.ts";
import { type Change, type PipelineDeps, PIPELINE } from "./pipeline.ts";

/** One instance of the group has a partition, so that two do not send the same alert at the same moment. */
const GROUP = "notifier";
const TOPICS = ["breakers", "containments", "findings", "approvals", "grants"] as const satisfies readonly Topic[];

export function createNotifier(deps: NotifierDeps): Module {
  const deliverer = new Deliverer(deps);
  const counter = deps.metrics.counter("tripline_notifier_records_total", "Breaker, containment, finding, approval and grant records by what came of them", ["step", "outcome", "reason"]);
  const pipeline: PipelineDeps = { store: deps.store, sinks: deps.sinks, approvalsUrl: deps.approvalsUrl ?? null, clock: deps.clock, recorded: () => deliverer.wake() };
  let stay: Stay | null = null;
  const stopping = new AbortController();
  let failure: string | null = "not started";
  const lost = (error: unknown) => {
    if (stopping.signal.aborted) return;
    failure = error instanceof Error ? error.message : "reading ended";
    deps.logger.error({ reason: failure }, "the notifier stopped reading; it goes on from where it was");
  };
  return {
    name: "notifier",
    async start() {
      deliverer.start();
      const handlers = readers(deps, pipeline, { counter, stopping: stopping.signal });
      stay = await stayInGroup(deps.eventLog, GROUP, TOPICS, handlers, { lost, joined: () => (failure = null) });
    },
    async stop() {
      stopping.abort();
      await stay?.close();
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
  const tell = async (record: LogRecord): Promise<void> => {
    const change = changeOf(record);
    if ("undecodable" in change) await setAside(deps, record, change.undecodable);
    else await runPipeline(PIPELINE, { change, alerts: [], work: [] }, pipeline, counter);
  };
  return {
    async assigned({ partition }) {
      epochs.set(partition, await deps.store.claim(GROUP, partition));
      return (await deps.store.loadCheckpoint(GROUP, partition))?.offsets ?? new Map();
    },
    async batch(records, ownership) {
      for (const record of records) {
        if (!ownership.current()) return;
        await untilDurable(() => tell(record), deps, stopping);
      }
      const last = records.at(-1);
      if (last === undefined) return;
      const commit = { offsets: new Map([[last.topic, last.offset + 1]]), states: [] };
      // Fenced = another instance reads on from an earlier offset; what it records again is recognised by its id.
      const epoch = epochs.get(ownership.partition) ?? 0;
      await untilDurable(() => deps.store.commitCheckpoint(GROUP, ownership.partition, epoch, commit), deps, stopping);
    },
    async revoked(partition) {
      epochs.delete(partition);
    },
  };
}

/**
 * No alert may be skipped, and the notifier may not end, because a disk is full for a while: the record waits, and everything behind
 * it. Ids are deterministic, so a write that took effect before its error only repeats itself.
 */
async function untilDurable(write: () => Promise<unknown>, deps: NotifierDeps, stopping: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await write();
      return;
    } catch (error) {
      if (stopping.aborted) throw error;
      deps.logger.error({ reason: error instanceof Error ? error.message : "unknown" }, "cannot write; trying again");
      await sleep(LIMITS.retryMs, undefined, { signal: stopping });
    }
  }
}

function topicOf({ topic }: LogRecord): Change["topic"] {
  return TOPICS.find((known) => known === topic) ?? "breakers";
}

function changeOf(record: LogRecord): Change | { readonly undecodable: string } {
  const topic = topicOf(record);
  const decoded = decode(topic, record.value);
  return decoded.ok ? ({ topic, record: decoded.value } as Change) : { undecodable: decoded.reason };
}

/** A record that cannot be read is kept with its reason; the records around it are still told. */
async function setAside(deps: NotifierDeps, record: LogRecord, reason: string): Promise<void> {
  const { topic, partition, offset, key, timestampMs } = record;
  const letter: DeadLetter = {
    v: 1,
    id: `notifier:${topic}:${partition}:${offset}`,
    reason: "TL_RECORD_UNDECODABLE",
    detail: reason,
    topic,
    payload: "",
    atMs: timestampMs,
  };
  const dead = `${topicOf(record)}.dead` as const;
  await deps.eventLog.append(dead, [{ key, value: encode(dead, letter) }]);
  deps.metrics.counter("tripline_undecodable_records_total", "Records that could not be decoded", ["topic", "reason"]).add(1, { topic, reason });
  deps.logger.error({ topic, partition, offset, reason }, "record cannot be decoded");
}
