import { beforeAll, describe, expect, it } from "vitest";
import type { Action, AgentRegistration, Command } from "@tripline/model";
import { prepareClassifiers } from "../classify/sql/prepare.ts";
import { DEFAULT_POLICY } from "../registry/registry.ts";
import { replay, Replayer, type ReplayRecord } from "./replay.ts";

beforeAll(prepareClassifiers);

const START_MS = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;
const AGENT: AgentRegistration = { v: 1, version: 1, tenant: "t", agent: "bot", role: null, owner: "ops", environment: "staging", status: "active", atMs: 0 };

function action(callId: string, eventMs: number, command: string, part: Partial<Action> = {}): ReplayRecord {
  return {
    kind: "action",
    receiveMs: eventMs,
    action: {
      v: 1, id: `${callId}:result`, callId, tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
      session: "s", parentSession: null, task: null, phase: "result", eventMs, tool: "bash", operation: null, request: { kind: "shell", command }, inputs: null, outputs: null,
      provenance: {}, resource: null, credentials: [], environment: "staging", outcome: null, decision: null, reasoning: null,
      source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null }, ...part,
    },
  };
}

const history = Array.from({ length: 960 }, (_, index) => action(`h${index}`, START_MS + index * 180_000, index % 50 === 49 ? "rm -rf dist" : `cat src/a${index % 9}.ts`));
const END_MS = START_MS + 960 * 180_000;
const facts: ReplayRecord[] = [{ kind: "fact", topic: "agents", payload: AGENT }];

describe("replay", () => {
  it("finds nothing in ordinary work and trips once where a burst begins", () => {
    const burst = Array.from({ length: 20 }, (_, index) => action(`b${index}`, END_MS + index * 90, `rm -rf dist/${index}`));
    expect(replay([...facts, ...history])).toMatchObject({ actions: 960, trips: [], findings: [] });
    const { trips } = replay([...facts, ...history, ...burst]);
    expect(trips).toHaveLength(1);
    expect(trips[0]?.cause.kind).toBe("risk");
    expect(trips[0]!.findings[0]!.atMs - END_MS).toBeLessThanOrEqual(4 * 90);
  });
  it("reaches the same verdicts each time", () => {
    const burst = Array.from({ length: 20 }, (_, index) => action(`b${index}`, END_MS + index * 90, `rm -rf dist/${index}`));
    const records = [...facts, ...history, ...burst];
    expect(JSON.stringify(replay(records))).toBe(JSON.stringify(replay(records)));
  });
  it("tells calls of two sessions apart that bear the same id", () => {
    const burst = Array.from({ length: 20 }, (_, index) => action("call_0", END_MS + index * 90, `rm -rf dist/${index}`, { id: `s${index}:call_0`, session: `s${index}` }));
    expect(replay([...facts, ...history, ...burst]).trips).toHaveLength(1);
  });
  it("counts the phases of a call once, and judges no claimed identity", () => {
    const attempt = action("v", END_MS, "railway volume delete --volume v1 --yes", { id: "v:attempt", phase: "attempt" });
    const once = replay([...facts, attempt]);
    const twice = replay([...facts, attempt, action("v", END_MS + 5, "railway volume delete --volume v1 --yes")]);
    expect(once.findings.length).toBeGreaterThan(0);
    expect(twice.findings.map(({ id }) => id)).toEqual(once.findings.map(({ id }) => id));
    expect(replay([...facts, action("v", END_MS, "railway volume delete --volume v1 --yes", { assurance: "claimed" })])).toMatchObject({ claimed: 1, findings: [] });
  });
  it("trips later, or not at all, under a budget that allows less, whatever policy is on record", () => {
    const burst = Array.from({ length: 30 }, (_, index) => action(`b${index}`, END_MS + index * 60_000, `rm -rf dist/${index}`));
    const recorded: ReplayRecord = { kind: "fact", topic: "policies", payload: { ...DEFAULT_POLICY, tenant: "t", atMs: 0, budget: { agentHoursPerFalseTrip: 50_000 } } };
    const atMs = (records: ReplayRecord[], agentHoursPerFalseTrip: number): number => replay(records, { policy: { budget: { agentHoursPerFalseTrip } } }).trips[0]?.atMs ?? Infinity;
    for (const records of [[...facts, ...history, ...burst], [recorded, ...facts, ...history, ...burst]]) {
      expect(atMs(records, 1)).toBeLessThan(atMs(records, 1e9));
      expect(atMs(records, 50_000)).toBe(replay(records).trips[0]!.atMs);
    }
  });
  it("changes of a recorded policy what it is told to, and leaves the rest as recorded", () => {
    const replayer = new Replayer({ policy: { budget: { agentHoursPerFalseTrip: 7_000 } } });
    replayer.learn({ topic: "policies", payload: { ...DEFAULT_POLICY, tenant: "t", atMs: 0, budget: { agentHoursPerFalseTrip: 50_000, alertsPerCall: 0.25 } } });
    expect(replayer.registry.policy("t").budget).toEqual({ agentHoursPerFalseTrip: 7_000, alertsPerCall: 0.25 });
  });
  it("counts every trip of a period that is known to be benign, and one where nobody resets", () => {
    const bursts = [0, 1, 2].flatMap((day) => Array.from({ length: 20 }, (_, index) => action(`d${day}.${index}`, END_MS + day * DAY_MS + index * 90, `rm -rf dist/${index}`)));
    const records = [...facts, ...history, ...bursts];
    expect(replay(records).trips).toHaveLength(1);
    expect(replay(records, { resetsAtOnce: true }).trips.length).toBeGreaterThanOrEqual(3);
  });
  it("follows a human's reset: then the agent probes, and a side effect trips it again", () => {
    const drop = (id: string, atMs: number): ReplayRecord => action(id, atMs, "railway volume delete --volume v1 --yes");
    const command: Command = { v: 1, id: "r", tenant: "t", agent: "bot", kind: "reset", holdId: null, by: "soc", reason: "", atMs: END_MS + 10 };
    const { trips } = replay([...facts, drop("one", END_MS), { kind: "order", command, receiveMs: END_MS + 10 }, action("two", END_MS + 20, "touch a")]);
    expect(trips.map(({ cause }) => cause.kind)).toEqual(["hard-finding", "probe-violation"]);
  });
});
