/** The account of the gate's campaign says so when something passed that must not: else that nothing did tells nothing. */
import { describe, expect, it } from "vitest";
import type { GateCampaign } from "./campaign.ts";
import { worldsOf } from "./campaign.ts";
import type { Ask } from "./clients.ts";
import { runLogOutages } from "./log-outages.ts";
import { account, merged, type Outage, type OutageRun, unrecordedOf } from "./outages.ts";
import { gateComplaints, gateDelays, gateReport } from "./report.ts";

const ask = (over: Partial<Ask>): Ask => ({ kind: "granted", callId: "c", startMs: 50, endMs: 60, passed: true, undecided: false, tries: 1, how: "", ...over });
const WINDOW = { what: "hangs", fromMs: 0, toMs: 100, closedFromMs: 20, closedToMs: 100, deadUntilMs: 40, backMs: 1, startMs: null } as const;
const ALL_WELL: Outage = { what: "hangs", reads: { asked: 100, succeeded: 99, retried: 0, longestMs: 1, failures: ["sdkRead: 503"] }, triedOnceWhileDead: 0, irreversible: { asked: 9, passed: [] }, backMs: 2_000, startMs: null };
const RUN: OutageRun = { outages: [ALL_WELL], neverApproved: [], unrecorded: [], readsTrailing: 3 };
const NONE: GateCampaign = { changes: null, uses: null, trips: null, log: null, kills: null };
const logOf = (over: Partial<OutageRun>): GateCampaign => ({ ...NONE, log: { ...RUN, ...over, seconds: 1 } });
const complaintsOf = (campaign: GateCampaign): string[] => gateComplaints(gateReport(campaign));

describe("one outage", () => {
  it("counts what was asked and answered while nothing irreversible may pass", () => {
    const passedOf = (one: Partial<Ask>): number => account([ask(one)], WINDOW).irreversible.passed.length;
    expect(passedOf({})).toBe(1);
    expect(passedOf({ kind: "held" })).toBe(1);
    expect(passedOf({ passed: false })).toBe(0);
    // While what the gate knew was current still, after it was over, and what was decided once it was over.
    expect([passedOf({ startMs: 10 }), passedOf({ startMs: 100, endMs: 110 }), passedOf({ endMs: 101 })]).toEqual([0, 0, 0]);
  });

  it("counts each read but those that nobody could serve, and that nobody tries again", () => {
    const asks = [ask({ kind: "proxyReadOnce", startMs: 30, passed: false }), ask({ kind: "proxyReadOnce" }), ask({ kind: "proxyRead", startMs: 30, tries: 2 }), ask({ kind: "sdkRead", passed: false, how: "503" })];
    expect(account(asks, WINDOW)).toMatchObject({ reads: { asked: 3, succeeded: 2, retried: 1, failures: ["sdkRead: 503"] }, triedOnceWhileDead: 1, irreversible: { asked: 0 } });
  });

  it("misses the record of what the gate let pass, and of nothing else", () => {
    const asks = [ask({ callId: "1" }), ask({ callId: "2" }), ask({ callId: "3", passed: false }), ask({ callId: "4", kind: "sdkRead", undecided: true })];
    expect(unrecordedOf(asks, new Set(["1"])).map(({ callId }) => callId)).toEqual(["2"]);
  });
});

describe("the report", () => {
  it("has nothing to complain of where all is well, and says what took longer than its goal apart from that", () => {
    expect(complaintsOf(logOf({}))).toEqual([]);
    expect(gateDelays(gateReport(logOf({})))).toEqual([]);
    const late = logOf({ outages: [{ ...ALL_WELL, backMs: 2_001 }] });
    expect([complaintsOf(late), gateDelays(gateReport(late))]).toEqual([[], ["withoutLog.backMsMax: 2001, goal <= 2000"]]);
  });

  it.each<[string, Partial<OutageRun>]>([
    ["withoutLog.irreversiblePassed: 1", { outages: [{ ...ALL_WELL, irreversible: { asked: 9, passed: ["granted"] } }] }],
    ["withoutLog.notBack: 1", { outages: [{ ...ALL_WELL, backMs: null }] }],
    ["withoutLog.readsShare: 0.98", { outages: [{ ...ALL_WELL, reads: { ...ALL_WELL.reads, succeeded: 98 } }] }],
    ["stale.irreversiblePassed: 1", { outages: [{ ...ALL_WELL, what: "ends", irreversible: { asked: 9, passed: ["granted"] } }] }],
    ["log.neverApprovedPassed: 1", { neverApproved: ["held passed"] }],
    ["log.unrecorded: 1", { unrecorded: ["granted 1"] }],
  ])("complains of %s", (named, run) => {
    expect(complaintsOf(logOf(run))[0]).toContain(named);
  });

  it("complains of changes that were executed, of controls that were not, and of uses but one", () => {
    const changes = { changes: 10, executed: 1, unchanged: 3, unchangedExecuted: 2, kinds: {}, seconds: 1 };
    expect(complaintsOf({ ...NONE, changes })).toEqual(["changes.executed: 1, must be = 0", "changes.unchangedExecuted: 2, must be = 3"]);
    const uses = { uses: 9, gates: 3, allowed: 2, denied: 7, claims: 2, seconds: 1 };
    expect(complaintsOf({ ...NONE, uses })).toHaveLength(3);
    expect(complaintsOf({ ...NONE, uses: { ...uses, allowed: 1, denied: 8, claims: 1 } })).toEqual([]);
  });
});

it("shares the outages out to the last, some of each kind to every gate", () => {
  const worlds = worldsOf({ withoutLog: 80, stale: 80, gates: 16 });
  expect(worlds.flat()).toHaveLength(160);
  for (const breaks of worlds) expect([breaks.length, new Set(breaks).size]).toEqual([10, 4]);
  expect(worldsOf({ withoutLog: 3, stale: 1, gates: 8 }).flat().toSorted()).toEqual(["ends", "hangs", "refuses", "refuses"]);
});

describe("a gate that does not fail closed", () => {
  it("is found where its knowledge never counts as stale", async () => {
    const run = await runLogOutages({ breaks: ["ends", "readers"], lastsMs: 800, limits: { confirmEveryMs: 50, confirmTimeoutMs: 100, currentForMs: 60_000 }, currentForMs: 100, pauseMs: 20 });
    for (const { what, irreversible } of run.outages) expect(irreversible.passed.length, what).toBeGreaterThan(0);
    expect(complaintsOf({ ...NONE, log: { ...merged([run]), seconds: 1 } })[0]).toContain("stale.irreversiblePassed");
  });

  it("is found where it lets pass what the log does not have", async () => {
    const run = await runLogOutages({ breaks: ["forgets"], lastsMs: 200, limits: {}, pauseMs: 20 });
    expect(complaintsOf({ ...NONE, log: { ...run, seconds: 1 } })[0]).toContain("log.unrecorded");
  });
});

it("a gate without its log refuses reads in the end, and lets none pass that is not on record once the log is back", async () => {
  const { outages, unrecorded } = await runLogOutages({ breaks: ["hangs"], lastsMs: 800, limits: { trailingRecords: 8, recordTimeoutMs: 200 }, pauseMs: 20 });
  expect(outages[0]?.reads.failures).toContain("proxyReadOnce: 503");
  expect([outages[0]?.irreversible.passed, unrecorded]).toEqual([[], []]);
  expect(outages[0]?.backMs).not.toBeNull();
});
