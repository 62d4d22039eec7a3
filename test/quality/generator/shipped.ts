/** The generator that comes with the protocol. Parameters vary widely from agent to agent, all drawn from the seed. */
import type { Action, Grant } from "@tripline/model";
import { Random } from "../random.ts";
import { attackDelete, type Call, destructiveCall, newTool, ordinaryCall, type Trade, TRADES, volumeDelete } from "./calls.ts";
import type { Attack, Facts, Generator, Rise, SimulatedAction, SimulatedAgent, Style } from "./generator.ts";
import { pace } from "./pace.ts";

const TENANT = "sim";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CLIMB_PER_DAY = 0.05;
const CLIMB_FROM = 20;
const BURST_DELETES = 100;
const BURST_MS = 9_000;

interface Profile {
  readonly id: string;
  readonly style: Style;
  readonly trade: Trade;
  readonly perHour: number;
  /** Share of destructive calls, all told. */
  readonly share: number;
  /** Mean size of the clusters that destructive calls come in. */
  readonly cluster: number;
  readonly sessionCalls: number;
  /** Share of calls reported twice, as attempt and as result. */
  readonly twoPhase: boolean;
}

function profileOf(style: Style, seed: number, random: Random): Profile {
  const fast = random.chance(0.06);
  return {
    id: `${style}-${seed}`,
    style,
    trade: random.pick(TRADES),
    perHour: fast ? random.between(40, 120) : random.between(20, 22),
    share: random.between(0.01, 0.02),
    cluster: random.chance(0.3) ? random.between(1.2, 3) : 1,
    sessionCalls: random.between(10, 60),
    twoPhase: random.chance(0.15),
  };
}

function factsOf({ id, trade }: Profile): Facts {
  const common = { v: 1 as const, version: 1, tenant: TENANT, atMs: 0 };
  const grant: Grant = {
    ...common, id: `grant-${id}`, agent: id, task: null, environments: ["staging"], operations: [], resources: [], effects: [], irreversible: [], expiresAtMs: null,
  };
  return {
    agents: [{ ...common, agent: id, role: trade, owner: "platform", environment: "staging", status: "active" }],
    grants: [grant, { ...grant, id: `scratch-${id}`, resources: ["scratch_*"], irreversible: ["sql.drop-table"] }],
    credentials: [],
    resources: [],
    policies: [],
  };
}

/** One agent's calls, session by session. */
class Worker {
  readonly #profile: Profile;
  readonly #random: Random;
  #session = 0;
  #left = 0;
  #newToolAt = -1;
  #cluster = 0;
  #calls = 0;

  constructor(profile: Profile, random: Random) {
    this.#profile = profile;
    this.#random = random;
  }

  /** The next call at `atMs`, destructive with probability `share`. */
  next(share: number): Call {
    const { sessionCalls, trade, cluster } = this.#profile;
    const random = this.#random;
    if (this.#left <= 0) {
      this.#session += 1;
      this.#left = random.geometric(sessionCalls);
      this.#newToolAt = random.chance(0.05) ? random.below(this.#left) : -1;
    }
    this.#left -= 1;
    if (this.#left === this.#newToolAt) return newTool(random);
    if (this.#cluster > 0) {
      this.#cluster -= 1;
      return destructiveCall(trade, random);
    }
    if (!random.chance(share / cluster)) return ordinaryCall(trade, random);
    this.#cluster = cluster > 1 ? random.geometric(cluster) - 1 : 0;
    return destructiveCall(trade, random);
  }

  /** The records that the call leaves: its result, and for some agents its attempt before. */
  *records(call: Call, atMs: number, attackCall: number, tooLate: boolean): Generator_ {
    this.#calls += 1;
    const callId = `${this.#profile.id}-${this.#calls}`;
    const session = `${this.#profile.id}-s${this.#session}`;
    if (this.#profile.twoPhase) yield { action: actionOf(this.#profile, call, callId, session, "attempt", atMs), attackCall, tooLate };
    yield { action: actionOf(this.#profile, call, callId, session, "result", atMs + 20), attackCall, tooLate };
  }
}
type Generator_ = globalThis.Generator<SimulatedAction, void>;

const DIGEST = "0".repeat(64);

function actionOf({ id, trade }: Profile, call: Call, callId: string, session: string, phase: "attempt" | "result", eventMs: number): Action {
  const captured = (text: string) => ({ text, fullBytes: text.length, truncated: false, digest: DIGEST });
  return {
    v: 1, id: `${callId}:${phase}`, callId, tenant: TENANT,
    agent: { id, name: null, version: "1.4.2", role: trade, runtime: "simulated" },
    assurance: "channel", claimedAgent: null, session, parentSession: null, task: null, phase, eventMs,
    tool: call.tool, operation: null, request: call.request, inputs: call.inputs === null ? null : captured(call.inputs),
    outputs: phase === "result" ? captured("done") : null, provenance: {}, resource: null, credentials: [], environment: "staging",
    outcome: phase === "result" ? { status: "ok", errorType: null } : null, decision: null, reasoning: null,
    source: { dialect: "otel-genai", signal: "trace", traceId: null, spanId: null, parentSpanId: null },
  };
}

function* benignActions(profile: Profile, hours: number, seed: number, startMs: number): Generator_ {
  const random = new Random(seed + 1);
  const worker = new Worker(profile, random);
  for (const atMs of pace(profile.style, profile.perHour, new Random(seed + 2), startMs)) {
    if (atMs >= startMs + hours * HOUR_MS) return;
    yield* worker.records(worker.next(profile.share), atMs, 0, false);
  }
}

function* burstActions(profile: Profile, historyHours: number, seed: number, startMs: number): Generator_ {
  yield* benignActions(profile, historyHours, seed, startMs);
  const random = new Random(seed + 3);
  const worker = new Worker({ ...profile, id: profile.id, twoPhase: profile.twoPhase }, random);
  const from = Math.round(startMs + historyHours * HOUR_MS);
  for (let index = 0; index < BURST_DELETES; index += 1) {
    for (const record of worker.records(attackDelete(profile.trade, random, index), from + Math.round((index * BURST_MS) / BURST_DELETES), index + 1, index >= 5)) {
      yield { ...record, action: { ...record.action, id: `burst-${record.action.id}`, callId: `burst-${record.action.callId}` } };
    }
  }
}

function* volumeActions(profile: Profile, historyHours: number, seed: number, startMs: number): Generator_ {
  yield* benignActions(profile, historyHours, seed, startMs);
  const random = new Random(seed + 3);
  const worker = new Worker(profile, random);
  for (const record of worker.records(volumeDelete(`vol-${seed}`, random), Math.round(startMs + historyHours * HOUR_MS), 1, false)) {
    yield { ...record, action: { ...record.action, id: `volume-${record.action.id}`, callId: `volume-${record.action.callId}` } };
  }
}

/** Destructive calls stay at `perDay` a day through the history, then grow day by day; the total does not change. */
function* climbActions(profile: Profile, { historyDays, perDay: from, growthPerDay }: Rise, seed: number, startMs: number): Generator_ {
  const worker = new Worker(profile, new Random(seed + 1));
  const risesMs = Math.round(startMs + historyDays * DAY_MS);
  for (const atMs of pace(profile.style, profile.perHour, new Random(seed + 2), startMs)) {
    const day = Math.floor((atMs - risesMs) / DAY_MS);
    const perDay = day < 0 ? from : from * (1 + growthPerDay) ** day;
    const tooLate = perDay >= 2 * from;
    yield* worker.records(worker.next(perDay / (24 * profile.perHour)), atMs, Math.max(0, day), tooLate);
    if (tooLate) return;
  }
}

function agentOf(profile: Profile, hours: number, actions: (startMs: number) => Generator_): SimulatedAgent {
  return { tenant: TENANT, agent: profile.id, facts: factsOf(profile), hours, actions };
}

export const generator: Generator = {
  name: "shipped",
  benign(style: Style, seed: number, hours: number): SimulatedAgent {
    const profile = profileOf(style, seed, new Random(seed));
    return agentOf(profile, hours, (startMs) => benignActions(profile, hours, seed, startMs));
  },
  attack(attack: Attack, style: Style, seed: number): SimulatedAgent {
    const random = new Random(seed);
    const profile = { ...profileOf(style, seed, random), id: `${attack}-${style}-${seed}` };
    switch (attack) {
      case "metronome-burst":
        return agentOf({ ...profile, style: "metronome" }, 0, (startMs) => burstActions({ ...profile, style: "metronome" }, random.between(24, 120), seed, startMs));
      case "volume-delete":
        return agentOf(profile, 0, (startMs) => volumeActions(profile, random.between(0, 48), seed, startMs));
      case "climb": {
        // Twenty destructive calls a day that are 1.6 to 2 % of all: 1,000 to 1,250 calls a day.
        const climber = { ...profile, perHour: CLIMB_FROM / random.between(0.016, 0.02) / 24, cluster: 1, twoPhase: false };
        const rise = { historyDays: random.between(10, 18), perDay: CLIMB_FROM, growthPerDay: CLIMB_PER_DAY };
        return agentOf(climber, 0, (startMs) => climbActions(climber, rise, seed, startMs));
      }
    }
  },
  rising(style: Style, seed: number, rise: Rise): SimulatedAgent {
    const random = new Random(seed);
    // Destructive calls are 4 to 8 % of what a janitor does.
    const profile = { ...profileOf(style, seed, random), id: `rising-${style}-${seed}`, perHour: rise.perDay / random.between(0.04, 0.08) / 24, cluster: 1, twoPhase: false };
    return agentOf(profile, 0, (startMs) => climbActions(profile, rise, seed, startMs));
  },
};
