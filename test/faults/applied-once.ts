/**
 * What an agent's baseline must be: the pure rules applied to the log's records of its calls, each once and in order. Compared
 * byte for byte with what the product stored, it tells a record applied twice, never, or out of order from one applied once.
 */
import { Assessor, BaselineTable, type CallWeight, countsAnew, newCallWeight, observe, Population, prepareClassifiers, Registry, REGISTRY_TOPICS, type RegistryTopic } from "@tripline/core";
import type { Action, PayloadOf } from "@tripline/model";
import type { TopicRecord } from "./admin.ts";

export type RegistryRecords = { readonly [T in RegistryTopic]: readonly TopicRecord<PayloadOf<T>>[] };

/**
 * Baselines by agent, for the agents named. All records of a partition are judged, since its agents share a population; those
 * whose breakers were reset are left out of the result: when a reset takes effect among their actions is not in the log.
 */
export async function expectedBaselines(
  actions: readonly TopicRecord<Action>[],
  facts: RegistryRecords,
  agents: ReadonlySet<string>,
): Promise<Map<string, Uint8Array>> {
  await prepareClassifiers();
  const registry = registryOf(facts);
  const table = new BaselineTable(10_000);
  const assessor = new Assessor(table);
  const populations = new Map<number, Population>();
  const slots = new Map<string, number>();
  const calls = new Map<string, { weight: CallWeight; ids: Set<string> }>();
  for (const { partition, timestampMs, value } of inOrder(actions)) {
    if (value.assurance === "claimed") continue;
    const { agent, callId } = value;
    const name = `${agent.id}\n${callId}`;
    const call = calls.get(name) ?? { weight: newCallWeight(), ids: new Set<string>() };
    calls.set(name, call);
    const observed = observe(value, timestampMs, registry);
    const repeat = call.ids.has(value.id);
    call.ids.add(value.id);
    if (!countsAnew(call.weight, observed, repeat)) continue;
    const population = populations.get(partition) ?? new Population();
    populations.set(partition, population);
    const slot = slots.get(agent.id) ?? table.allocate();
    if (slot === null) throw new RangeError("more agents than the table holds");
    slots.set(agent.id, slot);
    assessor.assess(observed, slot, population, { registry });
  }
  return new Map([...slots].filter(([agent]) => agents.has(agent)).map(([agent, slot]) => [agent, table.serialize(slot)]));
}

function registryOf(facts: RegistryRecords): Registry {
  const registry = new Registry();
  for (const topic of REGISTRY_TOPICS) for (const { value } of inOrder<PayloadOf<RegistryTopic>>(facts[topic])) registry.apply(topic, value);
  return registry;
}

function inOrder<T>(records: readonly TopicRecord<T>[]): TopicRecord<T>[] {
  return records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** Agents whose stored baseline is not the expected one. */
export function differingBaselines(expected: ReadonlyMap<string, Uint8Array>, stored: ReadonlyMap<string, Uint8Array>): string[] {
  return [...expected].flatMap(([agent, bytes]) => (Buffer.from(bytes).equals(stored.get(agent) ?? new Uint8Array()) ? [] : [agent]));
}
