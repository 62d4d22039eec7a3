import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TSchema } from "typebox";
import { decode, encode } from "./codec.ts";
import { LIMITS } from "./limits.ts";
import { FACT_TOPICS, TOPICS, type FactTopic, type PayloadOf, type Topic } from "./topics.ts";

/** The part of JSON Schema that the model's schemas consist of. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}

/** Values that the schema allows, so that a field added to a schema is tested without a change here. */
function arbitrary(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(arbitrary));
  if ("const" in schema) return fc.constant(schema.const);
  switch (schema.type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "string":
      return text(schema.minLength ?? 0, schema.maxLength ?? Infinity);
    case "integer":
      return fc.integer({ min: schema.minimum ?? Number.MIN_SAFE_INTEGER, max: schema.maximum ?? Number.MAX_SAFE_INTEGER });
    case "number":
      return number(schema);
    case "array":
      return fc.array(arbitrary(schema.items ?? {}), { maxLength: Math.min(schema.maxItems ?? 3, 3) });
    case "object":
      return object(schema);
    case undefined:
    default:
      throw new RangeError(`no generator for ${JSON.stringify(schema).slice(0, 80)}`);
  }
}

/** Any UTF-16 units, lone surrogates, control and bidirectional characters included: agents send what they like. */
const unit = fc.integer({ min: 0, max: 0xff_ff }).map((code) => String.fromCodePoint(code));

function text(min: number, max: number): fc.Arbitrary<string> {
  if (min === 64 && max === 64) return fc.array(fc.constantFrom(..."0123456789abcdef".split("")), { minLength: 64, maxLength: 64 }).map((hex) => hex.join(""));
  return fc.string({ unit: fc.oneof(unit, fc.constantFrom('"', "\\", "é", "<")), minLength: min, maxLength: Math.min(max, 24) });
}

/** JSON has no infinities, and one zero. */
function number({ minimum, maximum }: Schema): fc.Arbitrary<number> {
  const bounds = { ...(minimum === undefined ? {} : { min: minimum }), ...(maximum === undefined ? {} : { max: maximum }) };
  return fc.double({ noNaN: true, noDefaultInfinity: true, ...bounds }).map((value) => (value === 0 ? 0 : value));
}

function object(schema: Schema): fc.Arbitrary<unknown> {
  const values = Object.values(schema.patternProperties ?? {})[0];
  if (values !== undefined) return fc.dictionary(fc.string({ maxLength: 12 }), arbitrary(values), { maxKeys: 3, noNullPrototype: true });
  return fc.record(Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, value]) => [key, arbitrary(value)])));
}

const schemaOf = (topic: Topic): Schema => {
  const payload: TSchema | undefined = TOPICS.get(topic)?.payload;
  return payload as Schema;
};
const payloads = <T extends Topic>(topic: T) => arbitrary(schemaOf(topic)) as fc.Arbitrary<PayloadOf<T>>;
const facts = Object.keys(FACT_TOPICS) as FactTopic[];
const topics: readonly Topic[] = [...TOPICS.keys()];
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const tick = { v: 1, atMs: 0 } as const;

function requiredOf(topic: FactTopic): readonly string[] {
  const schema: { readonly required?: readonly string[] } = FACT_TOPICS[topic].payload;
  return schema.required ?? [];
}

describe("the codec", () => {
  it.each(facts)("gives back every %s that it wrote", (topic) => {
    fc.assert(
      fc.property(payloads(topic), (value) => {
        expect(decode(topic, encode(topic, value))).toEqual({ ok: true, value });
      }),
      { numRuns: 60 },
    );
  });

  it("gives back every dead letter, on the topic of each fact", () => {
    fc.assert(
      fc.property(fc.constantFrom(...facts), payloads("actions.dead"), (topic, value) => {
        expect(decode(`${topic}.dead`, encode(`${topic}.dead`, value))).toEqual({ ok: true, value });
      }),
    );
  });

  it.each(facts)("refuses a %s with any one required field missing", (topic) => {
    const [sample] = fc.sample(payloads(topic), { numRuns: 1, seed: 7 });
    const keys = requiredOf(topic);
    expect(keys.length).toBeGreaterThan(1);
    for (const key of keys) {
      const { [key]: _left, ...rest } = sample as unknown as Record<string, unknown>;
      expect(decode(topic, bytesOf(rest)), key).toMatchObject({ ok: false, reason: key === "v" ? "unknown-version" : "not-valid" });
    }
  });

  it.each([0, 2, "1", null, undefined])("says of version %j that it does not know it, rather than guess", (v) => {
    for (const topic of topics) expect(decode(topic, bytesOf({ ...tick, v }))).toMatchObject({ ok: false, reason: "unknown-version" });
  });

  it.each(["null", "7", '"text"', "[]", "[1]", "{}"])("says of %s that it does not know its version", (json) => {
    expect(decode("clock", new TextEncoder().encode(json))).toMatchObject({ ok: false, reason: "unknown-version" });
  });

  it("answers, and never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.constantFrom(...topics), fc.uint8Array({ maxLength: 200 }), (topic, bytes) => {
        expect(decode(topic, bytes).ok).toBe(false);
      }),
    );
  });

  it("takes bytes that are not UTF-8 for broken, instead of repairing them", () => {
    expect(decode("clock", Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ ok: false, reason: "not-json" });
  });

  it("names the place of an invalid field, but never its value", () => {
    const result = decode("clock", bytesOf({ v: 1, atMs: "secret-value" }));
    expect(result).toMatchObject({ ok: false, reason: "not-valid", detail: expect.stringContaining("/atMs") });
    expect(JSON.stringify(result)).not.toContain("secret-value");
  });

  it("keeps the prototype clean when a key is called __proto__", () => {
    const [action] = fc.sample(payloads("actions"), { numRuns: 1, seed: 3 });
    const hostile = JSON.stringify({ ...action, provenance: {} }).replace('"provenance":{}', '"provenance":{"__proto__":"task","constructor":"novel"}');
    const decoded = decode("actions", new TextEncoder().encode(hostile));
    expect(decoded.ok).toBe(true);
    expect(({} as Record<string, unknown>)["task"]).toBeUndefined();
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });

  it("refuses a topic that does not exist", () => {
    expect(() => decode("nonsense" as Topic, bytesOf(tick))).toThrow("unknown topic");
  });
});

describe("bounds", () => {
  const letter = { v: 1, id: "a", reason: "r", detail: "", topic: "actions", payload: "", atMs: 0 } as const;
  const withPayload = (chars: number) => ({ ...letter, payload: "x".repeat(chars) });

  it("write a record of the largest size and refuse one byte more", () => {
    const frame = encode("actions.dead", letter).length;
    expect(encode("actions.dead", withPayload(LIMITS.recordBytes - frame))).toHaveLength(LIMITS.recordBytes);
    expect(() => encode("actions.dead", withPayload(LIMITS.recordBytes - frame + 1))).toThrow(`exceeds ${LIMITS.recordBytes}`);
  });

  it("read a dead letter's payload up to its bound and not beyond", () => {
    expect(decode("actions.dead", bytesOf(withPayload(65_536))).ok).toBe(true);
    expect(decode("actions.dead", bytesOf(withPayload(65_537)))).toMatchObject({ ok: false, reason: "not-valid" });
  });

  const [action] = fc.sample(payloads("actions"), { numRuns: 1, seed: 11 });
  const captured = (chars: number) => ({ text: "x".repeat(chars), fullBytes: 1, truncated: false, digest: "0".repeat(64) });
  it.each([
    ["id", LIMITS.idChars, (n: number) => ({ id: "x".repeat(n) })],
    ["tool", LIMITS.nameChars, (n: number) => ({ tool: "x".repeat(n) })],
    ["inputs", LIMITS.captureChars, (n: number) => ({ inputs: captured(n) })],
    ["request", LIMITS.captureChars, (n: number) => ({ request: { kind: "shell", command: "x".repeat(n) } })],
    ["reasoning", LIMITS.reasoningChars, (n: number) => ({ reasoning: "x".repeat(n) })],
    ["credentials", LIMITS.credentialsPerAction, (n: number) => ({ credentials: Array.from({ length: n }, () => ({ fingerprint: null, principal: null, leaseId: "l" })) })],
  ])("take an action's %s up to its bound and not beyond", (_field, bound, change) => {
    expect(decode("actions", bytesOf({ ...action, ...change(bound) })).ok).toBe(true);
    expect(decode("actions", bytesOf({ ...action, ...change(bound + 1) }))).toMatchObject({ ok: false, reason: "not-valid" });
  });

  it("leave room in a record for an action that is full in every field", () => {
    const full = {
      ...action,
      request: { kind: "graphql", url: "u".repeat(4_096), document: "x".repeat(LIMITS.captureChars), operationName: null, variables: "x".repeat(LIMITS.captureChars) },
      inputs: captured(LIMITS.captureChars),
      outputs: captured(LIMITS.captureChars),
      reasoning: "x".repeat(LIMITS.reasoningChars),
      provenance: Object.fromEntries(Array.from({ length: LIMITS.provenanceEntries }, (_, n) => [String(n).padEnd(LIMITS.argumentPathChars, "p"), "tool-output"])),
    } as unknown as PayloadOf<"actions">;
    expect(encode("actions", full).length).toBeLessThan(LIMITS.recordBytes);
  });
});
