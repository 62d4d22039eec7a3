import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, expectTypeOf, it } from "vitest";
import { capture, CAPTURE_CHARS, type CapturedText, type Origin } from "@tripline/canonical";
import { LIMITS, type Captured, type Provenance, type Request } from "@tripline/model";
import { ATTRIBUTES, EVENTS, RESOURCE, type ToolRequest } from "./index.ts";
import { MAX_ID_CHARS } from "./options.ts";

/** Headers of a request are what a gate sees; a tool's author tells none. */
type AsTold<R> = R extends { kind: "http" } ? { kind: R["kind"]; method: string; url: string; body: string | null } : R;

describe("the contract with the model, which the SDK and canonical may not import", () => {
  it("has the same request union, captured value and origins", () => {
    expectTypeOf<ToolRequest>().toEqualTypeOf<AsTold<Request>>();
    expectTypeOf<CapturedText>().toEqualTypeOf<Captured>();
    expectTypeOf<Origin>().toEqualTypeOf<Provenance>();
  });

  it("has the same limits", () => {
    expect(CAPTURE_CHARS).toBe(LIMITS.captureChars);
    expect(MAX_ID_CHARS).toBe(LIMITS.idChars);
    expect(capture("x".repeat(LIMITS.captureChars + 1)).text).toHaveLength(LIMITS.captureChars);
  });
});

describe("the README's tables", () => {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  it("list every name on the wire, and no other", () => {
    const listed = [...readme.matchAll(/^\| `([a-z0-9_.]+)` \|/gm)].map((match) => match[1] as string);
    const names = [...Object.values(EVENTS), ...Object.values(RESOURCE), ...Object.values(ATTRIBUTES)];
    expect(listed.toSorted()).toEqual(names.toSorted());
  });
});
