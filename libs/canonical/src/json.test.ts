import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { sha256Hex } from "./hash.ts";
import { canonicalJson, CANONICAL_MAX_CHARS, CANONICAL_MAX_DEPTH, CANONICAL_MAX_NODES, digest } from "./json.ts";

const textOf = (value: unknown): string => {
  const canonical = canonicalJson(value);
  if (!canonical.ok) throw new Error(canonical.reason);
  return canonical.text;
};
const nest = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 0);

describe("canonical JSON", () => {
  it("sorts members by UTF-16 code units, as RFC 8785 §3.2.3 does in its example", () => {
    const value = { "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis" };
    // Read off the text: parsing it would move the member named 1 to the front whatever its place.
    const order = ["\\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"].map((key) => textOf(value).indexOf(`"${key}":`));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order[0]).toBe(1);
  });

  it.each([
    [Number("333333333.33333329"), "333333333.3333333"],
    [1e30, "1e+30"],
    [4.5, "4.5"],
    [2e-3, "0.002"],
    [0.000000000000000000000000001, "1e-27"],
    [-0, "0"],
    [Number.MAX_SAFE_INTEGER, "9007199254740991"],
    ["\u20ac$\u000f\nA'B\"\\\\\"/", String.raw`"€$\u000f\nA'B\"\\\\\"/"`],
    [{ a: undefined, b: null }, '{"b":null}'],
  ])("writes %j as %s", (value, text) => {
    expect(textOf(value)).toBe(text);
  });

  it("is the same text for the same value, in whatever order it was built, and parses back to it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const canonical = canonicalJson(value);
        if (!canonical.ok) return expect(canonical.reason).toBe("lone-surrogate");
        expect(JSON.parse(canonical.text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(textOf(reversed(value))).toBe(canonical.text);
      }),
      { numRuns: 1_000 },
    );
  });

  it("never throws, whatever it is given", () => {
    fc.assert(fc.property(fc.anything({ withBigInt: true, withMap: true, withSparseArray: true, withDate: true, withNullPrototype: true }), (value) => typeof canonicalJson(value).ok === "boolean"), { numRuns: 1_000 });
  });

  it("keeps a member named __proto__ apart from a prototype", () => {
    expect(textOf(JSON.parse('{"__proto__":{"admin":true}}'))).toBe('{"__proto__":{"admin":true}}');
    expect(textOf(Object.create(null))).toBe("{}");
  });

  it.each([
    ["not-finite", [Number.NaN]],
    ["not-finite", { a: Number.POSITIVE_INFINITY }],
    ["lone-surrogate", "\ud800"],
    ["lone-surrogate", { "\udc00": 1 }],
    ["not-json", [undefined]],
    ["not-json", 1n],
    ["not-json", new Map()],
    ["not-json", new Date(0)],
    ["not-json", () => 1],
    ["not-json", { get a(): number { throw new Error("getter"); } }],
    ["too-deep", nest(CANONICAL_MAX_DEPTH + 1)],
    ["too-many", Array.from({ length: CANONICAL_MAX_NODES }, () => 1)],
    ["too-many", Object.assign([], { length: 4_294_967_295 })],
    ["too-long", "x".repeat(CANONICAL_MAX_CHARS)],
  ])("refuses as %s", (reason, value) => {
    expect(canonicalJson(value)).toEqual({ ok: false, reason });
    expect(digest(value)).toEqual({ ok: false, reason });
  });

  it("accepts what is exactly at its bounds", () => {
    expect(canonicalJson(nest(CANONICAL_MAX_DEPTH)).ok).toBe(true);
    expect(canonicalJson(Array.from({ length: CANONICAL_MAX_NODES - 1 }, () => 1)).ok).toBe(true);
    expect(canonicalJson("x".repeat(CANONICAL_MAX_CHARS - 2)).ok).toBe(true);
  });

  it("refuses a cycle by its depth", () => {
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    expect(canonicalJson(loop)).toEqual({ ok: false, reason: "too-deep" });
  });

  it("digests the canonical text", () => {
    expect(digest({ b: 1, a: [true] })).toEqual({ ok: true, digest: sha256Hex('{"a":[true],"b":1}') });
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of Object.entries(value).toReversed()) copy[key] = reversed(member);
  return copy;
}
