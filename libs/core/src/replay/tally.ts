/** What a replay is asked for, counted as it runs: trips with what ran before them and after, alerts, hours of agents. Bounded memory. */
import { agentKey, type AgentKey, type Command, type Finding, type Trip } from "@tripline/model";
import { agentHours } from "../baseline/agent-hours.ts";
import { isDestructive, isIrreversible } from "../detectors/evidence.ts";
import type { Observed } from "../detectors/detector.ts";
import type { Judged } from "./replay.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What an agent destroyed within this time before its trip counts as lost to the same incident. */
export const INCIDENT_MS = HOUR_MS;
/** Trips described; those beyond are counted. */
export const MAX_TRIPS = 10_000;
/** Destructive calls of one agent remembered for the trip that may follow. */
const MAX_RECENT = 1_024;
/** Operations named of what was lost and of what was kept, each. */
const MAX_NAMED = 5;

export interface Damage {
  readonly destructive: number;
  readonly irreversible: number;
  /** The first of them, as `operation target`. */
  readonly first: readonly string[];
}

export interface ReplayedTrip {
  readonly tenant: string;
  readonly agent: string;
  readonly atMs: number;
  readonly cause: Trip["cause"]["kind"];
  /** Rule of the strongest evidence. */
  readonly rule: string;
  readonly summary: string;
  readonly actionId: string | null;
  readonly evidence: readonly Finding[];
  /** Whether the call that tripped it was reported before it ran: then a gate in line would have kept it from running. */
  readonly reported: "before-it-ran" | "after-it-ran";
  /** Destructive calls of the hour before, the one that tripped it included if it had run. */
  readonly before: Damage;
  /** Destructive calls from then on, until a reset or the end: refused, had the breaker been open. */
  readonly after: Damage;
  /** Of the first order to reset that came after it; null where none did. */
  readonly reset: { readonly atMs: number; readonly by: string; readonly reason: string } | null;
}

interface Spoil {
  atMs: number;
  irreversible: boolean;
  name: string;
}

interface OpenDamage {
  destructive: number;
  irreversible: number;
  readonly first: string[];
}

interface AgentTally {
  readonly firstMs: number;
  lastMs: number;
  /** Days since `firstMs` on which it acted, and the newest of them. */
  days: number;
  day: number;
  recent: Spoil[];
  /** Where this agent's trips lie in `trips` and wait for a reset. */
  waiting: number[];
}

/** What a tally says, as plain data: of one replay, or of several that judged a part of the partitions each. */
export interface ReplayCounts {
  readonly actions: number;
  /** Calls, however many records each has. */
  readonly calls: number;
  readonly claimed: number;
  /** Calls with a soft finding within the budget of alerts. */
  readonly alerts: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly tripCount: number;
  /** By detector, in the order of their names. */
  readonly findings: ReadonlyMap<string, number>;
  /** The first `MAX_TRIPS`, in order of time. */
  readonly trips: readonly ReplayedTrip[];
  readonly agents: number;
  /** What an alarm budget is stated in, of all agents together. */
  readonly agentHours: number;
}

type Mutable = { -readonly [K in keyof ReplayedTrip]: ReplayedTrip[K] } & { readonly after: OpenDamage };

export class ReplayTally implements ReplayCounts {
  actions = 0;
  calls = 0;
  claimed = 0;
  alerts = 0;
  firstMs = 0;
  lastMs = 0;
  tripCount = 0;
  readonly findings = new Map<string, number>();
  readonly #trips: Mutable[] = [];
  readonly #agents = new Map<AgentKey, AgentTally>();
  readonly #opened = new Map<AgentKey, Mutable>();

  /** Of the actions, in the order in which they were judged. */
  note(judged: Judged, receiveMs: number): void {
    this.actions += 1;
    if (this.firstMs === 0 || receiveMs < this.firstMs) this.firstMs = receiveMs;
    if (receiveMs > this.lastMs) this.lastMs = receiveMs;
    const { observed } = judged;
    if (observed === null) {
      this.claimed += 1;
      return;
    }
    if (judged.newCall) this.calls += 1;
    const key = agentKey(observed.action.tenant, observed.action.agent.id);
    const agent = this.#agentOf(key, observed.atMs);
    this.#noteFindings(judged);
    const spoil = judged.counted ? spoilOf(observed) : null;
    if (judged.tripped !== null) this.#open(key, agent, judged.tripped, observed, spoil);
    else if (spoil !== null) this.#noteSpoil(key, agent, spoil, judged.open);
  }

  /** A human's recorded order to reset: ends what is counted as kept, and says what the human made of the trip. */
  reset({ tenant, agent, by, reason }: Command, atMs: number): void {
    if (agent === null) return;
    const key = agentKey(tenant, agent);
    for (const at of this.#agents.get(key)?.waiting.splice(0) ?? []) this.#trips[at]!.reset = { atMs, by, reason };
    this.#opened.delete(key);
  }

  get trips(): readonly ReplayedTrip[] {
    return this.#trips;
  }

  get agents(): number {
    return this.#agents.size;
  }

  get agentHours(): number {
    // In whole milliseconds, so that the sum is the same in whatever order and in how many parts it is made.
    let wholeMs = 0;
    for (const { firstMs, lastMs, days, day } of this.#agents.values()) wholeMs += Math.round(agentHours(days, lastMs - firstMs - day * DAY_MS) * HOUR_MS);
    return wholeMs / HOUR_MS;
  }

  #agentOf(key: AgentKey, atMs: number): AgentTally {
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = { firstMs: atMs, lastMs: atMs, days: 1, day: 0, recent: [], waiting: [] };
      this.#agents.set(key, agent);
      return agent;
    }
    if (atMs <= agent.lastMs) return agent;
    agent.lastMs = atMs;
    const day = Math.floor((atMs - agent.firstMs) / DAY_MS);
    if (day > agent.day) {
      agent.day = day;
      agent.days += 1;
    }
    return agent;
  }

  #noteFindings({ findings }: Judged): void {
    // As the policy counts them, and as the notifier tells them.
    if (findings.some(({ alert }) => alert === true)) this.alerts += 1;
    for (const { detector } of findings) this.findings.set(detector, (this.findings.get(detector) ?? 0) + 1);
  }

  #open(key: AgentKey, agent: AgentTally, trip: Trip, observed: Observed, spoil: Spoil | null): void {
    this.tripCount += 1;
    const { action } = observed;
    const reported = action.phase === "attempt" || action.phase === "decision" ? "before-it-ran" : "after-it-ran";
    const since = observed.atMs - INCIDENT_MS;
    const before = agent.recent.filter(({ atMs }) => atMs >= since);
    if (spoil !== null && reported === "after-it-ran") before.push(spoil);
    agent.recent = [];
    if (this.#trips.length >= MAX_TRIPS) return;
    const after: OpenDamage = { destructive: 0, irreversible: 0, first: [] };
    if (spoil !== null && reported === "before-it-ran") count(after, spoil);
    const strongest = trip.findings.find(({ weight }) => weight === "hard") ?? trip.findings[0];
    const one: Mutable = {
      tenant: trip.tenant, agent: trip.agent, atMs: trip.atMs, cause: trip.cause.kind, rule: strongest?.rule ?? trip.cause.kind, summary: trip.summary,
      actionId: strongest?.actionId ?? action.id, evidence: trip.findings, reported, before: damageOf(before), after, reset: null,
    };
    agent.waiting.push(this.#trips.push(one) - 1);
    this.#opened.set(key, one);
  }

  #noteSpoil(key: AgentKey, agent: AgentTally, spoil: Spoil, open: boolean): void {
    const trip = open ? this.#opened.get(key) : undefined;
    if (trip !== undefined) return count(trip.after, spoil);
    while (agent.recent.length > 0 && (agent.recent.length >= MAX_RECENT || agent.recent[0]!.atMs < spoil.atMs - INCIDENT_MS)) agent.recent.shift();
    agent.recent.push(spoil);
  }
}

/** Together, what replays of different agents counted; of one, a copy that can be sent elsewhere. */
export function countsOf(parts: readonly ReplayCounts[]): ReplayCounts {
  const sum = (of: (part: ReplayCounts) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const acted = parts.filter(({ actions }) => actions > 0);
  const findings = new Map<string, number>();
  for (const part of parts) for (const [detector, found] of part.findings) findings.set(detector, (findings.get(detector) ?? 0) + found);
  return {
    actions: sum(({ actions }) => actions),
    calls: sum(({ calls }) => calls),
    claimed: sum(({ claimed }) => claimed),
    alerts: sum(({ alerts }) => alerts),
    firstMs: acted.length === 0 ? 0 : Math.min(...acted.map(({ firstMs }) => firstMs)),
    lastMs: Math.max(0, ...acted.map(({ lastMs }) => lastMs)),
    tripCount: sum(({ tripCount }) => tripCount),
    findings: new Map([...findings].toSorted(([one], [other]) => (one < other ? -1 : 1))),
    trips: parts.flatMap(({ trips }) => trips).toSorted(inTime).slice(0, MAX_TRIPS),
    agents: sum(({ agents }) => agents),
    agentHours: sum(({ agentHours: hours }) => Math.round(hours * HOUR_MS)) / HOUR_MS,
  };
}

/** Of trips at the same time, by agent: which was judged first depends on how many judged beside each other. */
function inTime(one: ReplayedTrip, other: ReplayedTrip): number {
  if (one.atMs !== other.atMs) return one.atMs - other.atMs;
  const [a, b] = [agentKey(one.tenant, one.agent), agentKey(other.tenant, other.agent)];
  return a === b ? 0 : a < b ? -1 : 1;
}

function spoilOf({ classification, atMs }: Observed): Spoil | null {
  const worst = classification.verdicts.find(isIrreversible) ?? classification.verdicts.find(isDestructive);
  if (worst === undefined) return null;
  return { atMs, irreversible: isIrreversible(worst), name: `${worst.operation} ${worst.targets[0]?.id ?? ""}`.trimEnd().slice(0, 120) };
}

function count(damage: OpenDamage, { irreversible, name }: Spoil): void {
  damage.destructive += 1;
  if (irreversible) damage.irreversible += 1;
  if (damage.first.length < MAX_NAMED) damage.first.push(name);
}

function damageOf(spoils: readonly Spoil[]): Damage {
  const damage: OpenDamage = { destructive: 0, irreversible: 0, first: [] };
  for (const spoil of spoils) count(damage, spoil);
  return damage;
}
