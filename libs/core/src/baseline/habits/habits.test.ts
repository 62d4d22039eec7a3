import { createHash } from "node:crypto";
import { capture } from "@tripline/canonical";
import type { Action, Provenance } from "@tripline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readArguments } from "./arguments.ts";
import { ARGUMENT_KINDS, AT, MAP_BYTES, newBlock, restoreBlock, serializeBlock, type HabitBlock } from "./block.ts";
import { countIn, meetTool, mix } from "./counts.ts";
import { learnHabits, measureHabits, newHabitEvidence, statesOrigins, type HabitEvidence } from "./habits.ts";
import { learnName } from "./names.ts";
import { learnScore } from "./tail.ts";

const USUAL_CALLS = 300;

describe("habits of arguments", () => {
  it("a value new to the agent, out of tool output, in a call that owes nothing to its task, is improbable for an agent that never did that", () => {
    const block = payer();
    const evidence = measured(block, pay("XX99", "tool-output", "novel"));
    expect(evidence.isUntasked).toBe(true);
    expect(evidence.bits).toBeGreaterThan(9);
  });

  it("the same value from the task, or one that the agent knows, is ordinary", () => {
    const block = payer();
    expect(measured(block, pay("XX99", "task", "novel")).bits).toBeLessThan(2);
    expect(measured(block, pay("XX1", "tool-output", "novel")).bits).toBeLessThan(2);
  });

  it("weighs little where something of the call came from the task", () => {
    const block = payer();
    expect(measured(block, pay("XX99", "tool-output", "task")).score).toBeLessThan(measured(block, pay("XX99", "tool-output", "novel")).score / 2);
  });

  it("is ordinary for an agent whose work is to follow what it reads", () => {
    const block = newBlock();
    for (let at = 0; at < USUAL_CALLS; at += 1) live(block, pay(`XX${at}`, "tool-output", "novel", at));
    expect(measured(block, pay("YY99", "tool-output", "novel")).bits).toBeLessThan(3);
  });

  it("judges a newcomer mildly: what nobody knows the habit of is no alert", () => {
    expect(measured(newBlock(), pay("XX99", "tool-output", "novel")).bits).toBeLessThan(9);
  });

  it("a secret is as good as new each time: a password out of tool output stands out where the task used to give it", () => {
    const block = newBlock();
    for (let at = 0; at < USUAL_CALLS; at += 1) live(block, signIn("task", at));
    expect(measured(block, signIn("tool-output", 0)).bits).toBeGreaterThan(9);
  });

  it("with or without scheme and path, a web address is its host", () => {
    const block = newBlock();
    for (let at = 0; at < USUAL_CALLS; at += 1) live(block, call("browse", { url: `https://www.example.com/page-${at % 7}` }, { url: "tool-output" }, at));
    expect(measured(block, call("browse", { url: "example.com/elsewhere" }, { url: "tool-output" })).bits).toBeLessThan(2);
    expect(measured(block, call("browse", { url: "https://example.net/page-1" }, { url: "tool-output" })).bits).toBeGreaterThan(9);
  });

  it("what was not ordinary teaches no name", () => {
    const block = payer();
    const strange = pay("XX99", "tool-output", "novel");
    const before = measured(block, strange);
    learnHabits(block, strange, before, false);
    expect(measured(block, strange).score).toBeCloseTo(before.score);
    learnHabits(block, strange, before, true);
    expect(measured(block, strange).score).toBeLessThan(before.score / 2);
  });

  it("scores that come again and again are no longer improbable: alerts follow the agent instead of repeating for ever", () => {
    const block = payer();
    const first = measured(block, pay("XX99", "tool-output", "novel")).bits;
    for (let at = 0; at < 20; at += 1) learnHabits(block, pay("XX99", "tool-output", "novel"), measured(block, pay("XX99", "tool-output", "novel")), false);
    expect(measured(block, pay("XX99", "tool-output", "novel")).bits).toBeLessThan(first / 2);
  });

  it("nothing stated, nothing readable: nothing measured, and nothing thrown", () => {
    expect(statesOrigins(call("browse", { url: "x" }, {}))).toBe(false);
    const block = newBlock();
    for (const text of ["", "{", "[]", "null", '"text"', "x".repeat(20_000), "[".repeat(9_000)]) {
      const action = { ...call("browse", {}, { url: "tool-output", "a[3].b": "novel", "": "task" }), inputs: { ...capture("{}"), text } };
      const evidence = measured(block, action);
      learnHabits(block, action, evidence, true);
      expect(Number.isFinite(evidence.bits)).toBe(true);
    }
  });

  it("reads nested arguments and lists by the paths that the SDK writes", () => {
    const block = newBlock();
    const send = (mail: string, origin: Provenance, at = 0): Action => call("send", { to: [{ mail }], "odd.key": "known text" }, { "to[0].mail": origin, "odd.key": "novel" }, at);
    for (let at = 0; at < USUAL_CALLS; at += 1) live(block, send("a@example.com", "task", at));
    const [argument] = measured(block, send("b@example.net", "tool-output")).arguments;
    expect(argument?.signs.path).toBe("to[].mail");
    expect(argument?.bits).toBeGreaterThan(4);
  });
});

describe("what an agent puts around an injected value", () => {
  const INJECTED = { recipient: "XX99" };
  it.each<readonly [string, Record<string, unknown>, Record<string, Provenance>]>([
    ["harmless arguments", { ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`note${at}`, "plain"])), ...INJECTED }, Object.fromEntries([...Array.from({ length: 40 }, (_, at) => [`note${at}`, "novel"] as const), ["recipient", "tool-output"]])],
    ["a long note, so that the inputs cannot be read", { subject: "x".repeat(20_000), ...INJECTED }, { subject: "novel", recipient: "tool-output" }],
    ["known names before it in the same value", { recipient: `${Array.from({ length: 12 }, (_, at) => `XX${at % 5}`).join(" ")} XX99` }, { recipient: "tool-output" }],
    ["a beginning that fills the bound", { recipient: `${"word ".repeat(200)}XX99` }, { recipient: "tool-output" }],
  ])("hides nothing of it: %s", (_, args, provenance) => {
    expect(measured(payer(), call("send_money", args, provenance)).bits).toBeGreaterThan(9);
  });

  it("as one of many in a list it is found as well", () => {
    const block = newBlock();
    const send = (list: string[], last: Provenance, at = 0): Action => call("send", { to: list }, Object.fromEntries(list.map((_, index) => [`to[${index}]`, index === list.length - 1 ? last : "task"])), at);
    const known = Array.from({ length: 30 }, (_, index) => `user${index}@example.com`);
    for (let at = 0; at < USUAL_CALLS; at += 1) live(block, send(known, "task", at));
    expect(measured(block, send([...known, "new@example.net"], "tool-output")).arguments[0]?.bits).toBeGreaterThan(4);
  });

  it("is the same in whatever order a list states where its elements came from", () => {
    const origin = fc.constantFrom<Provenance>("task", "tool-output", "novel");
    fc.assert(
      fc.property(fc.array(origin, { minLength: 1, maxLength: 24 }).chain((origins) => fc.tuple(fc.constant(origins), fc.shuffledSubarray(origins.map((_, at) => at), { minLength: origins.length, maxLength: origins.length }))), ([origins, order]) => {
        const list = (positions: readonly number[]) => {
          const [signs] = readArguments(call("t", { to: origins.map(() => "user@example.com") }, Object.fromEntries(positions.map((at) => [`to[${at}]`, origins[at]!]))));
          return [signs?.origin, signs?.isTasked, signs?.isHidden];
        };
        expect(list(order)).toEqual(list(origins.map((_, at) => at)));
        expect(list(order)[0]).toBe(origins.includes("tool-output") ? "tool-output" : origins.includes("novel") ? "novel" : "task");
      }),
    );
  });

  it("ends, and within bounds, however its paths and inputs are built", () => {
    let nested: unknown = "x";
    for (let depth = 0; depth < 100; depth += 1) nested = { a: nested };
    const paths = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`${"a.".repeat(100)}a${at}`, "novel"] as const));
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`k${at}`, "v"]));
    for (const args of [nested, wide, paths]) expect(readArguments(call("t", args as Record<string, unknown>, paths))).toHaveLength(16);
  });
});

describe("a stored block of habits", () => {
  it("comes back as it was, and judges the same", () => {
    const block = payer();
    const back = restoreBlock(serializeBlock(block));
    expect(back?.u8).toEqual(block.u8);
  });

  it("lies as earlier releases stored it, with and without an older generation of names", () => {
    const digests = [500, 2_000].map((names) => {
      const block = newBlock();
      for (let at = 0; at < names; at += 1) {
        learnName(block, mix(at, 3));
        countIn(block, mix(at % 70, 1));
        meetTool(block, mix(at % 9, 2));
        learnScore(block, ((at * 7) % 40) / 2);
      }
      const bytes = serializeBlock(block);
      expect(serializeBlock(restoreBlock(bytes)!)).toEqual(bytes);
      return `${bytes.length} ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;
    });
    expect(digests).toEqual(["1198 3493d03c7b8b59ec", "1710 146a4de6c8f01ec2"]);
  });

  it("as an earlier release stored it, without bits for tools, is read, and its tools are counted anew", () => {
    const block = payer();
    block.u32.fill(0, AT.metTools / 4);
    block.f32[AT.tools / 4] = 1_000;
    const back = restoreBlock(serializeBlock(block))!;
    // The map of words that every stored block begins with is as long as it was.
    expect(MAP_BYTES).toBe(82);
    expect(back.f32[AT.tools / 4]).toBe(0);
    expect([...back.u8.subarray(AT.names)]).toEqual([...block.u8.subarray(AT.names)]);
    live(back, pay("XX1", "task", "novel"));
    expect(back.f32[AT.tools / 4]).toBe(1);
  });

  it("is refused when cut short, too long, or holding no numbers", () => {
    const bytes = serializeBlock(payer());
    expect(restoreBlock(bytes.subarray(0, -1))).toBeNull();
    expect(restoreBlock(Uint8Array.of(...bytes, 0))).toBeNull();
    const block = payer();
    block.f32[0] = Number.NaN;
    expect(restoreBlock(serializeBlock(block))).toBeNull();
    expect(restoreBlock(new Uint8Array(3))).toBeNull();
  });
});

describe("a long life", () => {
  it("counts each tool once, however often its calls fade and come again", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 1, maxLength: 6 }), fc.integer({ min: 100, max: 600 }), (rare, between) => {
        const block = newBlock();
        const names = new Set(["usual"]);
        for (const tool of [...rare, ...rare]) {
          for (let at = 0; at < between; at += 1) live(block, call("usual", { a: "x" }, { a: "task" }, at));
          live(block, call(`rare${tool}`, { a: "x" }, { a: "task" }));
          names.add(`rare${tool}`);
        }
        expect(block.f32[AT.tools / 4]).toBeLessThanOrEqual(names.size);
        expect(block.f32[AT.tools / 4]).toBeGreaterThan(names.size / 2);
      }),
      { numRuns: 20 },
    );
  });

  it("lets the totals by kind of argument fade with the calls that they are of", () => {
    const block = newBlock();
    for (let at = 0; at < 5_000; at += 1) live(block, call("usual", { a: "x" }, { a: at < 2_500 ? "task" : "novel" }, at));
    const kinds = [...block.f32.subarray(AT.kinds / 4, AT.kinds / 4 + ARGUMENT_KINDS)];
    const all = kinds.reduce((sum, one) => sum + one, 0);
    expect(Math.abs(all - block.f32[AT.calls / 4]!)).toBeLessThan(4);
    expect(Math.max(...kinds.filter((_, kind) => kind % 3 === 2))).toBeGreaterThan(0.9 * all);
  });
});

/** Pays a few known accounts, named by its tasks. */
function payer(): HabitBlock {
  const block = newBlock();
  for (let at = 0; at < USUAL_CALLS; at += 1) live(block, pay(`XX${at % 5}`, "task", "novel", at));
  return block;
}

function pay(account: string, origin: Provenance, subject: Provenance, at = 0): Action {
  return call("send_money", { recipient: account, subject: "Rent" }, { recipient: origin, subject }, at);
}

function signIn(origin: Provenance, at: number): Action {
  return call("set_password", { password: "[redacted:password]" }, { password: origin }, at);
}

function live(block: HabitBlock, action: Action): void {
  learnHabits(block, action, measured(block, action), true);
}

function measured(block: HabitBlock, action: Action): HabitEvidence {
  const evidence = newHabitEvidence();
  measureHabits(block, action, evidence);
  return evidence;
}

function call(tool: string, args: Record<string, unknown>, provenance: Record<string, Provenance>, at = 0): Action {
  return {
    v: 1, id: `call-${at}`, callId: `call-${at}`, tenant: "acme", agent: { id: "a", name: null, version: null, role: null, runtime: null },
    assurance: "channel", claimedAgent: null, session: `session-${at}`, parentSession: null, task: null, phase: "attempt", eventMs: at, tool, operation: null,
    request: null, inputs: capture(JSON.stringify(args)), outputs: null, provenance, resource: null, credentials: [], environment: null, outcome: null,
    decision: null, reasoning: null, source: { dialect: "tripline", signal: "log", traceId: null, spanId: null, parentSpanId: null },
  };
}
