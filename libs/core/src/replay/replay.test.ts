import { beforeAll, describe, expect, it } from "vitest";
import type { Action, AgentRegistration } from "@tripline/model";
import { prepareClassifiers } from "../classify/sql/prepare.ts";
import { replay, type ReplayRecord } from "./replay.ts";

beforeAll(prepareClassifiers);

const START_MS = Date.UTC(2026, 0, 5);
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
});
