/**
 * What an agent's baseline must be: the pure rules applied to the log's records of its calls, each once and in order. Compared
 * byte for byte with what the product stored, it tells a record applied twice, never, or out of order from one applied once.
 */
import {
  Assessor, BaselineTable, type CallWeight, countsAnew, inspectHardRules, newCallWeight, observe, Population, prepareClassifiers, Registry, REGISTRY_TOPICS, type RegistryTopic,
} from "@tripline/core";
import type { Action, Finding, PayloadOf } from "@tripline/model";
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
  const fold = new AppliedOnce(registryOf(facts));
  for (const record of inOrder(actions)) fold.apply(record);
  return fold.baselines(agents);
}

interface KnownCall {
  readonly weight: CallWeight;
  readonly ids: Set<string>;
  /** Detectors whose hard finding on this call was told. */
  readonly reported: Set<string>;
}

/** The same, record by record, each partition's in their order; `prepareClassifiers` first. Nothing is ever forgotten. */
export class AppliedOnce {
  readonly #registry: Registry;
  readonly #table: BaselineTable;
  readonly #assessor: Assessor;
  readonly #populations = new Map<number, Population>();
  readonly #slots = new Map<string, number>();
  readonly #calls = new Map<string, KnownCall>();

  /** `agents`: as many can act, at most. */
  constructor(registry: Registry, agents = 10_000) {
    this.#registry = registry;
    this.#table = new BaselineTable(agents);
    this.#assessor = new Assessor(this.#table);
  }

  /** What the detector must find in it. */
  apply({ partition, timestampMs, value }: Omit<TopicRecord<Action>, "text">): readonly Finding[] {
    if (value.assurance === "claimed") return [];
    const { agent, callId } = value;
    const call = this.#call(`${agent.id}\n${callId}`);
    const observed = observe(value, timestampMs, this.#registry);
    const repeat = call.ids.has(value.id);
    call.ids.add(value.id);
    const anew = countsAnew(call.weight, observed, repeat);
    if (repeat && !anew) return [];
    const context = { registry: this.#registry };
    const found = anew ? this.#assessor.assess(observed, this.#slot(agent.id), this.#population(partition), context).findings : inspectHardRules(observed, context);
    const told = found.filter(({ detector }) => !call.reported.has(detector));
    for (const { detector, weight } of told) if (weight === "hard") call.reported.add(detector);
    return told;
  }

  /** Of the agents named. */
  baselines(agents: ReadonlySet<string>): Map<string, Uint8Array> {
    return new Map([...this.#slots].filter(([agent]) => agents.has(agent)).map(([agent, slot]) => [agent, this.#table.serialize(slot)]));
  }

  #call(name: string): KnownCall {
    const call = this.#calls.get(name) ?? { weight: newCallWeight(), ids: new Set<string>(), reported: new Set<string>() };
    this.#calls.set(name, call);
    return call;
  }

  #population(partition: number): Population {
    const population = this.#populations.get(partition) ?? new Population();
    this.#populations.set(partition, population);
    return population;
  }

  #slot(agent: string): number {
    const slot = this.#slots.get(agent) ?? this.#table.allocate();
    if (slot === null) throw new RangeError("more agents than the table holds");
    this.#slots.set(agent, slot);
    return slot;
  }
}

/** What is known once all of these were read. */
export function registryOf(facts: RegistryRecords): Registry {
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
