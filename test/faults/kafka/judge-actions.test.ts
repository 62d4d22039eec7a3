/** The account against logs made up to break it: a figure that cannot become other than 0 proves nothing. */
import { openMemoryLog } from "@tripline/event-log";
import { type Action, type Containment, encode } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { describe, expect, it } from "vitest";
import type { RegistryRecords } from "../applied-once.ts";
import { judgeActions } from "./judge-actions.ts";
import { repeatedRevocations } from "./revocations.ts";

const NO_FACTS: RegistryRecords = { agents: [], grants: [], leases: [], credentials: [], resources: [], policies: [] };
const AGENTS = new Set(["worker"]);

function call(callId: string, command = "ls"): Action {
  return {
    v: 1, id: `${callId}:attempt`, callId, tenant: "acme", agent: { id: "worker", name: null, version: null, role: null, runtime: null }, assurance: "channel",
    claimedAgent: null, session: null, parentSession: null, task: null, phase: "attempt", eventMs: 1_000, tool: "run_shell", operation: null, request: { kind: "shell", command },
    inputs: null, outputs: null, provenance: {}, resource: null, credentials: [], environment: null, outcome: null, decision: null, reasoning: null,
    source: { dialect: "tripline", signal: "log", traceId: null, spanId: null, parentSpanId: null },
  };
}

/** What is found in a log with these records, of which these ids were acknowledged. */
async function judged(actions: readonly Action[], acknowledged: readonly string[] = actions.map(({ id }) => id)) {
  const log = await openMemoryLog({ partitions: 4 }, { metrics: createMetrics(), clock: () => 1_000 });
  try {
    await log.append("actions", actions.map((value) => ({ key: "acme/worker", value: encode("actions", value) })));
    return await judgeActions(log, NO_FACTS, new Map([["worker", new Set(acknowledged)]]), AGENTS);
  } finally {
    await log.close();
  }
}

describe("actions in the log", () => {
  const three = [call("call-0-0"), call("call-0-1"), call("call-1-0")];

  it("are all there, in order, and count once however often a batch was sent", async () => {
    const once = await judged(three);
    expect(once).toMatchObject({ records: 3, repeated: 0, lost: [], conflicting: [], disordered: [] });
    const again = await judged([...three, ...three.slice(0, 2)]);
    expect(again).toMatchObject({ records: 5, repeated: 2, furthestRepeat: 3, lost: [], conflicting: [], disordered: [] });
    expect(again.baselines).toEqual(once.baselines);
  });

  it("are lost, in conflict or in disorder, each by its name", async () => {
    expect((await judged(three, [...three.map(({ id }) => id), "call-2-0:attempt"])).lost).toEqual(["worker call-2-0:attempt"]);
    expect((await judged([...three, call("call-0-1", "rm -rf /")])).conflicting).toEqual(["worker call-0-1:attempt"]);
    expect((await judged([three[2]!, three[0]!, three[1]!])).disordered).toEqual(["worker call-0-0:attempt"]);
  });

  it("give the findings that must have been told", async () => {
    expect((await judged(three)).findings.size).toBe(0);
    expect((await judged([...three, call("call-2-0", "npm publish")])).findings).toContain("irreversible-action:call-2-0:attempt");
  });
});

describe("revocations", () => {
  const deleted = (target: string) => ({ operation: "apiTokenDelete", target, result: "executed" });
  const railway = (...events: object[]) => ({ events: () => events }) as unknown as Parameters<typeof repeatedRevocations>[0];
  const claiming = (tripId: string) => ({ tripId, items: [{ credentialId: "found-1", outcome: { kind: "revoked" } }] }) as unknown as Containment;

  it("are doubled when the provider deleted twice, or two containments claim to have done it", () => {
    expect(repeatedRevocations(railway(deleted("t1"), { ...deleted("t1"), result: "absent" }), new Map([["a", claiming("a")]]))).toEqual([]);
    expect(repeatedRevocations(railway(deleted("t1"), deleted("t1")), new Map())).toEqual(["t1 was deleted 2 times"]);
    expect(repeatedRevocations(railway(), new Map([["a", claiming("a")], ["b", claiming("b")]]))).toEqual(["found-1 was revoked for a and for b"]);
  });
});
