/** Everything that a replay needs, as lines: from the running instance, else from the log that it left. */
import { adminClient } from "../commands/admin-client.ts";
import type { GlobalOptions } from "../commands/options.ts";
import { inOrder } from "./in-order.ts";
import { writeRecordLine } from "./record-line.ts";
import { isGone, STATED_TOPICS } from "./source.ts";

const EXPORTED = [...STATED_TOPICS, "actions"] as const;

/** @throws TL_NOT_RUNNING where no instance answers and there is no log */
export async function* exportLines(options: GlobalOptions): AsyncGenerator<string> {
  // Asked before the first line: what breaks off later must not begin anew.
  if (await isRunning(options)) yield* linesOfRunning(options);
  else yield* linesOfLog(options);
}

async function isRunning(options: GlobalOptions): Promise<boolean> {
  try {
    await adminClient(options).get("/v1/records/ends");
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

async function* linesOfRunning(options: GlobalOptions): AsyncGenerator<string> {
  const client = adminClient(options);
  for (const topic of EXPORTED) yield* client.lines(`/v1/records?topic=${topic}&order=received`);
}

async function* linesOfLog(options: GlobalOptions): AsyncGenerator<string> {
  const { eventLog } = await (await import("./log-source.ts")).openRecorded(options);
  try {
    for (const topic of EXPORTED) for await (const records of inOrder(eventLog, topic)) for (const record of records) yield writeRecordLine(record);
  } finally {
    await eventLog.close();
  }
}
