/**
 * The process that recomputes: the log read from its start to its end, judged by the pure core alone, and the baselines of the agents
 * named, in base64, as one line of JSON.
 */
import { prepareClassifiers, Registry, REGISTRY_TOPICS } from "@tripline/core";
import { type EventLogOptions, openEventLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";
import { AppliedOnce } from "../../faults/applied-once.ts";
import { readTopic } from "../../faults/kafka/read-topic.ts";
import { agentId } from "./traffic.ts";

export interface RecomputePlan {
  readonly log: EventLogOptions;
  readonly agents: number;
  /** Indices of the agents whose baselines are asked for. */
  readonly sample: readonly number[];
}
export interface Recomputed {
  readonly records: number;
  /** Agents that acted. */
  readonly agents: number;
  readonly baselines: Readonly<Record<string, string>>;
}

async function recompute({ log: options, agents, sample }: RecomputePlan): Promise<Recomputed> {
  await prepareClassifiers();
  const log = await openEventLog(options, { metrics: createMetrics(), clock: () => Date.now() });
  const registry = new Registry();
  for (const topic of REGISTRY_TOPICS) await readTopic(log, topic, ({ value }) => registry.apply(topic, value));
  const fold = new AppliedOnce(registry, agents);
  const acted = new Set<string>();
  let records = 0;
  await readTopic(log, "actions", ({ bytes: _bytes, ...record }) => {
    fold.apply(record);
    acted.add(record.value.agent.id);
    records += 1;
  });
  await log.close();
  const baselines = fold.baselines(new Set(sample.map(agentId)));
  return { records, agents: acted.size, baselines: Object.fromEntries([...baselines].map(([agent, bytes]) => [agent, Buffer.from(bytes).toString("base64")])) };
}

process.stdout.write(`${JSON.stringify(await recompute(JSON.parse(process.argv[2] ?? "") as RecomputePlan))}\n`);
