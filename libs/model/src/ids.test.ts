import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALL_AGENTS } from "./command.ts";
import { agentKey, findingId, isId, splitAgentKey, tripId } from "./ids.ts";
import { LIMITS } from "./limits.ts";

const ALPHABET = "ABCXYZabcxyz0189._:@+-".split("");
const ids = fc
  .tuple(fc.constantFrom("A", "z", "0"), fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 40 }))
  .map(([first, rest]) => first + rest);

describe("ids", () => {
  it("are safe wherever they are written: keys, URLs, file names, logs", () => {
    fc.assert(fc.property(ids, (id) => isId(id)));
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 12 }), (value) => {
        if (isId(value)) expect(value).toMatch(/^[\w.:@+-]+$/);
      }),
    );
  });

  it.each(["", ".", "..", "-x", "a/b", "a\\b", "a b", "a\n", "a\u0000", "é", "*", "a%2f", "\u202ea"])("refuse %j", (value) => {
    expect(isId(value)).toBe(false);
  });

  it("end at their longest", () => {
    expect(isId("a".repeat(LIMITS.idChars))).toBe(true);
    expect(isId("a".repeat(LIMITS.idChars + 1))).toBe(false);
  });

  it("cannot be mistaken for the key of all agents", () => expect(isId(ALL_AGENTS)).toBe(false));
});

describe("the key of an agent", () => {
  it("splits into what it was made of", () => {
    fc.assert(
      fc.property(ids, ids, (tenant, agent) => {
        expect(splitAgentKey(agentKey(tenant, agent))).toEqual({ tenant, agent });
      }),
    );
  });

  it("is different for different agents", () => {
    fc.assert(
      fc.property(ids, ids, ids, ids, (t1, a1, t2, a2) => {
        expect(agentKey(t1, a1) === agentKey(t2, a2)).toBe(t1 === t2 && a1 === a2);
      }),
    );
  });

  it.each(["", "/", "a", "a/", "/b"])("is not %j", (key) => expect(() => splitAgentKey(key)).toThrow(RangeError));
});

describe("derived ids", () => {
  it("make two reports of one trip the same trip, and the next generation's another", () => {
    const key = agentKey("acme", "deployer");
    expect(tripId(key, 3)).toBe(tripId(agentKey("acme", "deployer"), 3));
    expect(tripId(key, 4)).not.toBe(tripId(key, 3));
  });

  it("make two reports of one finding the same finding", () => {
    expect(findingId("scope-drift", "a1")).toBe(findingId("scope-drift", "a1"));
    expect(findingId("scope-drift", "a1")).not.toBe(findingId("destructive-burst", "a1"));
  });
});
