import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { CallMemory } from "@tripline/core";

describe("call memory", () => {
  it("recognises later phases and repeats, and forgets a call when its last record is too old", () => {
    const memory = new CallMemory(3);
    expect(memory.note("t/a", "", "c1", "c1:attempt").kind).toBe("first");
    expect(memory.note("t/a", "", "c1", "c1:attempt").kind).toBe("repeat");
    expect(memory.note("t/a", "", "c1", "c1:result").kind).toBe("later");
    memory.note("t/a", "", "c2", "c2");
    memory.note("t/a", "", "c3", "c3");
    expect(memory.note("t/a", "", "c1", "c1:decision").kind).toBe("later");
    for (const call of ["c4", "c5", "c6"]) memory.note("t/a", "", call, call);
    expect(memory.note("t/a", "", "c1", "c1:result").kind).toBe("first");
  });
  it("keeps agents apart that use the same call ids", () => {
    const memory = new CallMemory(10);
    memory.note("t/a", "", "1", "1");
    expect(memory.note("t/b", "", "1", "1").kind).toBe("first");
  });
  it("knows every call of a long window, and of a call id that a thousand sessions share, in time that does not grow with them", () => {
    const memory = new CallMemory(5_000);
    const ids = Array.from({ length: 5_000 }, (_, n) => [n % 2 === 0 ? `c${n}` : "call_0", `s${n}`] as const);
    for (const [callId, session] of ids) expect(memory.note("t/a", session, callId, "one").kind).toBe("first");
    for (const [callId, session] of ids) expect(memory.note("t/a", session, callId, "two").kind).toBe("later");
    for (const [callId] of ids) memory.note("t/b", "", `${callId}.`, "three");
    expect(memory.size).toBeLessThanOrEqual(5_000);
    for (const [callId, session] of ids) expect(memory.note("t/a", session, callId, "one").kind).toBe("first");
  });
  it("holds no more actions of a call that never ends than records", () => {
    const memory = new CallMemory(100);
    const held = Array.from({ length: 500 }, (_, n) => memory.note("t/a", "", "always", `a${n}`).call.moreActionIds?.length ?? 0);
    expect(Math.max(...held)).toBe(100);
    expect(memory.note("t/a", "", "always", "a499").kind).toBe("repeat");
  });
  it("holds no more calls than records, and is rebuilt whole from the last of them", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 80 }), fc.integer({ min: 1, max: 20 }), (calls, capacity) => {
        const lived = new CallMemory(capacity);
        const rebuilt = new CallMemory(capacity);
        // Few ids in several sessions of two agents: calls of one id come and go in every order.
        const note = (memory: CallMemory, call: number, actionId: string) => memory.note(call % 2 === 0 ? "t/a" : "t/b", `s${call % 3}`, `c${call % 4}`, actionId);
        calls.forEach((call, index) => note(lived, call, `a${index}`));
        calls.slice(-capacity).forEach((call, index) => note(rebuilt, call, `b${index}`));
        expect(lived.size).toBeLessThanOrEqual(capacity);
        expect(rebuilt.size).toBe(lived.size);
        for (let call = 0; call <= 12; call += 1) {
          // Each look is one more record for both, so they keep in step.
          expect(note(rebuilt, call, "probe").kind).toBe(note(lived, call, "probe").kind);
        }
      }),
    );
  });
});
