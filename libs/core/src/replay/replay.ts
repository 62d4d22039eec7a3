/**
 * The detector and the breaker's rule over recorded facts, as one pure fold: what would today's rules, under this or another
 * policy, have said of these actions? Uses what production uses; only reading and writing are the caller's.
 */
import { type Action, type AgentKey, agentKey, type BreakerRecord, type Command, type Finding, type PayloadOf, type Policy, type Trip } from "@tripline/model";
import { BaselineTable } from "../baseline/baseline-table.ts";
import { Population } from "../baseline/population.ts";
import { initialRecord, transition } from "../breaker/breaker.ts";
import { GateMemory } from "../gate-memory/gate-memory.ts";
import { SessionFiles } from "../classify/written-files.ts";
import type { Classification } from "../classify/verdict.ts";
import type { Observed } from "../detectors/detector.ts";
import { gateCoverage } from "../detectors/gate-bypass.ts";
import { wasRefusedAtGate } from "../detectors/gate-answer.ts";
import { inspectHardRules } from "../detectors/hard-rules.ts";
import { observe } from "../detectors/observe.ts";
import { DEFAULT_POLICY, Registry, type RegistryTopic } from "../registry/registry.ts";
import { Assessor } from "../risk/assess.ts";
import { type Call, CallMemory } from "../risk/call-memory.ts";
import { countsAnew } from "../risk/call-weight.ts";

/** A fact that the registry is folded from. */
export interface RegistryFact<T extends RegistryTopic = RegistryTopic> {
  readonly topic: T;
  readonly payload: PayloadOf<T>;
}

export type ReplayRecord =
  /** `receiveMs`: the record's own timestamp. `partition`: where it lay in the log; absent where that is not known. */
  | { readonly kind: "action"; readonly action: Action; readonly receiveMs: number; readonly partition?: number }
  | ({ readonly kind: "fact" } & RegistryFact)
  /** What a human ordered then. Only resets are followed: holds and orders to trip are no matter of a policy. */
  | { readonly kind: "order"; readonly command: Command; readonly receiveMs: number };

/** The keys of a policy that a replay can be run under. */
export type PolicyChange = { readonly budget?: Partial<Policy["budget"]> } & Partial<Pick<Policy, "massTripShare" | "massTripMinimum" | "massTripWindowMs" | "probeActions">>;

export interface ReplayOptions {
  /** Holds instead of what was recorded, and for tenants of which no policy was. */
  readonly policy?: PolicyChange;
  /** Whoever trips is reset at once, as by a human who sees that it was false: so later trips are counted as well. */
  readonly resetsAtOnce?: boolean;
}

/** What became of one action. */
export interface Judged {
  /** Null for a claimed identity: counted, never judged. */
  readonly observed: Observed | null;
  /** The first record of its call. */
  readonly newCall: boolean;
  /** Judged against the baseline: it told something that no earlier record of its call had told. */
  readonly counted: boolean;
  readonly findings: readonly Finding[];
  /** The breaker opened at this action. */
  readonly tripped: Trip | null;
  /** The breaker was open already: nothing of this would have passed. */
  readonly open: boolean;
}

/** Records over which calls are recognised where it is not known how the log was partitioned: as many as a log of 48 partitions spans. */
const UNPARTITIONED_CALL_RECORDS = 48_000;
const UNPARTITIONED = -1;
const NOT_JUDGED: Judged = { observed: null, newCall: false, counted: false, findings: [], tripped: null, open: false };
const NOTHING: readonly Finding[] = [];

/** What the detector keeps per partition. */
interface Lane {
  readonly calls: CallMemory;
  readonly population: Population;
  readonly files: SessionFiles;
  readonly gates: GateMemory;
}

/**
 * Judges records one after the other, in the order of the log within an agent, and of time between facts and actions. Memory grows with
 * agents and with what is registered, not with actions.
 */
export class Replayer {
  readonly registry = new Registry();
  readonly #policy: PolicyChange | undefined;
  readonly #resetsAtOnce: boolean;
  readonly #table = new BaselineTable();
  readonly #assessor = new Assessor(this.#table);
  readonly #lanes = new Map<number, Lane>();
  readonly #slots = new Map<AgentKey, number>();
  readonly #breakers = new Map<AgentKey, BreakerRecord>();
  readonly #tenants = new Set<string>();

  constructor({ policy, resetsAtOnce }: ReplayOptions = {}) {
    this.#policy = policy;
    this.#resetsAtOnce = resetsAtOnce === true;
  }

  learn(fact: RegistryFact): void {
    const { topic } = fact;
    if (topic === "policies") this.#stated(fact.payload as Policy);
    else this.registry.apply(fact.topic, fact.payload);
  }

  /** A human's order, as it was recorded. What it finds here may not be what it found then: a breaker that never opened is not reset. */
  order(command: Command, receiveMs: number): void {
    if (command.kind !== "reset" || command.agent === null || this.#resetsAtOnce) return;
    const key = agentKey(command.tenant, command.agent);
    const record = this.#breakers.get(key);
    if (record === undefined) return;
    const { probeActions } = this.registry.policy(command.tenant);
    const change = transition(record, { kind: "command", command, receiveMs }, { nowMs: receiveMs, probeActions, foreignSeen: [], massTrip: false });
    if (change.kind !== "changed") return;
    this.#breakers.set(key, change.record);
    this.#accept(key);
  }

  /** `classified`: what `SessionFiles` says of this action, where several replays share it. */
  judge(action: Action, receiveMs: number, partition: number = UNPARTITIONED, classified?: Classification): Judged {
    if (action.assurance === "claimed") return NOT_JUDGED;
    if (!this.#tenants.has(action.tenant)) this.#stated({ ...DEFAULT_POLICY, tenant: action.tenant, atMs: 0 });
    const key = agentKey(action.tenant, action.agent.id);
    const lane = this.#laneOf(partition);
    const observed = observe(action, receiveMs, this.registry, classified ?? lane.files.classify(key, action.session ?? "", action), lane.gates);
    const { kind, call } = lane.calls.note(key, action.session ?? "", action.callId, action.id);
    const counted = countsAnew(call, observed, kind === "repeat");
    const known = this.#breakers.get(key);
    const open = known?.position.state === "open";
    const findings = kind === "repeat" && !counted ? NOTHING : this.#inspect(key, observed, call, counted, lane.population);
    const tripped = findings.length === 0 && known?.position.state !== "probing" ? null : this.#tripped(key, observed, findings, counted);
    return { observed, newCall: kind === "first", counted, findings, tripped, open };
  }

  #stated(policy: Policy): void {
    this.#tenants.add(policy.tenant);
    const budget = { ...policy.budget, ...this.#policy?.budget };
    this.registry.apply("policies", { ...policy, ...this.#policy, budget });
  }

  #inspect(key: AgentKey, observed: Observed, call: Call, counted: boolean, population: Population): readonly Finding[] {
    const context = { registry: this.registry };
    const isJudged = counted || gateCoverage.inspect(observed, null, context).length > 0;
    const found = isJudged ? this.#assessor.assess(observed, this.#slotOf(key), population, context).findings : inspectHardRules(observed, context);
    if (found.length === 0) return NOTHING;
    const fresh = found.filter(({ detector }) => !call.reported.includes(detector));
    for (const { detector, weight } of fresh) if (weight === "hard") call.reported = [...call.reported, detector];
    return fresh;
  }

  #tripped(key: AgentKey, observed: Observed, findings: readonly Finding[], counted: boolean): Trip | null {
    const { action, receiveMs, classification } = observed;
    const { probeActions } = this.registry.policy(action.tenant);
    const context = { nowMs: receiveMs, probeActions, foreignSeen: [], massTrip: false };
    let record = this.#breakers.get(key) ?? initialRecord(key);
    const wasOpen = record.position.state === "open";
    let trip: Trip | null = null;
    if (findings.length > 0) {
      const change = transition(record, { kind: "findings", findings, receiveMs }, context);
      if (change.kind === "changed") ({ record, tripped: trip } = change);
    }
    if (record.position.state === "probing" && !wasRefusedAtGate(observed)) {
      const readOnly = classification.verdicts.every(({ effect }) => effect === "read");
      const change = !readOnly || counted ? transition(record, { kind: "action", actionId: action.id, readOnly, receiveMs }, context) : null;
      if (change?.kind === "changed") ({ record, tripped: trip } = change);
    }
    this.#breakers.set(key, record);
    // Evidence added to an open breaker extends its trip; it is no second one.
    if (trip === null || wasOpen) return null;
    if (this.#resetsAtOnce) {
      this.#breakers.set(key, { ...initialRecord(key), generation: record.generation + 1, resetAtMs: receiveMs + 1 });
      this.#accept(key);
    }
    return trip;
  }

  #accept(key: AgentKey): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.#assessor.accept(slot);
  }

  #laneOf(partition: number): Lane {
    const known = this.#lanes.get(partition);
    if (known !== undefined) return known;
    const isAll = partition === UNPARTITIONED;
    const calls = isAll ? new CallMemory(UNPARTITIONED_CALL_RECORDS) : new CallMemory();
    const lane: Lane = { calls, population: new Population(), files: new SessionFiles(), gates: isAll ? new GateMemory(UNPARTITIONED_CALL_RECORDS) : new GateMemory() };
    this.#lanes.set(partition, lane);
    return lane;
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

export interface Replayed {
  readonly actions: number;
  /** Claimed identities: counted, never judged. */
  readonly claimed: number;
  readonly findings: readonly Finding[];
  readonly trips: readonly Trip[];
}

/** Folds records that fit in memory, and keeps everything found. Breakers stay open once tripped, unless an order to reset is among the records. */
export function replay(records: Iterable<ReplayRecord>, options: ReplayOptions = {}): Replayed {
  const replayer = new Replayer(options);
  const findings: Finding[] = [];
  const trips: Trip[] = [];
  let actions = 0;
  let claimed = 0;
  for (const record of records) {
    if (record.kind === "fact") replayer.learn(record);
    else if (record.kind === "order") replayer.order(record.command, record.receiveMs);
    else {
      const judged = replayer.judge(record.action, record.receiveMs, record.partition);
      actions += 1;
      if (judged.observed === null) claimed += 1;
      findings.push(...judged.findings);
      if (judged.tripped !== null) trips.push(judged.tripped);
    }
  }
  return { actions, claimed, findings, trips };
}
