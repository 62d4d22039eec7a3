import { beforeAll, describe, expect, it } from "vitest";
import type { Action, Command } from "@tripline/model";
import { accountOf } from "../baseline/account.ts";
import { BaselineTable } from "../baseline/baseline-table.ts";
import { measure } from "../baseline/measure.ts";
import { newBaselineView } from "../baseline/view.ts";
import { prepareClassifiers } from "../classify/sql/prepare.ts";
import { DEFAULT_POLICY } from "../registry/registry.ts";
import { compareTrips, type RecordedTrip } from "./comparison.ts";
import { Replayer, type ReplayOptions } from "./replay.ts";
import { type ReplayedTrip, ReplayTally } from "./tally.ts";

beforeAll(prepareClassifiers);

const START_MS = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;

function action(callId: string, atMs: number, command: string, part: Partial<Action> = {}): Action {
  return {
    v: 1, id: `${callId}:result`, callId, tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
    session: "s", parentSession: null, task: null, phase: "result", eventMs: START_MS + atMs, tool: "bash", operation: null, request: { kind: "shell", command }, inputs: null, outputs: null,
    provenance: {}, resource: null, credentials: [], environment: "staging", outcome: null, decision: null, reasoning: null,
    source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null }, ...part,
  };
}

const reset = (atMs: number, reason: string): Command => ({ v: 1, id: `r${atMs}`, tenant: "t", agent: "bot", kind: "reset", holdId: null, by: "soc", reason, atMs: START_MS + atMs });

function tallied(records: readonly (Action | Command)[], options: ReplayOptions = {}): ReplayTally {
  const replayer = new Replayer(options);
  const tally = new ReplayTally();
  for (const record of records) {
    if ("callId" in record) tally.note(replayer.judge(record, record.eventMs), record.eventMs);
    else {
      replayer.order(record, record.atMs);
      tally.reset(record, record.atMs);
    }
  }
  return tally;
}

const DESTROY = 'psql -c "DROP TABLE users"';

describe("what a trip would have cost and saved", () => {
  it("is what was destroyed in the hour before it, and what came from then on", () => {
    const records = [
      action("old", 0, "rm -rf dist/old"),
      action("near", 90 * 60_000, "rm -rf dist/near"),
      action("trip", 2 * HOUR_MS, DESTROY),
      action("more", 2 * HOUR_MS + 1, DESTROY),
      action("read", 2 * HOUR_MS + 2, "ls"),
      action("last", 2 * HOUR_MS + 3, "rm -rf dist/last"),
    ];
    expect(tallied(records).trips).toMatchObject([{
      reported: "after-it-ran",
      before: { destructive: 2, irreversible: 1, first: ["shell.rm dist/near", "sql.drop-table users"] },
      after: { destructive: 2, irreversible: 1 },
    }]);
  });
  it("counts the call that trips as kept where it was reported before it ran, and its result not again", () => {
    const records = [action("trip", 0, DESTROY, { id: "trip:attempt", phase: "attempt" }), action("trip", 5, DESTROY)];
    expect(tallied(records).trips).toMatchObject([{ reported: "before-it-ran", before: { destructive: 0 }, after: { destructive: 1 } }]);
  });
  it("ends where a human resets, whose words are kept with the trip", () => {
    const records = [action("trip", 0, DESTROY), reset(10, "false alarm: planned"), action("later", 20, "rm -rf dist")];
    expect(tallied(records).trips[0]).toMatchObject({ after: { destructive: 0 }, reset: { by: "soc", reason: "false alarm: planned" } });
  });
});

describe("what a rate is taken of", () => {
  it("are calls, however many records each has; a trip is no alert", () => {
    const tally = tallied([action("a", 0, "ls"), action("a", 1, "ls", { id: "a:more" }), action("trip", 2, DESTROY), action("x", 3, DESTROY, { assurance: "claimed" })]);
    expect(tally).toMatchObject({ actions: 4, calls: 2, claimed: 1, alerts: 0, agents: 1 });
  });
  it("are hours of the days on which an agent acted, from its own first action on", () => {
    expect(tallied([action("a", 0, "ls"), action("b", 2 * HOUR_MS, "ls")]).agentHours).toBeCloseTo(2);
    // Two idle days between them do not count.
    expect(tallied([action("a", 0, "ls"), action("b", 75 * HOUR_MS, "ls")]).agentHours).toBeCloseTo(24 + 3);
  });
  it("are the hours that the agent's own baseline counts, as doctor tells them", () => {
    const hours = [0, 0.5, 30, 31, 100, 119.5, 240, 250];
    const [table, view] = [new BaselineTable(1), newBaselineView()];
    const slot = table.allocate()!;
    for (const hour of hours) measure(table.page(slot), table.wordAt(slot), START_MS + hour * HOUR_MS, START_MS + hour * HOUR_MS, view);
    const { agentHours } = accountOf(table.serialize(slot), DEFAULT_POLICY)!;
    expect(agentHours).toBeCloseTo(tallied(hours.map((hour) => action(`h${hour}`, hour * HOUR_MS, "ls"))).agentHours, 3);
    expect(agentHours).toBeCloseTo(3 * 24 + 10, 3);
  });
});

describe("replayed trips beside recorded ones", () => {
  const recorded = (atMs: number, actionIds: readonly string[] = [], over: Partial<RecordedTrip> = {}): RecordedTrip => ({ tenant: "t", agent: "bot", atMs: START_MS + atMs, cause: "risk", summary: "", actionIds, ...over });
  const replayedTwice = (): readonly ReplayedTrip[] => tallied([action("one", 0, DESTROY), action("two", 5 * HOUR_MS, DESTROY)], { resetsAtOnce: true }).trips;

  it("belong together by their evidence, else by being near in time, each once", () => {
    const { both, onlyReplayed, onlyRecorded } = compareTrips(replayedTwice(), [recorded(4 * HOUR_MS, ["one:result"]), recorded(5 * HOUR_MS + 1_000), recorded(5 * HOUR_MS + 2_000)]);
    expect(both.map(({ replayed, laterMs }) => [replayed.actionId, laterMs])).toEqual([["one:result", -4 * HOUR_MS], ["two:result", -1_000]]);
    expect([onlyReplayed.length, onlyRecorded.length]).toEqual([0, 1]);
  });
  it("of another agent never do, nor what a human ordered", () => {
    const trips = replayedTwice();
    const answer = compareTrips(trips, [recorded(0, ["one:result"], { agent: "other" }), recorded(0, [], { cause: "command" })]);
    expect(answer).toMatchObject({ both: [], ordered: 1, onlyRecorded: [{ agent: "other" }] });
    expect(answer.onlyReplayed).toEqual(trips);
  });
});
