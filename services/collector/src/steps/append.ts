/** Actions and dead letters to the log. Only when both are durable may the sender be told so. */
import diagnostics_channel from "node:diagnostics_channel";
import { agentKey, type Action, type Topic } from "@tripline/model";
import { next, retry, type Step } from "@tripline/runtime";
import type { AppendRecord } from "@tripline/event-log";
import type { Batch, StepDeps } from "../batch.ts";
import { deadLetters } from "../dead-letters.ts";
import { encodeAction } from "../encode.ts";
import type { SlabWriter } from "../slabs.ts";
import { slices } from "../slices.ts";

/** Published between durable and reply: `{ topic, records }`. Lets a fault harness stop the process exactly there. */
const durable = diagnostics_channel.channel("tripline:collector.durable");

export const append: Step<Batch, StepDeps> = {
  name: "append",
  async run(batch, deps) {
    const memory = deps.slabs.open();
    const records = await recordsOf(batch.actions, memory, deps);
    const dead = deadLetters(batch, deps);
    const startedMs = deps.clock();
    try {
      await appendTo("actions.dead", dead, deps);
      await appendTo("actions", records, deps);
    } catch {
      // The log logs and reports its own failure; here it only means "not now". Sent again, the records get the same ids.
      return retry("TL_INGEST_UNAVAILABLE", deps.limits.retryAfterMs);
    }
    // After a failed append the log may still read them: then the memory is left to the garbage collector.
    memory.release();
    deps.counters.durable(deps.clock() - startedMs);
    deps.counters.accepted(batch.signal, records.length);
    for (const one of batch.rejected) deps.counters.dead(one.reason, 1);
    return next(batch);
  },
};

async function recordsOf(actions: readonly Action[], memory: SlabWriter, deps: StepDeps): Promise<AppendRecord[]> {
  const records: AppendRecord[] = [];
  const slice = slices();
  let agent: string | null = null;
  let key = "";
  for (const action of actions) {
    // One text for all records of an agent, so that whoever compares keys sees at once that they are the same.
    if (action.agent.id !== agent) key = agentKey(action.tenant, action.agent.id);
    agent = action.agent.id;
    records.push({ key, value: encodeAction(action, memory, deps.counters) });
    if (records.length % ACTIONS_PER_LOOK === 0 && slice.due()) await slice.pause();
  }
  return records;
}

/** Actions between two looks at the clock. */
const ACTIONS_PER_LOOK = 16;

async function appendTo(topic: Topic, records: readonly AppendRecord[], { eventLog }: StepDeps): Promise<void> {
  if (records.length === 0) return;
  await eventLog.append(topic, records);
  if (durable.hasSubscribers) durable.publish({ topic, records: records.length });
}
