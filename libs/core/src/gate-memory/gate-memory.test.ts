import { describe, expect, it } from "vitest";
import type { Action } from "@tripline/model";
import { verdictOf } from "../classify/compose.ts";
import type { Verdict } from "../classify/verdict.ts";
import { DECISION_MS, GateMemory, MAX_AGENT_CALLS } from "./gate-memory.ts";

type Outcome = "allow" | "deny" | "hold";

const destroys = (id: string, operation = "railway.volumeDelete"): Verdict => verdictOf({ operation, effect: "delete", reversibility: "irreversible", reason: "" }, "r", [{ kind: "volume", id, environment: null }]);
const reads = verdictOf({ operation: "sql.select", effect: "read", reversibility: "reversible", reason: "" }, "r");

function action(callId: string, over: Partial<Action> = {}): Action {
  return {
    v: 1, id: `${callId}:result`, callId, tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
    session: null, parentSession: null, task: null, phase: "result", eventMs: 1, tool: "tool", operation: null, request: null, inputs: null, outputs: null, provenance: {},
    resource: null, credentials: [], environment: null, outcome: null, decision: null, reasoning: null,
    source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null }, ...over,
  };
}

const decided = (callId: string, outcome: Outcome, over: Partial<Action> = {}): Action =>
  action(callId, { phase: "decision", decision: { outcome, by: "gate", reason: "" }, source: { dialect: "gate-decide", signal: "gate", traceId: null, spanId: null, parentSpanId: null }, ...over });

describe("what readers remember of the gate", () => {
  it("is nothing before the gate's record, and its answer after it", () => {
    const memory = new GateMemory();
    expect(memory.mark(action("c1"), [destroys("v1")], 1)).toBe(null);
    expect(memory.mark(decided("c1", "allow"), [destroys("v1")], 2)).toBe(null);
    expect(memory.mark(action("c1"), [destroys("v1")], 3)).toEqual({ outcome: "allow", covers: true });
    expect(memory.mark(action("c2"), [destroys("v1")], 3)).toBe(null);
  });

  it("does not pass another target, another operation or one more of them under an allowed call id", () => {
    const memory = new GateMemory();
    memory.mark(decided("c1", "allow"), [destroys("v1")], 1);
    for (const shown of [[destroys("v2")], [destroys("v1", "railway.serviceDelete")], [destroys("v1"), destroys("v2")]]) {
      expect(memory.mark(action("c1"), shown, 2)).toEqual({ outcome: "allow", covers: false });
    }
    // A runtime that shows less than was asked shows nothing else.
    expect(memory.mark(action("c1"), [reads], 2)).toEqual({ outcome: "allow", covers: true });
  });

  it("is the newest answer: allowed after it was held, and refused where only something else was allowed", () => {
    const memory = new GateMemory();
    memory.mark(decided("c1", "hold"), [destroys("v1")], 1);
    expect(memory.mark(action("c1"), [destroys("v1")], 2)).toEqual({ outcome: "hold", covers: true });
    memory.mark(decided("c1", "allow"), [destroys("v1")], 3);
    memory.mark(decided("c1", "deny"), [destroys("v2")], 4);
    expect(memory.mark(action("c1"), [destroys("v1")], 5)).toEqual({ outcome: "allow", covers: true });
    expect(memory.mark(action("c1"), [destroys("v2")], 5)).toEqual({ outcome: "deny", covers: true });
    memory.mark(decided("r1", "deny"), [reads], 6);
    memory.mark(decided("r1", "allow"), [reads], 7);
    expect(memory.mark(action("r1"), [reads], 8)?.outcome).toBe("allow");
  });

  it("belongs to one agent and, where both name one, to one session", () => {
    const memory = new GateMemory();
    memory.mark(decided("1", "allow", { session: "a" }), [destroys("v1")], 1);
    expect(memory.mark(action("1", { session: "b" }), [destroys("v1")], 2)).toBe(null);
    expect(memory.mark(action("1", { agent: { ...action("1").agent, id: "other" } }), [destroys("v1")], 2)).toBe(null);
    expect(memory.mark(action("1", { session: null }), [destroys("v1")], 2)?.outcome).toBe("allow");
  });

  it("is not learned from telemetry that claims a decision, nor from a claimed identity", () => {
    const memory = new GateMemory();
    memory.mark({ ...decided("c1", "allow"), source: action("c1").source }, [destroys("v1")], 1);
    memory.mark({ ...decided("c1", "allow"), assurance: "claimed" }, [destroys("v1")], 1);
    expect(memory.size).toBe(0);
  });

  it("takes no room for allowed reads, ends after a day, and is bounded for each agent and for all", () => {
    const memory = new GateMemory(300);
    memory.mark(decided("read", "allow"), [reads], 1);
    expect(memory.size).toBe(0);
    memory.mark(decided("quiet", "allow", { agent: { ...action("x").agent, id: "quiet" } }), [destroys("v")], 1);
    for (let at = 0; at < 2 * MAX_AGENT_CALLS; at += 1) memory.mark(decided(`c${at}`, "allow"), [destroys("v1")], 1);
    expect(memory.size).toBe(MAX_AGENT_CALLS + 1);
    const quiet = action("quiet", { agent: { ...action("x").agent, id: "quiet" } });
    expect(memory.mark(quiet, [destroys("v")], 1 + DECISION_MS)?.outcome).toBe("allow");
    expect(memory.mark(quiet, [destroys("v")], 2 + DECISION_MS)).toBe(null);
    for (let at = 0; at < 500; at += 1) memory.mark(decided("c", "allow", { agent: { ...action("x").agent, id: `a${at}` } }), [destroys("v1")], 2);
    expect(memory.size).toBe(300);
  });

  it("is not forgotten of one agent because another asks without end, under few call ids or many", () => {
    const memory = new GateMemory();
    const quiet = { agent: { ...action("x").agent, id: "quiet" } };
    memory.mark(decided("approved", "allow", quiet), [destroys("v")], 1);
    for (let at = 0; at < 20 * MAX_AGENT_CALLS; at += 1) memory.mark(decided(`c${at % MAX_AGENT_CALLS}`, "deny", { session: `s${at}` }), [destroys(`v${at}`)], 2);
    expect(memory.mark(action("approved", quiet), [destroys("v")], 3)).toEqual({ outcome: "allow", covers: true });
    expect(memory.size).toBeLessThanOrEqual(2_048);
  });

  it("is known again from what was kept, whole or not at all", () => {
    const memory = new GateMemory();
    expect(memory.takeChanged(1)).toBe(null);
    memory.mark(decided("c1", "hold"), [destroys("v1")], 1);
    const kept = memory.takeChanged(1)!;
    expect(memory.takeChanged(1)).toBe(null);
    const restored = new GateMemory();
    expect(restored.restore(kept)).toBe("restored");
    expect(restored.mark(action("c1"), [destroys("v1")], 2)).toEqual({ outcome: "hold", covers: true });
    for (const broken of ["{", "[[1,[[2,[{}]]]]]", '[["t/bot",[["c1",[{"outcome":"yes","session":null,"deeds":[],"atMs":1}]]]]]']) {
      const other = new GateMemory();
      expect(other.restore(new TextEncoder().encode(broken))).toBe("unusable");
      expect(other.size).toBe(0);
    }
  });
});
