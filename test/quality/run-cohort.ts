/**
 * Runs simulated agents through the shipped pipeline on virtual time: memory log → detector service → findings → the breaker's
 * rule. Nothing of the detector is replaced; only time is.
 */
import { initialRecord, transition } from "@tripline/core";
import { createDetector } from "@tripline/detector";
import { type EventLog, openMemoryLog } from "@tripline/event-log";
import { agentKey, type AgentKey, type BreakerRecord, decode, encode, type FactTopic } from "@tripline/model";
import { createLogger, createMetrics } from "@tripline/runtime";
import { openStore } from "@tripline/store";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Facts, SimulatedAction, SimulatedAgent } from "./generator/generator.ts";

/** Virtual time passes in steps shorter than the oldest event that windows accept, so that nothing is clamped. */
const STEP_MS = 4 * 60_000;
/** Any Monday. */
export const START_MS = Date.UTC(2026, 0, 5);
/** Agents of a cohort run side by side, in few partitions: their order within one is kept, as in production. */
const PARTITIONS = 4;
const RETAIN_RECORDS = 4_000;

export interface TripSeen {
  readonly agent: string;
  readonly summary: string;
  readonly kind: string;
  readonly atMs: number;
  /** Attack call behind it, 0 while benign. */
  readonly attackCall: number;
  readonly tooLate: boolean;
}

export interface CohortResult {
  readonly trips: readonly TripSeen[];
  readonly actions: number;
  /** Findings that were worth an alert below a trip. */
  readonly alerts: number;
  readonly hours: number;
}

/** An agent that trips in its attack acts no more; one that trips while benign is reset by a human at once, and goes on. */
export async function runCohort(agents: readonly SimulatedAgent[]): Promise<CohortResult> {
  const dir = await mkdtemp(join(tmpdir(), "tripline-quality-"));
  let nowMs = START_MS;
  const clock = (): number => nowMs;
  const metrics = createMetrics();
  const eventLog = await openMemoryLog({ partitions: PARTITIONS, retainRecords: RETAIN_RECORDS }, { metrics, clock });
  const store = await openStore({ kind: "sqlite", path: join(dir, "state.sqlite") }, { metrics });
  const logger = createLogger({ level: "error", name: "quality" });
  await publish(agents.map(({ facts }) => facts), (topic, key, value) => eventLog.append(topic, [{ key, value }]));
  const detector = createDetector({ eventLog, store, metrics, logger, clock });
  await detector.start();
  const cohort = new Cohort(agents);
  await eventLog.read("findings", { from: "start" }, async (records) => {
    const resets = records.map(({ value, timestampMs }) => cohort.onFinding(value, timestampMs)).filter((record) => record !== null);
    for (const record of resets) await eventLog.append("breakers", [{ key: agentKey(record.tenant, record.agent), value: encode("breakers", record) }]);
  });
  try {
    for (;;) {
      const due = cohort.until(nowMs + STEP_MS);
      if (due === null) break;
      nowMs += STEP_MS;
      if (due.length === 0) continue;
      await eventLog.append("actions", due);
      await eventLog.idle();
      await refuseDeadLetters(eventLog);
      if (!detector.health().ready) throw new Error(`the detector stopped: ${detector.health().detail}`);
    }
  } finally {
    await detector.stop();
    await eventLog.close();
    await store.close();
    await rm(dir, { recursive: true, force: true });
  }
  return { trips: cohort.trips, actions: cohort.actions, alerts: cohort.alerts, hours: agents.reduce((sum, { hours }) => sum + hours, 0) };
}

/** An action that the pipeline could not read would silently count as judged harmless. */
async function refuseDeadLetters(eventLog: EventLog): Promise<void> {
  for (const { high } of (await eventLog.ends("actions.dead")).values()) {
    if (high > 0) throw new Error("the generator made actions that the pipeline cannot decode; see actions.dead");
  }
}

interface Running {
  readonly agent: SimulatedAgent;
  readonly actions: Iterator<SimulatedAction>;
  pending: SimulatedAction | null;
  breaker: BreakerRecord;
  stopped: boolean;
}

/** Agents side by side, and what was behind each of their actions of the current step. */
class Cohort {
  readonly trips: TripSeen[] = [];
  actions = 0;
  alerts = 0;
  readonly #running = new Map<AgentKey, Running>();
  readonly #behind = new Map<string, SimulatedAction>();

  constructor(agents: readonly SimulatedAgent[]) {
    for (const agent of agents) {
      const key = agentKey(agent.tenant, agent.agent);
      this.#running.set(key, { agent, actions: agent.actions(START_MS), pending: null, breaker: initialRecord(key), stopped: false });
    }
  }

  /** Encoded actions before `untilMs`, in order of time; null when no agent has any left. */
  until(untilMs: number): { key: string; value: Uint8Array }[] | null {
    this.#behind.clear();
    const due: { atMs: number; key: string; value: Uint8Array }[] = [];
    let alive = false;
    for (const [key, running] of this.#running) {
      if (running.stopped) continue;
      for (;;) {
        running.pending ??= running.actions.next().value ?? null;
        if (running.pending === null) {
          running.stopped = true;
          break;
        }
        alive = true;
        const { action } = running.pending;
        if (action.eventMs >= untilMs) break;
        due.push({ atMs: action.eventMs, key, value: encode("actions", action) });
        this.#behind.set(action.id, running.pending);
        this.actions += 1;
        running.pending = null;
      }
    }
    if (!alive) return null;
    return due.toSorted((a, b) => a.atMs - b.atMs);
  }

  /** The breaker's rule on one finding; answers the reset to publish, if any. */
  onFinding(value: Uint8Array, timestampMs: number): BreakerRecord | null {
    const decoded = decode("findings", value);
    if (!decoded.ok) throw new Error(`finding not decodable: ${decoded.detail}`);
    const finding = decoded.value;
    if (finding.alert === true) this.alerts += 1;
    const running = this.#running.get(agentKey(finding.tenant, finding.agent));
    if (running === undefined) return null;
    const context = { nowMs: timestampMs, probeActions: 20, foreignSeen: [], massTrip: false };
    const change = transition(running.breaker, { kind: "findings", findings: [finding], receiveMs: timestampMs }, context);
    if (change.kind !== "changed" || change.tripped === null) return null;
    const behind = this.#behind.get(finding.actionId);
    this.trips.push({
      agent: finding.agent, summary: change.tripped.summary, kind: `${change.tripped.cause.kind} ${finding.rule} ${finding.bits.toFixed(1)}/${JSON.stringify(finding.risk)}`,
      atMs: finding.atMs, attackCall: behind?.attackCall ?? 0, tooLate: behind?.tooLate ?? true,
    });
    if (behind !== undefined && behind.attackCall > 0) {
      running.breaker = change.record;
      running.stopped = true;
      return null;
    }
    const generation = change.record.generation + 1;
    // A millisecond later than the evidence: the human has seen all that this step brought.
    running.breaker = { ...initialRecord(agentKey(finding.tenant, finding.agent)), generation, resetAtMs: timestampMs + 1 };
    return { ...running.breaker, atMs: timestampMs, change: "reset" };
  }
}

async function publish(all: readonly Facts[], append: (topic: FactTopic, key: string, value: Uint8Array) => Promise<unknown>): Promise<void> {
  for (const facts of all) {
    for (const fact of facts.agents) await append("agents", agentKey(fact.tenant, fact.agent), encode("agents", fact));
    for (const fact of facts.grants) await append("grants", agentKey(fact.tenant, fact.agent), encode("grants", fact));
    for (const fact of facts.credentials) await append("credentials", fact.tenant, encode("credentials", fact));
    for (const fact of facts.resources) await append("resources", fact.tenant, encode("resources", fact));
    for (const fact of facts.policies) await append("policies", fact.tenant, encode("policies", fact));
  }
}
