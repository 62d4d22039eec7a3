import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { PARSER_INPUT_CHARS } from "./bounds.ts";
import { type Classifiable, classify } from "./classify.ts";
import { classifyRemembered, REMEMBERED_CALLS, REMEMBERED_CHARS, rememberedCalls } from "./remembered.ts";
import { prepareClassifiers } from "./sql/prepare.ts";

beforeAll(prepareClassifiers);

const inputsOf = (text: string, truncated = false): Classifiable["inputs"] => ({ text, fullBytes: text.length, truncated, digest: "0".repeat(64) });
const shell = (command: string): Classifiable => ({ tool: "shell", request: { kind: "shell", command }, inputs: null, operation: null, resource: null });

const texts = fc.constantFrom("rm -rf /data", "DELETE FROM carts", '{"command":"ls"}', '{"sql":"DROP TABLE a"}', "", "ls", "mutation { volumeDelete(volumeId: \"v\") }");
const requests: fc.Arbitrary<Classifiable["request"]> = fc.oneof(
  fc.constant(null),
  texts.map((command) => ({ kind: "shell", command }) as const),
  fc.record({ kind: fc.constant("sql" as const), system: fc.constantFrom("", "postgresql"), text: texts }),
  fc.record({ kind: fc.constant("http" as const), method: fc.constantFrom("GET", "DELETE"), url: fc.constantFrom("https://a.example/x", "https://b.example/graphql"), body: fc.option(texts) }),
);
const calls: fc.Arbitrary<Classifiable> = fc.record({
  tool: fc.constantFrom("shell", "read_file", "delete_volume", "sql", ""),
  request: requests,
  inputs: fc.option(fc.tuple(texts, fc.boolean()).map(([text, truncated]) => inputsOf(text, truncated)!)),
  operation: fc.option(fc.constantFrom("", "delete", "ls")),
  resource: fc.option(fc.record({ kind: fc.constant("volume"), id: fc.constantFrom("a", "b"), environment: fc.option(fc.constantFrom("staging", "production")) })),
});

describe("remembered classifications", () => {
  it("are those that classifying anew gives, whatever was classified before", () => {
    fc.assert(fc.property(fc.array(calls, { minLength: 2, maxLength: 30 }), (all) => all.forEach((call) => expect(classifyRemembered(call)).toEqual(classify(call)))), { numRuns: 300 });
  });

  it("are bounded in number, and forget the oldest first", () => {
    const kept = classifyRemembered(shell("ls kept"));
    for (let count = 0; count < 3 * REMEMBERED_CALLS; count += 1) {
      classifyRemembered(shell(`ls ${count}`));
      if (count % 1_000 === 0) expect(classifyRemembered(shell("ls kept"))).toBe(kept);
      expect(rememberedCalls()).toBeLessThanOrEqual(2 * REMEMBERED_CALLS);
    }
    const first = classifyRemembered(shell("ls 0"));
    expect(classifyRemembered(shell("ls 0"))).toBe(first);
  });

  it("are not kept where the tool's name alone decided, so that they take no room from those that were parsed", () => {
    const named = (tool: string, text: string): Classifiable => ({ tool, request: null, inputs: inputsOf(text), operation: null, resource: null });
    const before = rememberedCalls();
    for (const call of [named("read_file", '{"path":"a","command":"rm -rf /"}'), named("delete_volume", '{"volume_id":"named"}'), named("frobnicate", "{}")]) {
      expect(classifyRemembered(call)).toEqual(classify(call));
    }
    expect(rememberedCalls()).toBe(before);
    const parsed = named("frobnicate", '{"query":"DROP TABLE named"}');
    expect(classifyRemembered(parsed)).toBe(classifyRemembered(parsed));
    expect(rememberedCalls()).toBe(before + 1);
  });

  it("are not kept of texts over the bound", () => {
    const long = shell(`ls ${"a".repeat(REMEMBERED_CHARS)}`);
    expect(classifyRemembered(long)).not.toBe(classifyRemembered(long));
    expect(classifyRemembered(long)).toEqual(classifyRemembered(long));
  });
});

describe("a call that was cut off at the capture limit", () => {
  const cut = [
    shell(`ls ${"a ".repeat(PARSER_INPUT_CHARS)}`.slice(0, PARSER_INPUT_CHARS)),
    { ...shell("ls"), inputs: inputsOf('{"command":"ls"}', true) },
    { ...shell("ls"), request: null, inputs: inputsOf('{"command":"ls"', true) },
    { ...shell(""), request: { kind: "sql", system: "postgresql", text: `SELECT '${"a".repeat(PARSER_INPUT_CHARS)}`.slice(0, PARSER_INPUT_CHARS) } as const },
    { ...shell(""), request: { kind: "graphql", url: null, document: "query { me { id } }", operationName: null, variables: "x".repeat(PARSER_INPUT_CHARS) } as const },
  ];
  it.each(cut)("is never taken for a mere read", (call) => {
    const { verdicts, parse } = classify(call);
    expect(verdicts.some(({ reversibility, effect }) => reversibility === "unknown" && effect !== "read")).toBe(true);
    expect(parse).not.toBe("parsed");
  });
});
