/**
 * What the gate decided, as readers of `actions` remember it: the gate's record of a call comes first in the log, then telemetry tells what
 * became of that call. In log order, bounded, and kept with the reader's position, so that a restart knows what was known before. What has
 * been forgotten counts as never allowed.
 */
import { sha256Hex } from "@tripline/canonical";
import { type Action, type AgentKey, agentKey } from "@tripline/model";
import type { Verdict } from "../classify/verdict.ts";

/** What the gate said of the call that a record tells of. */
export interface GateMark {
  readonly outcome: "allow" | "deny" | "hold";
  /** The record shows nothing but operations and targets that this was said of. False: a call id that was used for something else. */
  readonly covers: boolean;
}

/** Calls of one agent; its oldest go first, so that none makes the others' forgotten. */
export const MAX_AGENT_CALLS = 256;
/** Decisions of one partition; beyond, the oldest of the agent that has most of them go: whoever asks much makes nobody else's forgotten. */
export const MAX_DECISIONS = 2_048;
/** Decisions on one call id: held, then allowed; or asked again. */
const MAX_PER_CALL = 8;
/** A decision says nothing of what is reported later than this. */
export const DECISION_MS = 86_400_000;
/** Deeds told apart; of more, all together are one. */
const MAX_DEEDS = 64;
const DEED_DIGITS = 16;

interface Decision {
  readonly outcome: GateMark["outcome"];
  readonly session: string | null;
  readonly deeds: readonly string[];
  readonly atMs: number;
}

/** As it is stored: agents in the order in which they last asked, each with its calls in the order in which they were first decided. */
type Stored = readonly (readonly [AgentKey, readonly (readonly [callId: string, readonly Decision[]])[]])[];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Of one partition. Feed every record to `mark`, in log order. */
export class GateMemory {
  readonly #agents = new Map<AgentKey, Map<string, Decision[]>>();
  /** Decisions held of each agent. */
  readonly #sizes = new Map<AgentKey, number>();
  readonly #capacity: number;
  #size = 0;
  #changed = false;

  constructor(capacity: number = MAX_DECISIONS) {
    this.#capacity = capacity;
  }

  /** Decisions held. */
  get size(): number {
    return this.#size;
  }

  /** Notes the gate's own decision; of any other record, what the gate had said of its call by then. Null where it had said nothing. */
  mark(action: Action, verdicts: readonly Verdict[], receiveMs: number): GateMark | null {
    const isDecision = action.source.signal === "gate" && action.decision !== null;
    if (!isDecision) return this.#size === 0 ? null : this.#said(action, verdicts, receiveMs);
    if (action.assurance !== "claimed") this.#note(action, verdicts, receiveMs);
    return null;
  }

  /** For the checkpoint; null where nothing changed since the last call. */
  takeChanged(nowMs: number): Uint8Array | null {
    if (!this.#changed) return null;
    this.#changed = false;
    const stored: Stored = Array.from(this.#agents, ([key, calls]) => [key, Array.from(calls, ([callId, all]) => [callId, all.filter((one) => nowMs - one.atMs <= DECISION_MS)] as const)] as const);
    return encoder.encode(JSON.stringify(stored));
  }

  /** What could not be written is still to be written. */
  putBack(): void {
    this.#changed = true;
  }

  /** Adds what a checkpoint holds. `unusable`: it is not what this version writes; then nothing of it is known. */
  restore(value: Uint8Array): "restored" | "unusable" {
    try {
      const stored = JSON.parse(decoder.decode(value)) as Stored;
      for (const [key, calls] of stored) for (const [callId, all] of calls) for (const one of all) this.#add(key, callId, checked(one));
      return "restored";
    } catch {
      return "unusable";
    }
  }

  #note(action: Action, verdicts: readonly Verdict[], atMs: number): void {
    const { outcome } = action.decision!;
    const deeds = deedsOf(verdicts);
    const key = agentKey(action.tenant, action.agent.id);
    // An allowed read excuses nothing, unless the same call was refused before: most decisions are such, and take no room.
    if (deeds.length === 0 && outcome === "allow" && this.#agents.get(key)?.has(action.callId) !== true) return;
    this.#add(key, action.callId, { outcome, session: action.session, deeds, atMs });
    this.#changed = true;
  }

  #add(key: AgentKey, callId: string, decision: Decision): void {
    const calls = this.#agents.get(key) ?? new Map<string, Decision[]>();
    this.#agents.delete(key);
    this.#agents.set(key, calls);
    const known = calls.get(callId) ?? [];
    // Newest last, and each thing that was decided once: approved after it was held, it is held no more.
    const kept = [...known.filter((one) => one.session !== decision.session || !sameDeeds(one.deeds, decision.deeds)), decision].slice(-MAX_PER_CALL);
    calls.set(callId, kept);
    this.#count(key, kept.length - known.length);
    if (calls.size > MAX_AGENT_CALLS) this.#forgetOldest(key);
    while (this.#size > this.#capacity) this.#forgetOldest(this.#busiest());
  }

  /** Of equals, whoever asked longest ago. */
  #busiest(): AgentKey {
    let [busiest] = this.#agents.keys();
    for (const key of this.#agents.keys()) if (this.#sizes.get(key)! > this.#sizes.get(busiest!)!) busiest = key;
    return busiest!;
  }

  #forgetOldest(key: AgentKey): void {
    const calls = this.#agents.get(key)!;
    const [callId, decisions] = calls.entries().next().value!;
    calls.delete(callId);
    this.#count(key, -decisions.length);
    if (calls.size > 0) return;
    this.#agents.delete(key);
    this.#sizes.delete(key);
  }

  #count(key: AgentKey, more: number): void {
    this.#size += more;
    this.#sizes.set(key, (this.#sizes.get(key) ?? 0) + more);
  }

  #said({ tenant, agent, callId, session }: Action, verdicts: readonly Verdict[], receiveMs: number): GateMark | null {
    const all = this.#agents.get(agentKey(tenant, agent.id))?.get(callId);
    // Some runtimes number the calls of each session from zero.
    const own = all?.filter((one) => receiveMs - one.atMs <= DECISION_MS && (one.session === null || session === null || one.session === session)) ?? [];
    if (own.length === 0) return null;
    const deeds = deedsOf(verdicts);
    const covering = own.filter((one) => includesAll(one.deeds, deeds));
    const said = covering.findLast(({ outcome }) => outcome === "allow") ?? covering.at(-1);
    if (said !== undefined) return { outcome: said.outcome, covers: true };
    // Of a call that was never allowed in any form, whatever is reported was not allowed.
    return { outcome: own.findLast(({ outcome }) => outcome === "allow")?.outcome ?? own.at(-1)!.outcome, covers: false };
  }
}

/** Everything with a side effect that the verdicts name, by operation and by what it touches. Environments are no part of it: the inventory may learn them meanwhile. */
function deedsOf(verdicts: readonly Verdict[]): readonly string[] {
  const deeds = new Set<string>();
  for (const { effect, operation, targets } of verdicts) {
    if (effect === "read") continue;
    deeds.add(deed([operation]));
    for (const { kind, id } of targets) deeds.add(deed([operation, kind, id]));
  }
  const all = [...deeds].toSorted();
  return all.length <= MAX_DEEDS ? all : [deed(all)];
}

const deed = (parts: readonly string[]): string => sha256Hex(JSON.stringify(parts)).slice(0, DEED_DIGITS);

const includesAll = (decided: readonly string[], shown: readonly string[]): boolean => shown.every((one) => decided.includes(one));
const sameDeeds = (one: readonly string[], other: readonly string[]): boolean => one.length === other.length && includesAll(one, other);

/** @throws for what no checkpoint of ours holds */
function checked({ outcome, session, deeds, atMs }: Decision): Decision {
  const isOurs = ["allow", "deny", "hold"].includes(outcome) && (session === null || typeof session === "string") && Number.isFinite(atMs) && Array.isArray(deeds) && deeds.every((one) => typeof one === "string");
  if (!isOurs) throw new TypeError("not a stored decision");
  return { outcome, session, deeds, atMs };
}
