/**
 * The breaker's own, groupless readers. A consumer group's rebalance can stop a partition for seconds; the hard rules must not
 * wait for that, so every breaker instance reads all of `actions` itself. Statistical findings arrive through `findings`.
 */
import { type BreakerInput, inspectHardRules, type Observed, observe, REGISTRY_TOPICS, transition, wasRefusedAtGate } from "@tripline/core";
import { type Followed, follow, type Item, type LogRecord } from "@tripline/event-log";
import { type Action, ALL_AGENTS, type AgentKey, type BreakerRecord, type Command, type Finding, type Topic, agentKey, encode, recordDigest } from "@tripline/model";
import type { Counter, PipelineResult } from "@tripline/runtime";
import { appendUntilDurable, untilDurable } from "./append.ts";
import { setImmediate as yieldToOthers, setTimeout as sleep } from "node:timers/promises";
import type { Agreement } from "./agreement.ts";
import { LIMITS } from "./limits.ts";
import type { GateMemories } from "./gate-memories.ts";
import type { Peers } from "./peers.ts";
import type { Positions, ReadTopic } from "./positions.ts";
import { type Change, type PipelineDeps, process } from "./pipeline.ts";
import { ProbeCalls } from "./probe-calls.ts";

interface Judged {
  readonly record: LogRecord;
  readonly observed: Observed;
  readonly findings: readonly Finding[];
}

export interface ReaderDeps extends PipelineDeps {
  readonly peers: Peers;
  readonly positions: Positions;
  readonly gates: GateMemories;
  readonly counter: Counter;
  /** `refused`: why the order changed nothing; null where it did, or stood already. */
  readonly commandHandled: (command: Command, refused: RefusedOrder | null) => void;
}

/** Folds the registry and goes on folding; resolves when it is as the log has it. Doing it again changes nothing. */
export async function followRegistry(deps: ReaderDeps): Promise<Followed[]> {
  const followed = await Promise.all(
    REGISTRY_TOPICS.map((topic) =>
      follow(deps.eventLog, topic, { from: "start" }, (items) => items.forEach(({ payload }) => deps.registry.apply(topic, payload)), (record, reason) => bad(deps, record, reason)),
    ),
  );
  await Promise.all(followed.map((one) => one.caughtUp));
  return followed;
}

/**
 * Folds the breakers' records up to what is there now. A breaker that is alone is the one that writes them from then on; with others on
 * the same log it goes on reading what they write.
 */
export async function foldBreakers(deps: ReaderDeps): Promise<Followed[]> {
  if (deps.agreement !== null) return followOthers(deps, deps.agreement);
  const breakers = await follow(deps.eventLog, "breakers", { from: "start" }, (items) => items.forEach(({ payload }) => deps.states.set(payload)), (record, reason) => bad(deps, record, reason));
  await breakers.caughtUp;
  await breakers.close();
  return [];
}

async function followOthers(deps: ReaderDeps, agreement: Agreement): Promise<Followed[]> {
  agreement.catchUp();
  const containments = await follow(deps.eventLog, "containments", { from: "end" }, (items) => items.forEach(({ payload }) => deps.runner.reports.heard(payload)), (record, reason) => seen(deps, record, reason));
  const hear = async (items: readonly Item<BreakerRecord>[]): Promise<void> => {
    for (const { payload } of items) await agreement.heard(payload, deps);
  };
  const breakers = await follow(deps.eventLog, "breakers", { from: "start" }, hear, (record, reason) => bad(deps, record, reason));
  await breakers.caughtUp;
  await agreement.live(deps);
  return [breakers, containments];
}

/** Starts reading evidence and orders from where this instance stopped. */
export async function followEvidence(deps: ReaderDeps): Promise<Followed[]> {
  const probeCalls = new ProbeCalls();
  return Promise.all([
    follow(deps.eventLog, "actions", { from: deps.positions.from("actions") }, (items) => onActions(items, deps, probeCalls), (record, reason) => bad(deps, record, reason)),
    follow(deps.eventLog, "findings", { from: deps.positions.from("findings") }, (items) => onFindings(items, deps), (record, reason) => bad(deps, record, reason)),
    follow(deps.eventLog, "commands", { from: deps.positions.from("commands") }, (items) => onCommands(items, deps), (record, reason) => bad(deps, record, reason)),
  ]);
}

async function onActions(items: readonly Item<Action>[], deps: ReaderDeps, probeCalls: ProbeCalls): Promise<void> {
  const turn = turnOf(items, deps);
  for (const [index, { payload, record }] of items.entries()) {
    if (index > 0 && index % LIMITS.recordsPerTurn === 0) await yieldToOthers();
    const observed = judge(payload, record, deps);
    if (observed === null) await bad(deps, record, "cannot-be-judged");
    else await onAction(observed, deps, { probeCalls, turn });
  }
  applied("actions", items, deps);
}

/** Classification and hard rules. A defect in them on one action must not stop the judging of all that follow. */
function judge(action: Action, record: LogRecord, deps: ReaderDeps): Judged | null {
  try {
    const observed = observe(action, record.timestampMs, deps.registry, undefined, deps.gates.of(record.partition));
    const found = action.assurance === "claimed" ? [] : inspectHardRules(observed, { registry: deps.registry });
    return { record, observed, findings: found.length === 0 ? found : withDigest(found, record) };
  } catch (error) {
    deps.logger.error({ actionId: action.id, reason: error instanceof Error ? error.name : "unknown" }, "an action cannot be judged");
    return null;
  }
}

function withDigest(findings: readonly Finding[], { value }: LogRecord): Finding[] {
  const digest = recordDigest(value);
  return findings.map((finding) => ({ ...finding, digest }));
}

async function onAction({ record, observed, findings }: Judged, deps: ReaderDeps, { probeCalls, turn }: { probeCalls: ProbeCalls; turn: Turn }): Promise<void> {
  const { action, receiveMs } = observed;
  if (action.assurance === "claimed") return;
  const key = agentKey(action.tenant, action.agent.id);
  deps.foreignSeen.note(action, deps.registry);
  if (findings.length > 0) {
    await turn.comes();
    await process(key, { kind: "findings", findings, receiveMs }, deps, deps.counter);
  }
  // What the gate refused after a reset was asked, as it should be: it is neither a read used up nor a side effect.
  if (deps.states.get(key).position.state !== "probing" || wasRefusedAtGate(observed)) return;
  const readOnly = observed.classification.verdicts.every((verdict) => verdict.effect === "read");
  // Only counting is once per call: a side effect is one, whatever call id it is reported under.
  if (readOnly && (!probeCalls.first(key, action.callId) || !turn.isFirst)) return;
  await turn.comes();
  await process(key, { kind: "action", actionId: action.id, readOnly, receiveMs, digest: recordDigest(record.value) }, deps, deps.counter);
}

async function onFindings(items: readonly Item<Finding>[], deps: ReaderDeps): Promise<void> {
  const turn = turnOf(items, deps);
  for (const findings of byRecord(items.map(({ payload }) => payload))) {
    await turn.comes();
    const [{ tenant, agent, receiveMs }] = findings;
    await process(agentKey(tenant, agent), { kind: "findings", findings, receiveMs }, deps, deps.counter);
  }
  applied("findings", items, deps);
}

/** What was found on one record is judged together: a trip by the first of them alone would not say the rest. */
function byRecord(findings: readonly Finding[]): [Finding, ...Finding[]][] {
  const groups: [Finding, ...Finding[]][] = [];
  for (const finding of findings) {
    const last = groups.at(-1);
    if (last !== undefined && isOfOneRecord(last[0], finding)) last.push(finding);
    else groups.push([finding]);
  }
  return groups;
}

function isOfOneRecord(a: Finding, b: Finding): boolean {
  return a.tenant === b.tenant && a.agent === b.agent && a.actionId === b.actionId && a.digest === b.digest && a.receiveMs === b.receiveMs;
}

async function onCommands(items: readonly Item<Command>[], deps: ReaderDeps): Promise<void> {
  const turn = turnOf(items, deps);
  for (const { payload, record } of items) {
    await turn.comes();
    if (payload.kind === "revoke") {
      deps.commandHandled(payload, await onRevoke(payload, deps));
      continue;
    }
    const input = { kind: "command" as const, command: payload, receiveMs: record.timestampMs };
    const runs: Promise<PipelineResult<Change>>[] = [];
    for (const key of agentsOf(payload, deps)) {
      if (runs.length > 0 && runs.length % LIMITS.recordsPerTurn === 0) await yieldToOthers();
      const run = process(key, input, deps, deps.counter);
      // Awaited below, together: until then a failure is nobody's.
      run.catch(() => undefined);
      runs.push(run);
    }
    const results = await Promise.all(runs);
    deps.commandHandled(payload, results.map(refusedBy).find((reason) => reason !== null) ?? refusedElsewhere(input, deps));
  }
  applied("commands", items, deps);
}

/** Tried until its row takes it: its owner may be writing the same row. */
async function onRevoke({ tripId, credentialId, atMs }: Command, deps: ReaderDeps): Promise<RefusedOrder | null> {
  if (tripId === undefined || credentialId === undefined) return REFUSALS["nothing-waits"];
  const isKnown = await untilDurable(deps, "order", () => deps.runner.order(tripId, credentialId, atMs));
  deps.counter.add(1, { step: "order", outcome: isKnown ? "next" : "drop", reason: isKnown ? "" : "nothing-waits" });
  return isKnown ? null : REFUSALS["nothing-waits"];
}

/** Refusals that whoever gave the order must hear of; that a tripped breaker is open already is not one. */
const REFUSALS = { "not-open": "it is not open", "before-trip": "it tripped on what came after this order was given", held: "a hold stands", "unknown-hold": "there is no such hold", "too-many-holds": "it has as many holds as it can keep", "nothing-waits": "no containment of this trip waits for a decision on it" } as const;
export type RefusedOrder = (typeof REFUSALS)[keyof typeof REFUSALS];

function refusedBy(result: PipelineResult<Change>): RefusedOrder | null {
  return result.kind === "drop" && Object.hasOwn(REFUSALS, result.reason) ? REFUSALS[result.reason as keyof typeof REFUSALS] : null;
}

/** An order that another breaker was first to refuse: what it said is found by asking the rule again, for a refusal changes nothing. */
function refusedElsewhere(input: Extract<BreakerInput, { kind: "command" }>, deps: ReaderDeps): RefusedOrder | null {
  const { command } = input;
  if (command.agent === null || command.agent === ALL_AGENTS) return null;
  const record = deps.states.get(agentKey(command.tenant, command.agent));
  if (record.change !== "order-refused" || record.commandIds.at(-1) !== command.id) return null;
  const again = transition({ ...record, commandIds: record.commandIds.slice(0, -1) }, input, { nowMs: record.atMs, probeActions: 1, foreignSeen: [], massTrip: false });
  return again.kind === "refused" && Object.hasOwn(REFUSALS, again.reason) ? REFUSALS[again.reason as keyof typeof REFUSALS] : null;
}

interface Turn {
  /** This instance is the first in line: it acts at once, and alone counts what must be counted once. */
  readonly isFirst: boolean;
  /** Resolves when those before it in line had their time: for the whole batch together, so that a flood is not waited for one by one. */
  comes(): Promise<void>;
}

function turnOf(items: readonly Item<unknown>[], { peers, stopping }: ReaderDeps): Turn {
  const rank = peers.rank(items[0]?.record.partition ?? 0);
  const dueMs = performance.now() + rank * LIMITS.standbyMs;
  return {
    isFirst: rank === 0,
    comes: async () => {
      const waitMs = dueMs - performance.now();
      if (rank > 0 && waitMs > 0) await sleep(waitMs, undefined, { signal: stopping });
    },
  };
}

/** A tenant-wide panic reaches every agent that is registered or was ever seen by a breaker. */
function agentsOf(command: Command, deps: ReaderDeps): AgentKey[] {
  if (command.agent !== null && command.agent !== ALL_AGENTS) return [agentKey(command.tenant, command.agent)];
  const keys = new Set<AgentKey>();
  for (const agent of deps.registry.agents()) if (agent.tenant === command.tenant) keys.add(agentKey(agent.tenant, agent.agent));
  for (const record of deps.states.all()) if (record.tenant === command.tenant) keys.add(agentKey(record.tenant, record.agent));
  return [...keys];
}

function applied(topic: ReadTopic, items: readonly Item<unknown>[], deps: ReaderDeps): void {
  const last = items.at(-1)?.record;
  if (last !== undefined) deps.positions.applied(topic, last.partition, last.offset + 1);
}

/** A record that cannot be read is kept with its reason; the records around it are still judged. */
async function bad(deps: ReaderDeps, record: LogRecord, reason: string): Promise<void> {
  seen(deps, record, reason);
  const topic: Topic = record.topic.endsWith(".dead") ? record.topic : (`${record.topic}.dead` as Topic);
  const letter = {
    v: 1 as const, id: `breaker:${record.topic}:${record.partition}:${record.offset}`, reason: "TL_RECORD_UNDECODABLE", detail: reason, topic: record.topic,
    payload: "", atMs: record.timestampMs,
  };
  await appendUntilDurable(deps, topic, record.key, encode("actions.dead", letter));
}

/** Counted and told of, not kept: enough for `containments`, of which the notifier keeps the dead letters. */
function seen(deps: ReaderDeps, { topic, partition, offset }: LogRecord, reason: string): void {
  deps.metrics.counter("tripline_undecodable_records_total", "Records that could not be decoded", ["topic", "reason"]).add(1, { topic, reason });
  deps.logger.error({ topic, partition, offset, reason }, "record cannot be decoded");
}
