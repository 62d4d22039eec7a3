/** The event log itself: of a stopped instance, or the one that many processes share. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type EventLog, type LogRecord, openEventLog } from "@tripline/event-log";
import { TriplineError } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { logOptions } from "../backends.ts";
import { type GlobalOptions, loadConfig } from "../commands/options.ts";
import { isShared } from "../deployment.ts";
import { inOrder } from "./in-order.ts";
import { actionOf, inTime, type RecordedAction, type Stated, statedOf, type Unreadable } from "./recorded.ts";
import { type Source, STATED_TOPICS } from "./source.ts";

/** @throws TL_NOT_RUNNING where there is no log either */
export async function openRecorded(options: GlobalOptions): Promise<{ readonly eventLog: EventLog; readonly name: string }> {
  const config = await loadConfig(options.config);
  const dir = join(config.dataDir, "log");
  if (!isShared(config) && !existsSync(dir)) throw new TriplineError("TL_NOT_RUNNING", `There is no log in ${dir} either.`);
  // Of a log of our own no record is too old at the beginning of time: by the real clock its retention would remove what is to be replayed.
  const clock = isShared(config) ? () => Date.now() : () => 0;
  const eventLog = await openEventLog(logOptions(config.eventLog, () => dir), { metrics: createMetrics(), clock });
  return { eventLog, name: isShared(config) ? "the event log" : `the log in ${dir}` };
}

/** @throws TL_NOT_RUNNING where there is no log */
export async function openLog(options: GlobalOptions, unreadable: Unreadable): Promise<Source> {
  const { eventLog, name } = await openRecorded(options);
  let of = 0;
  let done = 0;
  const size = async (): Promise<number> => {
    let records = 0;
    for (const { low, high } of (await eventLog.ends("actions")).values()) records += high - low;
    return records;
  };
  async function* runs(): AsyncGenerator<readonly LogRecord[]> {
    of = await size();
    for await (const records of inOrder(eventLog, "actions")) {
      done += records.length;
      yield records;
    }
  }
  return {
    name,
    stated: async () => {
      const stated: Stated[] = [];
      for (const topic of STATED_TOPICS) {
        for await (const records of inOrder(eventLog, topic)) {
          for (const { value, timestampMs } of records) {
            const one = statedOf(topic, value, timestampMs, unreadable);
            if (one !== null) stated.push(one);
          }
        }
      }
      return inTime(stated);
    },
    async *actions() {
      for await (const records of runs()) {
        const run: RecordedAction[] = [];
        for (const { value, timestampMs, partition } of records) {
          const action = actionOf(value, unreadable);
          if (action !== null) run.push({ kind: "action", action, receiveMs: timestampMs, partition });
        }
        yield run;
      }
    },
    undecoded: { size, runs },
    progress: () => (of === 0 ? null : { done, of }),
    close: () => eventLog.close(),
  };
}
