/** Actions to records. Lets go of everything made before: it would outlive the wait for the disk, and be garbage that is costly. */
import { ActionWriter, agentKey, type StorableAction } from "@tripline/model";
import { next, type Step } from "@tripline/runtime";
import type { AppendRecord } from "@tripline/event-log";
import type { Batch, StepDeps } from "../batch.ts";
import { encodeAction } from "../encode.ts";
import type { SlabWriter } from "../slabs.ts";
import { slices } from "../slices.ts";

export const encode: Step<Batch, StepDeps> = {
  name: "encode",
  async run(batch, deps) {
    const memory = deps.slabs.open();
    const records = await recordsOf(batch.actions, memory, deps);
    // Rejected items still have what they need of it.
    batch.body.bytes = NOTHING;
    return next({ ...batch, items: [], drafted: [], identities: [], actions: [], records, memory });
  },
};

async function recordsOf(actions: readonly StorableAction[], memory: SlabWriter, deps: StepDeps): Promise<AppendRecord[]> {
  const records: AppendRecord[] = [];
  const slice = slices();
  const writer = new ActionWriter();
  let agent: string | null = null;
  let key = "";
  for (const action of actions) {
    // One text for all records of an agent, so that whoever compares keys sees at once that they are the same.
    if (action.agent.id !== agent) key = agentKey(action.tenant, action.agent.id);
    agent = action.agent.id;
    records.push({ key, value: encodeAction(action, writer, memory, deps.counters) });
    if (records.length % ACTIONS_PER_LOOK === 0 && slice.due()) await slice.pause();
  }
  return records;
}

const NOTHING = new Uint8Array();
/** Actions between two looks at the clock. */
const ACTIONS_PER_LOOK = 16;
