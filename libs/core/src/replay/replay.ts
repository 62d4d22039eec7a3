/**
 * The detector and the breaker's rule over recorded facts, as one pure fold: what would today's rules have said of these
 * actions? Uses what production uses; only reading and writing are the caller's.
 */
import { agentKey, type Action, type AgentKey, type BreakerRecord, type Finding, type PayloadOf, type Trip } from "@tripline/model";
import { BaselineTable } from "../baseline/baseline-table.ts";
import { Population } from "../baseline/population.ts";
import { initialRecord, transition } from "../breaker/breaker.ts";
import { inspectHardRules } from "../detectors/hard-rules.ts";
import { observe } from "../detectors/observe.ts";
import { Registry, type RegistryTopic } from "../registry/registry.ts";
import { Assessor } from "../risk/assess.ts";
import { countsAnew, newCallWeight, type CallWeight } from "../risk/call-weight.ts";

/** A fact that the registry is folded from. */
export interface RegistryFact<T extends RegistryTopic = RegistryTopic> {
  readonly topic: T;
  readonly payload: PayloadOf<T>;
}

export type ReplayRecord =
  /** `receiveMs`: the record's own timestamp. */
  { readonly kind: "action"; readonly action: Action; readonly receiveMs: number } | ({ readonly kind: "fact" } & RegistryFact);

export interface Replayed {
  readonly actions: number;
  /** Claimed identities: counted, never judged. */
  readonly claimed: number;
  readonly findings: readonly Finding[];
  readonly trips: readonly Trip[];
}

/** Folds records in the order given, which must be that of the log. Breakers stay open once tripped: nothing resets them here. */
export function replay(records: Iterable<ReplayRecord>): Replayed {
  const judge = new Judge();
  for (const record of records) {
    if (record.kind === "fact") judge.learn(record);
    else judge.judge(record.action, record.receiveMs);
  }
  return judge;
}

class Judge implements Replayed {
  actions = 0;
  claimed = 0;
  readonly findings: Finding[] = [];
  readonly trips: Trip[] = [];
  readonly #registry = new Registry();
  readonly #table = new BaselineTable();
  readonly #assessor = new Assessor(this.#table);
  readonly #population = new Population();
  readonly #slots = new Map<AgentKey, number>();
  readonly #breakers = new Map<AgentKey, BreakerRecord>();
  /** Call → how often it counted, the ids of its records, and the hard detectors that reported on it. */
  readonly #calls = new Map<string, { weight: CallWeight; ids: Set<string>; reported: Set<string> }>();

  learn(fact: RegistryFact): void {
    this.#registry.apply(fact.topic, fact.payload);
  }

  judge(action: Action, receiveMs: number): void {
    this.actions += 1;
    if (action.assurance === "claimed") {
      this.claimed += 1;
      return;
    }
    const key = agentKey(action.tenant, action.agent.id);
    const found = this.#inspect(key, action, receiveMs);
    if (found.length === 0) return;
    this.findings.push(...found);
    const record = this.#breakers.get(key) ?? initialRecord(key);
    const { probeActions } = this.#registry.policy(action.tenant);
    const change = transition(record, { kind: "findings", findings: found, receiveMs }, { nowMs: receiveMs, probeActions, foreignSeen: [], massTrip: false });
    if (change.kind !== "changed") return;
    this.#breakers.set(key, change.record);
    // Evidence added to an open breaker extends its trip; it is no second one.
    if (change.tripped !== null && record.position.state !== "open") this.trips.push(change.tripped);
  }

  #inspect(key: AgentKey, action: Action, receiveMs: number): Finding[] {
    const observed = observe(action, receiveMs, this.#registry);
    const context = { registry: this.#registry };
    const name = `${key}\n${action.session ?? ""}\n${action.callId}`;
    const call = this.#calls.get(name) ?? { weight: newCallWeight(), ids: new Set<string>(), reported: new Set<string>() };
    this.#calls.set(name, call);
    const found = countsAnew(call.weight, observed, call.ids.has(action.id))
      ? this.#assessor.assess(observed, this.#slotOf(key), this.#population, context).findings
      : inspectHardRules(observed, context);
    const fresh = found.filter(({ detector }) => !call.reported.has(detector));
    call.ids.add(action.id);
    for (const { detector, weight } of fresh) if (weight === "hard") call.reported.add(detector);
    return fresh;
  }

  #slotOf(key: AgentKey): number {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#table.allocate();
    if (slot === null) throw new RangeError("more agents than a replay holds");
    this.#slots.set(key, slot);
    return slot;
  }
}
