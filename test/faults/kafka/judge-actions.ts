/** One pass over `actions` in the order of the log: what is there, in which order, and what the detector had to make of it. */
import { createHash } from "node:crypto";
import { prepareClassifiers } from "@tripline/core";
import type { EventLog } from "@tripline/event-log";
import type { Action } from "@tripline/model";
import { AppliedOnce, registryOf, type RegistryRecords } from "../applied-once.ts";
import { readTopic } from "./read-topic.ts";

export interface JudgedActions {
  readonly records: number;
  readonly repeated: number;
  /** Most records of its partition between a record and the last time that it came again: the detector remembers calls over a bounded number. */
  readonly furthestRepeat: number;
  /** Acknowledged, and not there: `agent id`. */
  readonly lost: readonly string[];
  /** Ids with two contents. */
  readonly conflicting: readonly string[];
  /** Calls of one agent that stand before an earlier one. */
  readonly disordered: readonly string[];
  /** By agent: what it must be. */
  readonly baselines: ReadonlyMap<string, Uint8Array>;
  /** Ids of findings of the agents named. */
  readonly findings: ReadonlySet<string>;
}

/** `agents`: those whose breakers were never reset, since when a reset takes effect among their actions is not in the log. */
export async function judgeActions(eventLog: EventLog, facts: RegistryRecords, acknowledged: ReadonlyMap<string, ReadonlySet<string>>, agents: ReadonlySet<string>): Promise<JudgedActions> {
  await prepareClassifiers();
  const fold = new AppliedOnce(registryOf(facts));
  const contents = new Map<string, Map<string, { readonly digest: string; readonly offset: number }>>();
  const last = new Map<string, number>();
  const findings = new Set<string>();
  const conflicting = new Set<string>();
  const disordered: string[] = [];
  let records = 0;
  let repeated = 0;
  let furthestRepeat = 0;
  await readTopic(eventLog, "actions", ({ bytes, ...record }) => {
    const { value } = record;
    records += 1;
    for (const { id } of fold.apply(record)) if (agents.has(value.agent.id)) findings.add(id);
    const known = contents.get(value.agent.id) ?? new Map<string, { readonly digest: string; readonly offset: number }>();
    contents.set(value.agent.id, known);
    const digest = createHash("sha256").update(bytes).digest("base64").slice(0, 22);
    const before = known.get(value.id);
    known.set(value.id, { digest, offset: record.offset });
    if (before !== undefined) {
      repeated += 1;
      furthestRepeat = Math.max(furthestRepeat, record.offset - before.offset);
      if (before.digest !== digest) conflicting.add(`${value.agent.id} ${value.id}`);
      return;
    }
    const place = placeOf(value);
    if (place < (last.get(value.agent.id) ?? -1)) disordered.push(`${value.agent.id} ${value.id}`);
    last.set(value.agent.id, place);
  });
  const lost = [...acknowledged].flatMap(([agent, ids]) => [...ids].flatMap((id) => (contents.get(agent)?.has(id) === true ? [] : [`${agent} ${id}`])));
  return { records, repeated, furthestRepeat, lost, conflicting: [...conflicting], disordered, baselines: fold.baselines(agents), findings };
}

const CALLS_OF_A_BATCH = 1_000;

/** An agent's own numbering: `call-<batch>-<index>` of work, `delete-<number>` of destruction. */
function placeOf({ callId }: Action): number {
  const [, batch = "0", index = "0"] = callId.split("-");
  return Number(batch) * CALLS_OF_A_BATCH + Number(index);
}
