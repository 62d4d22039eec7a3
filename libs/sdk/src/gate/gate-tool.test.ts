import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { createTripline, type GateOptions, type Tripline, TriplineDenied, TriplineGateAway, TriplineHeld } from "../index.ts";
import { type Recorder, startRecorder } from "../testing/recorder.ts";
import { decision, type StandInGate, startStandInGate, TOKEN } from "../testing/stand-in-gate.ts";

let gate: StandInGate;
let recorder: Recorder;
const open: Tripline<true>[] = [];
beforeEach(async () => {
  [gate, recorder] = await Promise.all([startStandInGate(), startRecorder()]);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((tripline) => tripline.shutdown(1_000)));
  await Promise.all([gate.close(), recorder.close()]);
});

function gated(over: Partial<GateOptions> = {}): Tripline<true> {
  const tripline = createTripline({ endpoint: recorder.endpoint, ingestToken: "t", agent: { name: "a" }, session: "s1", task: "Tidy up.", gate: { url: gate.url, token: TOKEN, ...over } });
  open.push(tripline);
  return tripline;
}

/** A tool, and how often it ran. */
function counted() {
  const ran: unknown[] = [];
  return { ran, tool: (input: { sql: string }): string => `${ran.push(input)} row` };
}
const events = async (tripline: Tripline<true>): Promise<string[]> => {
  await tripline.flush(2_000);
  return recorder.records().map(({ event, attributes }) => `${event.split(".").at(-1)} ${(attributes["tripline.outcome.status"] as string | undefined) ?? ""}`.trim());
};

describe.each(["url", "socketPath"] as const)("a gated tool, asking by %s,", (place) => {
  const by = (over: Partial<GateOptions> = {}): Tripline<true> => {
    const tripline = createTripline({ endpoint: recorder.endpoint, ingestToken: "t", agent: { name: "a" }, gate: { token: TOKEN, ...(place === "url" ? { url: gate.url } : { socketPath: gate.socketPath }), ...over } });
    open.push(tripline);
    return tripline;
  };
  it("runs once the gate has allowed the call", async () => {
    const { ran, tool } = counted();
    expect(await by().wrapTool("sql", tool)({ sql: "select 1" })).toBe("1 row");
    expect(ran).toEqual([{ sql: "select 1" }]);
    expect(gate.asked).toMatchObject([{ tool: "sql", arguments: { sql: "select 1" } }]);
  });
  it("asks many at a time, and gives each its own answer", async () => {
    const { tool } = counted();
    const wrapped = by().wrapTool("sql", tool);
    for (let i = 0; i < 30; i += 1) gate.answers.push((asked) => ({ ...decision((asked["arguments"] as { sql: string }).sql)(asked), delayMs: (i * 7) % 40 }));
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, (_, i) => wrapped({ sql: i % 3 === 0 ? "deny" : "allow" })));
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? "rejected" : "fulfilled")));
  });
  it("does not run a call that the gate refused, and says why and what would do instead", async () => {
    const { ran, tool } = counted();
    gate.answers.push(decision("deny", { reasons: ["It drops a table."], saferAlternative: "Rename it first." }));
    const failed = await by().wrapTool("sql", tool)({ sql: "drop table a" }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(TriplineDenied);
    expect((failed as TriplineDenied).message).toBe("Tripline refused sql (rule.deny): It drops a table. Safer: Rename it first.");
    expect((failed as TriplineDenied).verdict).toMatchObject({ rule: "rule.deny", callId: gate.asked[0]?.callId });
    expect(ran).toEqual([]);
  });
  it("does not run a held call, and says which approval it waits for", async () => {
    const { ran, tool } = counted();
    gate.answers.push(decision("hold"));
    const failed = await by().wrapTool("sql", tool)({ sql: "drop table a" }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(TriplineHeld);
    expect((failed as TriplineHeld).approval).toEqual({ id: "ap-1", link: "http://x/ap-1", expiresAtMs: 9 });
    expect([ran, gate.asked.length]).toEqual([[], 1]);
  });
  it("waits for the approval where it is told to, and runs the same call with it, once", async () => {
    const { ran, tool } = counted();
    gate.answers.push(decision("hold"), decision("hold"), { status: 503, body: { error: { code: "TL_GATE_UNAVAILABLE" } } }, decision("allow"));
    expect(await by({ waitMs: 5_000, askEveryMs: 50 }).wrapTool("sql", tool)({ sql: "drop table a" })).toBe("1 row");
    expect(gate.asked.map(({ approvalId }) => approvalId)).toEqual([undefined, "ap-1", "ap-1", "ap-1"]);
    expect(new Set(gate.asked.map(({ callId }) => callId)).size).toBe(1);
    expect(ran).toHaveLength(1);
  });
  it("does not run what humans refused while it waited, nor what nobody approved in time", async () => {
    const { ran, tool } = counted();
    const wrapped = by({ waitMs: 200, askEveryMs: 50 }).wrapTool("sql", tool);
    gate.answers.push(decision("hold"), decision("deny", { rule: "approval.refused" }));
    await expect(wrapped({ sql: "drop table a" })).rejects.toBeInstanceOf(TriplineDenied);
    gate.answers.push(...Array.from({ length: 20 }, () => decision("hold")));
    await expect(wrapped({ sql: "drop table b" })).rejects.toBeInstanceOf(TriplineHeld);
    expect(ran).toEqual([]);
  });
  it.each([
    ["hangs up", { hangUp: true }],
    ["says nothing", { silent: true }],
    ["cannot decide now", { status: 503, body: { error: { code: "TL_GATE_UNAVAILABLE" } } }],
    ["answers without a decision", { body: { hello: 1 } }],
    ["answers about another call", decision("allow", { callId: "another" })],
    ["answers a word that is none", decision("perhaps")],
    ["holds without an approval", decision("hold", { approval: null })],
  ])("runs nothing but a declared read where the gate %s", async (_what, told) => {
    const { ran, tool } = counted();
    const tripline = by({ timeoutMs: 150 });
    for (const options of [{}, { effect: "write" }, { effect: "delete" }] as const) {
      gate.answers.push(told, told);
      await expect(tripline.wrapTool("sql", tool, options)({ sql: "x" })).rejects.toBeInstanceOf(TriplineGateAway);
      gate.answers.length = 0;
    }
    expect(ran).toEqual([]);
    gate.answers.push(told, told);
    expect(await tripline.wrapTool("sql", tool, { effect: "read" })({ sql: "x" })).toBe("1 row");
    expect(tripline.stats().gate).toEqual({ allowed: 0, denied: 0, held: 0, away: 4 });
  });
  it("does not run even a declared read where the gate knows no such token, or cannot use the question", async () => {
    const { ran, tool } = counted();
    await expect(by({ token: "another-token-0123456" }).wrapTool("sql", tool, { effect: "read" })({ sql: "x" })).rejects.toThrow(/TL_GATE_UNAUTHENTICATED/u);
    gate.answers.push({ status: 400, body: { error: { code: "TL_GATE_INVALID" } } });
    await expect(by().wrapTool("sql", tool, { effect: "read" })({ sql: "x" })).rejects.toBeInstanceOf(TriplineGateAway);
    expect(ran).toEqual([]);
  });
  it("asks again once the gate is back", async () => {
    const { tool } = counted();
    const wrapped = by().wrapTool("sql", tool);
    await wrapped({ sql: "a" });
    gate.answers.push({ hangUp: true }, { hangUp: true });
    await expect(wrapped({ sql: "b" })).rejects.toBeInstanceOf(TriplineGateAway);
    gate.answers.length = 0;
    expect(await wrapped({ sql: "c" })).toBe("2 row");
  });
});

describe("a gated tool", () => {
  it("runs nothing where there is no gate at all, unless it is a declared read and the runtime leaves that on", async () => {
    const { ran, tool } = counted();
    const nowhere = { url: "http://127.0.0.1:1" };
    await expect(gated(nowhere).wrapTool("sql", tool)({ sql: "x" })).rejects.toThrow(/ECONNREFUSED/u);
    await expect(gated({ ...nowhere, whenAway: { read: "deny" } }).wrapTool("sql", tool, { effect: "read" })({ sql: "x" })).rejects.toBeInstanceOf(TriplineGateAway);
    expect(ran).toEqual([]);
    expect(await gated(nowhere).wrapTool("sql", tool, { effect: "read" })({ sql: "x" })).toBe("1 row");
  });
  it("reports the result under the call id of the gate's record, and no attempt", async () => {
    const tripline = gated();
    await tripline.wrapTool("sql", counted().tool, { describe: () => ({ callId: "toolu_1" }) })({ sql: "x" });
    await tripline.wrapTool("sql", () => Promise.reject(new Error("no")))().catch(() => undefined);
    expect(await events(tripline)).toEqual(["result ok", "result error"]);
    expect(recorder.records()[0]?.attributes["gen_ai.tool.call.id"]).toBe("toolu_1");
    expect(gate.asked[0]?.callId).toBe("toolu_1");
    expect(gate.asked[1]?.callId).toBe(recorder.records()[1]?.attributes["gen_ai.tool.call.id"]);
  });
  it("reports nothing of what did not run, and all of a read that nobody decided on", async () => {
    const tripline = gated();
    gate.answers.push(decision("deny"), decision("hold"), { status: 503, body: {} }, { status: 503, body: {} });
    for (let i = 0; i < 3; i += 1) await tripline.wrapTool("sql", counted().tool)({ sql: "x" }).catch(() => undefined);
    expect(await events(tripline)).toEqual([]);
    await tripline.wrapTool("sql", counted().tool, { effect: "read" })({ sql: "x" });
    expect(await events(tripline)).toEqual(["attempt", "result ok"]);
  });
  it("replaces a call id that the gate would not take, in telemetry too", async () => {
    const tripline = gated();
    await tripline.wrapTool("sql", counted().tool, { describe: () => ({ callId: "a b/c" }) })({ sql: "x" });
    await tripline.flush(2_000);
    expect(gate.asked[0]?.callId).toMatch(/^[0-9a-f-]{36}$/u);
    expect(recorder.records()[0]?.attributes["gen_ai.tool.call.id"]).toBe(gate.asked[0]?.callId);
  });
  it("tells the gate what the author knows, where values came from, and no secret", async () => {
    const tripline = gated();
    tripline.sawToolOutput("the volume is vol-9f8e7d6c");
    const secret = `ghp_${"aB3dE6gH9jK2".repeat(3)}`;
    await tripline.wrapTool("shell", (command: string) => command, { describe: (command) => ({ request: { kind: "shell", command }, resource: { kind: "volume", id: "vol-9f8e7d6c", environment: "staging" } }) })(
      `TOKEN=${secret} railway volume delete vol-9f8e7d6c`,
    );
    expect(gate.asked[0]).toMatchObject({ session: "s1", task: "Tidy up.", request: { kind: "shell", command: expect.stringContaining("railway volume delete") as string }, resource: { kind: "volume", id: "vol-9f8e7d6c", environment: "staging" } });
    expect(Object.values(gate.asked[0]?.["provenance"] ?? {})).toContain("tool-output");
    expect(JSON.stringify(gate.asked)).not.toContain(secret);
  });
  it("says so where the gate does not see all of the arguments", async () => {
    const tripline = gated();
    const wrapped = tripline.wrapTool("t", (..._args: unknown[]) => 1);
    const hiding = [{ get sql() { return "drop table a"; } }, new Proxy({ sql: "drop" }, {}), { run: () => 1 }, { bytes: new Uint8Array(4) }, { m: new Map([[1, 2]]) }, "x".repeat(300_000)];
    for (const one of hiding) await wrapped(one);
    expect(gate.asked.map(({ argumentsCut }) => argumentsCut)).toEqual(hiding.map(() => true));
    await wrapped({ sql: "select 1", list: [1, null, { a: true }] });
    expect(gate.asked.at(-1)).not.toHaveProperty("argumentsCut");
    await tripline.wrapTool("t", (_input: object, _context: object) => 1, { input: (first) => first })({ sql: "select 1" }, { abortSignal: new AbortController().signal });
    expect(gate.asked.at(-1)).toMatchObject({ arguments: { sql: "select 1" } });
    expect(gate.asked.at(-1)).not.toHaveProperty("argumentsCut");
  });
  it("does not run with other arguments than those that were decided on", async () => {
    const { ran, tool } = counted();
    const input = { sql: "select 1" };
    gate.answers.push((asked) => {
      input.sql = "drop table users";
      return decision("allow")(asked);
    });
    await expect(gated().wrapTool("sql", tool)(input)).rejects.toThrow(/sdk\.changed/u);
    expect(ran).toEqual([]);
  });
  it("does not run where its author's description fails", async () => {
    const { ran, tool } = counted();
    const failing = (): never => {
      throw new Error("s3cret");
    };
    const failed = await gated().wrapTool("sql", tool, { describe: failing, effect: "read" })({ sql: "x" }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(TriplineGateAway);
    expect(String(failed)).not.toContain("s3cret");
    expect(ran).toEqual([]);
  });
  it("has no way past the gate: neither `new`, nor `call`, nor `bind`", async () => {
    let ran = 0;
    function Tool(): void {
      ran += 1;
    }
    const wrapped = gated().wrapTool("t", Tool);
    gate.answers.push(decision("deny"), decision("deny"), decision("deny"));
    expect(() => Reflect.construct(wrapped, [])).toThrow(TypeError);
    await expect(wrapped.call(undefined)).rejects.toBeInstanceOf(TriplineDenied);
    await expect(wrapped.bind(null)()).rejects.toBeInstanceOf(TriplineDenied);
    await expect(Reflect.apply(wrapped, undefined, [])).rejects.toBeInstanceOf(TriplineDenied);
    expect(ran).toBe(0);
  });
  it("keeps `this`, name and errors of the tool", async () => {
    const tool = { factor: 3, async times(n: number): Promise<number> {
      if (n < 0) throw new RangeError("negative");
      return await Promise.resolve(n * this.factor);
    } };
    const wrapped = { factor: 3, times: gated().wrapTool("times", tool.times.bind(tool)) };
    expectTypeOf(wrapped.times).toEqualTypeOf<(n: number) => Promise<number>>();
    expect(await wrapped.times(2)).toBe(6);
    await expect(wrapped.times(-1)).rejects.toThrow(RangeError);
  });
});

describe("the options of the gate", () => {
  it.each([
    ["neither place", { token: "t" }],
    ["both places", { token: "t", url: "http://x", socketPath: "/x" }],
    ["no URL", { token: "t", url: "nowhere" }],
    ["another protocol", { token: "t", url: "ftp://x" }],
    ["no token", { token: "", url: "http://x" }],
    ["a time that is none", { token: "t", url: "http://x", timeoutMs: 0 }],
    ["a wait that is none", { token: "t", url: "http://x", waitMs: -1 }],
  ])("are checked at once: %s", (_what, options) => {
    expect(() => createTripline({ endpoint: "http://127.0.0.1:1", ingestToken: "t", agent: { name: "a" }, gate: options })).toThrow(TypeError);
  });
});
