import { countsOf, prepareClassifiers, type ReplayCounts } from "@tripline/core";
import type { LogRecord } from "@tripline/event-log";
import { type Action, encode } from "@tripline/model";
import { beforeAll, describe, expect, it } from "vitest";
import { Judging } from "./judging.ts";
import { actionOf, type Stated, Unreadable } from "./recorded.ts";
import { judgeInShares } from "./shares.ts";

beforeAll(prepareClassifiers);

const START_MS = Date.UTC(2026, 0, 5);
const AGENTS = 9;
const ACTIONS = 1_800;
const OPTIONS = [{}, { resetsAtOnce: true, policy: { budget: { agentHoursPerFalseTrip: 1 } } }];

function action(index: number): Action {
  const agent = `bot-${index % AGENTS}`;
  const call = Math.floor(index / AGENTS);
  const command = index === 1_500 ? "railway volume delete --volume v1 --yes" : call > 150 && index % AGENTS === 4 ? `rm -rf dist/${call}` : call % 40 === 39 ? "rm -rf dist" : `cat src/a${call % 7}.ts`;
  return {
    v: 1, id: `c${index}:result`, callId: `c${index}`, tenant: "t", agent: { id: agent, name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
    session: "s", parentSession: null, task: null, phase: "result", eventMs: START_MS + index * 30_000, tool: "bash", operation: null, request: { kind: "shell", command }, inputs: null, outputs: null,
    provenance: {}, resource: null, credentials: [], environment: "staging", outcome: null, decision: null, reasoning: null,
    source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null },
  };
}

const stated: Stated[] = [
  ...Array.from({ length: AGENTS }, (_, at): Stated => ({ kind: "fact", receiveMs: 0, topic: "agents", payload: { v: 1, version: 1, tenant: "t", agent: `bot-${at}`, role: "coder", owner: "ops", environment: "staging", status: "active", atMs: 0 } })),
  { kind: "order", receiveMs: START_MS + 1_700 * 30_000, command: { v: 1, id: "r", tenant: "t", agent: `bot-${1_500 % AGENTS}`, kind: "reset", holdId: null, by: "soc", reason: "false alarm", atMs: START_MS + 1_700 * 30_000 } },
];

const records: LogRecord[] = Array.from({ length: ACTIONS }, (_, index) => ({
  topic: "actions", partition: index % AGENTS, offset: index, key: `t/bot-${index % AGENTS}`, timestampMs: START_MS + index * 30_000,
  value: index % 450 === 449 ? Buffer.from("{") : encode("actions", action(index)),
}));

async function* runs(): AsyncGenerator<readonly LogRecord[]> {
  for (let from = 0; from < records.length; from += 500) yield await Promise.resolve(records.slice(from, from + 500));
}

async function inShares(threads: number): Promise<{ counts: ReplayCounts[]; unreadable: Unreadable; judged: number }> {
  const unreadable = new Unreadable();
  let judged = 0;
  const parts = await judgeInShares(runs(), threads, { options: OPTIONS, stated }, unreadable, (actions) => (judged += actions));
  return { counts: OPTIONS.map((_, at) => countsOf(parts.map((part) => part[at]!))), unreadable, judged };
}

describe("a replay by several threads", () => {
  it("says to the last digit what one alone says: trips, findings, hours, what a reset called false, and what could not be read", async () => {
    const alone = new Judging(OPTIONS, stated);
    const unreadable = new Unreadable();
    for (const { value, timestampMs, partition } of records) {
      const one = actionOf(value, unreadable);
      if (one !== null) alone.judge({ kind: "action", action: one, receiveMs: timestampMs, partition });
    }
    alone.end();
    const expected = alone.tallies.map((tally) => countsOf([tally]));
    expect(expected[0]!.trips.map(({ cause }) => cause).toSorted()).toEqual(["hard-finding", "probe-violation"]);
    expect(expected[1]!.tripCount).toBeGreaterThan(0);
    expect(expected[0]!.trips.filter(({ reset }) => reset !== null)).toHaveLength(1);
    for (const threads of [1, 3]) {
      const shared = await inShares(threads);
      expect(shared.counts).toEqual(expected);
      expect(shared.unreadable.counts).toEqual(unreadable.counts);
      expect(shared.judged).toBe(ACTIONS);
    }
  });

  it("ends with the failure of what is read, and leaves no thread behind", async () => {
    async function* failing(): AsyncGenerator<readonly LogRecord[]> {
      yield await Promise.resolve(records.slice(0, 500));
      throw new Error("the log is gone");
    }
    await expect(judgeInShares(failing(), 2, { options: OPTIONS, stated }, new Unreadable(), () => undefined)).rejects.toThrow("the log is gone");
  });
});
