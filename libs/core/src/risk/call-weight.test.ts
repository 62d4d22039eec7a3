import { beforeAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import type { Action } from "@tripline/model";
import { prepareClassifiers } from "../classify/sql/prepare.ts";
import { observe } from "../detectors/observe.ts";
import { Registry } from "../registry/registry.ts";
import { replay, type ReplayRecord } from "../replay/replay.ts";
import { countsAnew, newCallWeight } from "./call-weight.ts";

beforeAll(prepareClassifiers);

const START_MS = Date.UTC(2026, 0, 5);
const captured = (text: string) => ({ text, fullBytes: text.length, truncated: false, digest: "0".repeat(64) });

function action(id: string, part: Partial<Action>): Action {
  return {
    v: 1, id, callId: "c", tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
    session: "s", parentSession: null, task: null, phase: "result", eventMs: START_MS, tool: "bash", operation: null, request: null, inputs: null, outputs: captured("done"),
    provenance: {}, resource: null, credentials: [], environment: "staging", outcome: null, decision: null, reasoning: null,
    source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null }, ...part,
  };
}

const attempt = (command: string, callId = "c"): Action =>
  action(`${callId}:attempt`, { callId, phase: "attempt", inputs: captured(JSON.stringify({ command })), outputs: null });
const emptyResult = (callId = "c"): Action => action(`${callId}:result`, { callId });
const shell = (id: string, command: string): Action => action(id, { request: { kind: "shell", command } });

/** Which of the records count, in this order. */
function counted(...records: Action[]): boolean[] {
  const weight = newCallWeight();
  const ids = new Set<string>();
  return records.map((record) => {
    const repeat = ids.has(record.id);
    ids.add(record.id);
    return countsAnew(weight, observe(record, START_MS, new Registry()), repeat);
  });
}

describe("a call's records", () => {
  it("count once, attempt before result", () => {
    expect(counted(attempt("rm -rf build"), emptyResult())).toEqual([true, false]);
  });
  it("count what was done although an empty result came first", () => {
    expect(counted(emptyResult(), attempt("rm -rf build"))).toEqual([true, true]);
    expect(counted(emptyResult(), attempt("ls"), emptyResult())).toEqual([true, true, false]);
  });
  it("count each deletion that one tool call caused, and the tool call that says the same not again", () => {
    expect(counted(shell("1", "rm a"), shell("2", "rm b"), shell("3", "rm c"), attempt("clean")).filter(Boolean)).toHaveLength(3);
    expect(counted(attempt("rm -rf build"), shell("1", "rm a"), shell("2", "rm b"))).toEqual([true, false, true]);
  });
  it("count the destructive one of two under the same id, and a repeated one not again", () => {
    expect(counted(shell("1", "ls"), shell("1", "rm -rf build"), shell("1", "rm -rf build"))).toEqual([true, true, false]);
  });
});

describe("a burst", () => {
  const CALLS = 40;
  const reads = Array.from({ length: 60 }, (_, index) => [attempt(`cat src/a${index % 9}.ts`, `r${index}`), emptyResult(`r${index}`)]).flat();
  const deletes = Array.from({ length: CALLS }, (_, index) => [attempt(`rm -rf build/${index}`, `d${index}`), emptyResult(`d${index}`)]).flat();
  const trips = (records: readonly Action[]): number =>
    replay(records.map((one, index): ReplayRecord => ({ kind: "action", action: { ...one, eventMs: START_MS + index }, receiveMs: START_MS + index }))).trips.length;

  it("trips whether the results come before or after their attempts", () => {
    expect(trips([...reads, ...deletes])).toBe(1);
    expect(trips([...reads, ...deletes.toReversed()])).toBe(1);
    expect(trips([...reads, ...deletes].toSorted((a, b) => b.phase.localeCompare(a.phase)))).toBe(1);
  });
  it("trips in whatever order its records arrive", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(deletes, { minLength: deletes.length }), (shuffled) => {
        expect(trips([...reads, ...shuffled])).toBe(1);
      }),
      { numRuns: 30 },
    );
  });
});
