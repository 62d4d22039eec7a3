import { prepareClassifiers, replay, type ReplayRecord } from "@tripline/core";
import { decode, encode } from "@tripline/model";
import { beforeAll, describe, expect, it } from "vitest";
import { type Recorded, recordsOf } from "./actions.ts";
import { Judge, RUN_MS } from "./judge.ts";
import { Pace, START_MS } from "./replayed.ts";
import type { Call, Session } from "./sessions.ts";

beforeAll(prepareClassifiers);

const call = (tool: string, args: Record<string, unknown>, more: Partial<Call> = {}): Call => ({ tool, args, provenance: {}, atMs: null, status: "ok", outputBytes: 12, ...more });
const shell = (command: string): Call => call("Bash", { command });
const session = (id: string, calls: readonly Call[]): Session => ({ id, agent: "clerk", runtime: null, task: "keep the books", calls });

const ORDINARY = [shell("ls -la"), shell("cat notes.txt"), call("Read", { file_path: "a.md" }), shell("rm -rf build/tmp"), call("send_mail", { to: "ana@example.com" })];
const HISTORY = Array.from({ length: 20 }, (_, index) => session(`h${index}`, ORDINARY));

describe("recorded calls", () => {
  it("are actions that the pipeline can decode, an attempt and its result", () => {
    const records = recordsOf(session("s1", [call("send_mail", { to: "ana@example.com" }, { provenance: { to: "tool-output" }, status: "error" })]));
    for (const { attempt, result } of records) {
      for (const action of [attempt, result]) expect(decode("actions", encode("actions", action))).toMatchObject({ ok: true, value: action });
      expect(attempt).toMatchObject({ phase: "attempt", provenance: { to: "tool-output" }, outcome: null, task: "keep the books" });
      expect(result).toMatchObject({ phase: "result", inputs: null, outcome: { status: "error" }, outputs: { fullBytes: 12 }, callId: attempt.callId });
    }
  });

  it("name secrets that they send by fingerprint, and keep none", () => {
    const secret = "sk_live_9aB3xY7qLm2Zt5Rw8Kp4Vn6Jd1Hs0Gf";
    const [recorded] = recordsOf(session("s1", [shell(`curl -H 'Authorization: Bearer ${secret}' https://api.example.com`)]));
    expect(recorded!.attempt.credentials).toHaveLength(1);
    expect(JSON.stringify(recorded)).not.toContain(secret);
  });

  it("lose the mark of a cut, which is not the agent's", () => {
    const [recorded] = recordsOf(session("s1", [shell("echo a long tex…[+611]")]));
    expect(recorded!.attempt.inputs!.text).toBe('{"command":"echo a long tex"}');
  });
});

describe("the judge", () => {
  const replayed = (judge: Judge, sessions: readonly Session[], pace = new Pace()) => sessions.flatMap((one) => pace.replay(judge, recordsOf(one)));

  it("says of each call what core's own replay of the same records says", () => {
    const dangerous = session("d", [shell("ls"), call("wipe_disk", { disk: "sda" }), shell("mkfs.ext4 /dev/sda1")]);
    const records: ReplayRecord[] = [];
    const pace = new Pace();
    const rules: string[] = [];
    const judge = new Judge("clerk");
    for (const one of [...HISTORY, dangerous]) {
      for (const judged of pace.replay({ judge: (recorded: Recorded, atMs: number) => note(records, recorded, atMs, judge.judge(recorded, atMs)) } as Judge, recordsOf(one))) rules.push(...judged.rules);
    }
    const found = replay(records);
    expect(rules).toEqual(found.findings.map(({ rule }) => rule));
    expect(rules.length).toBeGreaterThan(0);
    expect(found.trips).toHaveLength(1);
  });

  function note(records: ReplayRecord[], { attempt, result }: Recorded, atMs: number, judged: ReturnType<Judge["judge"]>): ReturnType<Judge["judge"]> {
    for (const [action, at] of [[attempt, atMs], [result, atMs + RUN_MS]] as const) records.push({ kind: "action", action: { ...action, eventMs: at }, receiveMs: at });
    return judged;
  }

  it("holds and stops what cannot be undone before it runs, and counts a reset breaker's next trip again", () => {
    const judged = replayed(new Judge("clerk"), [session("s", [shell("ls"), shell("mkfs.ext4 /dev/sda1"), shell("ls"), shell("dropdb shop")])]);
    expect(judged.map(({ asks, stopped, tripped }) => [asks, stopped, tripped])).toEqual([[false, false, false], [true, true, true], [false, false, false], [true, true, true]]);
    expect(judged[1]!.bits).toBeGreaterThan(judged[0]!.bits);
  });

  it("put back to where it was says the same, whatever was judged between", () => {
    const judge = new Judge("clerk");
    const pace = new Pace();
    replayed(judge, HISTORY, pace);
    const trained = judge.take();
    const tested = session("t", [...ORDINARY, call("transfer", { account: "ZZ99" }, { provenance: { account: "tool-output" } }), shell("rm -rf data/old")]);
    const first = replayed(judge, [tested], pace.copy());
    replayed(judge, Array.from({ length: 30 }, (_, index) => session(`x${index}`, [call("transfer", { account: `YY${index}` }), shell("dropdb shop")])), pace.copy());
    judge.put(trained);
    expect(replayed(judge, [tested], pace.copy())).toEqual(first);
    expect(judge.take()).not.toEqual(trained);
  });
});

describe("pace", () => {
  it("keeps recorded distances, sets its own where there are none, and never goes back", () => {
    const times: number[] = [];
    const judge = { judge: (_recorded: Recorded, atMs: number) => void times.push(atMs) } as unknown as Judge;
    const pace = new Pace();
    pace.replay(judge, recordsOf(session("a", [10_000, 12_000, 11_000].map((atMs) => ({ ...shell("ls"), atMs })))));
    pace.replay(judge, recordsOf(session("b", [shell("ls"), shell("ls")])));
    expect(times.map((at) => at - START_MS)).toEqual([5_000, 7_000, 7_000, 1_812_000, 1_817_000]);
  });
});
