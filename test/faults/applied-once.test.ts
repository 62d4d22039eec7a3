import type { Action } from "@tripline/model";
import { describe, expect, it } from "vitest";
import type { TopicRecord } from "./admin.ts";
import { differingBaselines, expectedBaselines, type RegistryRecords } from "./applied-once.ts";

const NO_FACTS: RegistryRecords = { agents: [], grants: [], leases: [], credentials: [], resources: [], policies: [] };
const WORKER = new Set(["worker"]);

function call(offset: number, callId: string, phase: "attempt" | "result" = "attempt"): TopicRecord<Action> {
  const value: Action = {
    v: 1, id: `${callId}:${phase}`, callId, tenant: "acme", agent: { id: "worker", name: null, version: null, role: null, runtime: null }, assurance: "channel",
    claimedAgent: null, session: null, parentSession: null, task: null, phase, eventMs: 1_000 + offset, tool: "run_shell", operation: null, request: { kind: "shell", command: "ls" },
    inputs: null, outputs: null, provenance: {}, resource: null, credentials: [], environment: null, outcome: null, decision: null, reasoning: null,
    source: { dialect: "tripline", signal: "log", traceId: null, spanId: null, parentSpanId: null },
  };
  return { partition: 3, offset, timestampMs: 1_000 + offset * 10, value, text: JSON.stringify(value) };
}

const baselines = (records: readonly TopicRecord<Action>[]) => expectedBaselines(records, NO_FACTS, WORKER);

describe("a baseline in which each call counts once", () => {
  it("is the same whether records were repeated, phases merged, or partitions read in another order", async () => {
    const once = await baselines([call(0, "a"), call(1, "b"), call(2, "c")]);
    const repeated = await baselines([call(3, "c", "result"), call(1, "b"), call(0, "a"), call(2, "c"), { ...call(0, "a"), offset: 4 }]);
    expect(differingBaselines(once, repeated)).toEqual([]);
  });

  it("differs when one call was applied twice, never, in another order, or the agent is not there", async () => {
    const once = await baselines([call(0, "a"), call(1, "b"), call(2, "c")]);
    expect(differingBaselines(once, await baselines([call(0, "a"), call(1, "b"), call(1, "b again"), call(2, "c")]))).toEqual(["worker"]);
    expect(differingBaselines(once, await baselines([call(0, "a"), call(2, "c")]))).toEqual(["worker"]);
    expect(differingBaselines(once, await baselines([call(0, "a"), { ...call(1, "b"), timestampMs: 999_999 }, call(2, "c")]))).toEqual(["worker"]);
    expect(differingBaselines(once, new Map())).toEqual(["worker"]);
  });
});
