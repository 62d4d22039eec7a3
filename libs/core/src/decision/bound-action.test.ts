import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BoundAction, boundDigest } from "./bound-action.ts";

const ACTION: BoundAction = {
  tenant: "t", agent: "bot", callId: "c", tool: "sql", operations: [{ operation: "sql.drop-table", rule: "r", places: ["table x (staging)"] }], payload: "0".repeat(64),
  target: { origin: "https://api.example.com", addresses: ["192.0.2.1"] }, agentEnvironment: "staging", credential: { id: "own", version: 1, environment: "staging" }, policy: 1, grant: 2, resourceVersion: "e1",
};
const digestOf = (action: BoundAction): string => {
  const made = boundDigest(action);
  if (made.kind !== "digest") throw new Error(made.reason);
  return made.digest;
};

type Path = readonly (string | number)[];

/** Every leaf of the action, so that a member added later is bound or this test says so. */
function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]));
}

function changed(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return typeof value === "number" ? value + 1 : `${String(value)}'`;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = changed(copy[key], rest);
  return copy;
}

describe("the digest that an approval is bound to", () => {
  it("is the same for the same action, in whatever order its members were written", () => {
    const reversed = Object.fromEntries(Object.entries(ACTION).toReversed()) as unknown as BoundAction;
    expect(digestOf(reversed)).toBe(digestOf(ACTION));
  });
  it.each(leaves(ACTION).map((path) => [path.join("."), path] as const))("is another where %s is another", (_name, path) => {
    expect(digestOf(changed(ACTION, path) as BoundAction)).not.toBe(digestOf(ACTION));
  });
  it("is another without target, credential or version of the resource, and in another order of operations", () => {
    const others: Partial<BoundAction>[] = [{ target: null }, { credential: null }, { resourceVersion: null }, { operations: [] }];
    for (const other of others) expect(digestOf({ ...ACTION, ...other }), JSON.stringify(other)).not.toBe(digestOf(ACTION));
    const two = [{ operation: "a", rule: "r", places: [] }, { operation: "b", rule: "r", places: [] }];
    expect(digestOf({ ...ACTION, operations: two })).not.toBe(digestOf({ ...ACTION, operations: two.toReversed() }));
  });
  it("cannot be made to run one text into the next", () => {
    fc.assert(fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (tool, callId, otherTool, otherCallId) => {
      fc.pre(tool.isWellFormed() && callId.isWellFormed() && otherTool.isWellFormed() && otherCallId.isWellFormed());
      const isSame = tool === otherTool && callId === otherCallId;
      expect(digestOf({ ...ACTION, tool, callId }) === digestOf({ ...ACTION, tool: otherTool, callId: otherCallId })).toBe(isSame);
    }));
  });
  it("does not exist for what has no canonical text", () => {
    expect(boundDigest({ ...ACTION, tool: "\ud800" })).toEqual({ kind: "unbindable", reason: "lone-surrogate" });
    expect(boundDigest({ ...ACTION, policy: Number.NaN })).toEqual({ kind: "unbindable", reason: "not-finite" });
  });
});
