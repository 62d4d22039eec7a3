/**
 * Everything a replay decides by, in the order in which it was received: from a running instance through its admin API, else from
 * the data directory itself.
 */
import { REGISTRY_TOPICS, type RegistryFact, type ReplayRecord } from "@tripline/core";
import { type EventLog, follow, openEventLog } from "@tripline/event-log";
import { decode, type Topic, TriplineError } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { logOptions } from "../backends.ts";
import { adminClient } from "../commands/admin-client.ts";
import { type GlobalOptions, loadConfig } from "../commands/options.ts";
import { isShared } from "../deployment.ts";

export type ReceivedRecord = ReplayRecord & { readonly receiveMs: number };

/** Read between two calls of `progress`. */
const PROGRESS_RECORDS = 1_000;

const TOPICS = [...REGISTRY_TOPICS, "actions"] as const;
type ReplayTopic = (typeof TOPICS)[number];

export async function recordedFacts(options: GlobalOptions, progress: (read: number) => void): Promise<ReceivedRecord[]> {
  const records: ReceivedRecord[] = [];
  const take = (topic: ReplayTopic, bytes: Uint8Array, receiveMs: number): void => {
    const record = recordOf(topic, bytes, receiveMs);
    if (record !== null) records.push(record);
    if (records.length % PROGRESS_RECORDS === 0) progress(records.length);
  };
  await readRunning(options, take).catch(async (error: unknown) => {
    if (!(error instanceof TriplineError) || !GONE.has(error.code)) throw error;
    records.length = 0;
    await readLog(options, take);
  });
  // Facts come before actions of the same millisecond: they were stated before the services read.
  return records.toSorted((a, b) => a.receiveMs - b.receiveMs || Number(a.kind === "action") - Number(b.kind === "action"));
}

/** Nobody answers, or who did has ended: then the log itself is free to be read. */
const GONE: ReadonlySet<string> = new Set(["TL_NOT_RUNNING", "TL_CONNECTION_BROKEN"]);

type Take = (topic: ReplayTopic, bytes: Uint8Array, receiveMs: number) => void;

async function readRunning(options: GlobalOptions, take: Take): Promise<void> {
  const client = adminClient(options);
  for (const topic of TOPICS) {
    for await (const line of client.lines(`/v1/records?topic=${topic}`)) {
      const { timestampMs, value } = JSON.parse(line) as { timestampMs: number; value: unknown };
      take(topic, Buffer.from(JSON.stringify(value)), timestampMs);
    }
  }
}

/** No instance answers: the log itself, if there is one. */
async function readLog(options: GlobalOptions, take: Take): Promise<void> {
  const config = await loadConfig(options.config);
  const dir = join(config.dataDir, "log");
  if (!isShared(config) && !existsSync(dir)) throw new TriplineError("TL_NOT_RUNNING", `There is no log in ${dir} either.`);
  const eventLog: EventLog = await openEventLog(logOptions(config.eventLog, () => dir), { metrics: createMetrics(), clock: () => Date.now() });
  try {
    for (const topic of TOPICS) {
      const read = await follow(eventLog, topic, { from: "start" }, (items) => items.forEach(({ record }) => take(topic, record.value, record.timestampMs)), () => undefined);
      await read.caughtUp;
      await read.close();
    }
  } finally {
    await eventLog.close();
  }
}

/** Null for a record that this release cannot decode: the services have set it aside with its reason. */
function recordOf(topic: ReplayTopic, bytes: Uint8Array, receiveMs: number): ReceivedRecord | null {
  if (topic === "actions") {
    const action = decode("actions", bytes);
    return action.ok ? { kind: "action", action: action.value, receiveMs } : null;
  }
  const fact = decode(topic satisfies Topic, bytes);
  return fact.ok ? { kind: "fact", receiveMs, ...({ topic, payload: fact.value } as RegistryFact) } : null;
}
