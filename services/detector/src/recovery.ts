/** Taking over a partition: claim it, load its checkpoint, and rebuild from the log what the store does not keep. */
import { CALL_RECORDS, CallMemory, GateMemory, Population, restoreFiles, SessionFiles } from "@tripline/core";
import type { EventLog, LogRecord } from "@tripline/event-log";
import { decode, type Topic, TriplineError } from "@tripline/model";
import { runSyncPipeline } from "@tripline/runtime";
import { GROUP } from "./hot-baselines.ts";
import { LIMITS } from "./limits.ts";
import { filesKey, gateKey, type OwnerDeps, populationKey, type Recovered } from "./partition-owner.ts";
import { received, RECOVERY } from "./pipeline.ts";

export async function recover(partition: number, deps: OwnerDeps): Promise<Recovered> {
  const { store, eventLog } = deps;
  const epoch = await store.claim(GROUP, partition);
  const checkpoint = await store.loadCheckpoint(GROUP, partition);
  const offsets = new Map<Topic, number>(checkpoint?.offsets);
  const population = new Population();
  const states = checkpoint === null ? new Map<string, Uint8Array>() : await store.loadStates(GROUP, [populationKey(partition), filesKey(partition), gateKey(partition)]);
  const unusable = (reason: string): void => deps.instruments.records.add(1, { step: "recovery", outcome: "drop", reason });
  const stored = states.get(populationKey(partition));
  if (stored !== undefined && population.restore(stored) === "unusable") unusable("unusable-population");
  const gates = new GateMemory();
  const decisions = states.get(gateKey(partition));
  if (decisions !== undefined && gates.restore(decisions) === "unusable") unusable("unusable-decisions");
  const calls = new CallMemory();
  // Twice: the records read again below, which it has seen, are followed by the one, and those to come by the other.
  const written = states.get(filesKey(partition));
  const [replayed, files] = [written, written].map((bytes) => (bytes === undefined ? null : restoreFiles(bytes)));
  if (written !== undefined && files === null) unusable("unusable-files");
  const through = { ...deps, calls, files: replayed ?? new SessionFiles(), gates, population };
  const actionsAt = offsets.get("actions") ?? 0;
  await readRange(eventLog, "actions", partition, actionsAt - CALL_RECORDS, actionsAt, async (record) => {
    runSyncPipeline(RECOVERY, received(record), through, { add: () => undefined });
  });
  const reported = new Set<string>();
  const findingsEnd = (await eventLog.ends("findings")).get(partition)?.high ?? 0;
  await readRange(eventLog, "findings", partition, offsets.get("findings") ?? 0, findingsEnd, (record) => {
    const decoded = decode("findings", record.value);
    if (decoded.ok && reported.size < LIMITS.recoveredFindings) reported.add(decoded.value.id);
  });
  // Of a release that stored none, the records that were read again are all there is.
  return { partition, epoch, offsets, calls, files: files ?? through.files, gates, population, reported };
}

/** Reads what is kept of [from, to) of one partition, in order, and ends. */
async function readRange(
  eventLog: EventLog,
  topic: Topic,
  partition: number,
  from: number,
  to: number,
  each: (record: LogRecord) => Promise<void> | void,
): Promise<void> {
  const { low, high } = (await eventLog.ends(topic)).get(partition) ?? { low: 0, high: 0 };
  // What comes to lie there would be taken for what was judged.
  if (to > high) throw new TriplineError("TL_LOG_POSITION", `${topic}/${partition}: the checkpoint is at ${to}, the log ends at ${high}.`);
  const start = Math.max(0, from, low);
  if (start >= to) return;
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  const passed = (_partition: number, offset: number): void => {
    if (offset >= to) resolve();
  };
  const subscription = await eventLog.read(topic, { from: new Map([[partition, start]]), partitions: [partition], passed }, async (records) => {
    for (const record of records) if (record.offset < to) await each(record);
  });
  subscription.done.catch(reject);
  await finished;
  await subscription.close();
}

