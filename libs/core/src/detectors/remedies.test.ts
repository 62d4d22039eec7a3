import { describe, expect, it } from "vitest";
import { SCOPE_FEATURES } from "../baseline/layout.ts";
import { remedyFor } from "./remedies.ts";

const soft = { agent: "coder", rule: "drift.operation", weight: "soft" } as const;
const HARD_RULES = ["irreversible.railway.volumeDelete", "environment.crossing", "environment.unknown-irreversible", "credential.never-issued", "credential.unregistered-irreversible"];

describe("what would make it fine", () => {
  it("is said of every feature that drift weighs, and of bursts", () => {
    const silent = [...SCOPE_FEATURES, "destructive share over days", "share of destructive actions", "destructive actions within 10 s"].filter((name) => remedyFor(soft, { name, observed: "x" }) === null);
    expect(silent).toEqual([]);
  });
  it("is said of every hard rule, and names the agent or the place to write", () => {
    for (const rule of HARD_RULES) expect(remedyFor({ agent: "coder", rule, weight: "hard" }, { name: "any", observed: "production" })).toMatch(/coder|`resources`/);
    expect(remedyFor({ agent: "coder", rule: HARD_RULES[0]!, weight: "hard" }, { name: "operation", observed: "" })).toContain("railway.volumeDelete");
    expect(remedyFor({ agent: "coder", rule: HARD_RULES[1]!, weight: "hard" }, { name: "environment", observed: "production" })).toContain("include production");
  });
  it("is not made up for what nobody has written", () => {
    expect(remedyFor(soft, { name: "toString", observed: "" })).toBeNull();
    expect(remedyFor({ ...soft, weight: "hard", rule: "new.rule" }, { name: "operation", observed: "" })).toBeNull();
  });
});
