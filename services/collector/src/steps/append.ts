/** Actions and dead letters to the log. Only when both are durable may the sender be told so. */
import diagnostics_channel from "node:diagnostics_channel";
import type { Topic } from "@tripline/model";
import { next, retry, type Step } from "@tripline/runtime";
import type { AppendRecord } from "@tripline/event-log";
import type { Batch, StepDeps } from "../batch.ts";
import { deadLetters } from "../dead-letters.ts";

/** Published between durable and reply: `{ topic, records }`. Lets a fault harness stop the process exactly there. */
const durable = diagnostics_channel.channel("tripline:collector.durable");

export const append: Step<Batch, StepDeps> = {
  name: "append",
  async run(batch, deps) {
    const { records, memory } = batch;
    const dead = deadLetters(batch, deps);
    const startedMs = deps.clock();
    const appended = appendAll(dead, records, deps).then(
      () => "durable" as const,
      () => "refused" as const,
    );
    if ((await inTime(appended, deps.limits.durableMs)) !== "durable") {
      // Who watches the log is told of its failure; here it only means "not now". Sent again, the records get the same ids.
      return retry("TL_INGEST_UNAVAILABLE", deps.limits.retryAfterMs);
    }
    // After a failed append the log may still read them: then the memory is left to the garbage collector.
    memory?.release();
    deps.counters.durable(deps.clock() - startedMs);
    deps.counters.accepted(batch.signal, records.length);
    for (const one of batch.rejected) deps.counters.dead(one.reason, 1);
    return next(batch);
  },
};

async function appendAll(dead: readonly AppendRecord[], records: readonly AppendRecord[], deps: StepDeps): Promise<void> {
  await appendTo("actions.dead", dead, deps);
  await appendTo("actions", records, deps);
}

async function inTime<T>(promise: Promise<T>, boundMs: number): Promise<T | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => (timer = setTimeout(resolve, boundMs, "late")));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function appendTo(topic: Topic, records: readonly AppendRecord[], { eventLog }: StepDeps): Promise<void> {
  if (records.length === 0) return;
  await eventLog.append(topic, records);
  if (durable.hasSubscribers) durable.publish({ topic, records: records.length });
}
