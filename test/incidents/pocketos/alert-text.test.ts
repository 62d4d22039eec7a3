import { describe, expect, it } from "vitest";
import { describeAlert } from "./alert-text.ts";

describe("a received alert", () => {
  it("is its title and then everything in it", () => {
    const body = {
      type: "breaker.tripped",
      timestamp: "2026-04-24T10:00:00.000Z",
      data: { title: "Breaker open", agent: "coder", empty: null, list: [], findings: [{ rule: "a", bits: 3 }, { rule: "b" }], names: ["x", "y"], trip: { id: "t" } },
    };
    expect(describeAlert(body)).toEqual({
      type: "breaker.tripped",
      title: "Breaker open",
      lines: ["agent: coder", "findings:", "  - rule: a", "    bits: 3", "  - rule: b", "names: x, y", "trip:", "  id: t"],
    });
  });
  it("is shown also when it is not what we expect", () => {
    expect(describeAlert("text")).toEqual({ type: "", title: "", lines: ["data: text"] });
    expect(describeAlert(null)).toEqual({ type: "", title: "", lines: [] });
  });
  it("is cut at its bound, and says so", () => {
    const data = Object.fromEntries(Array.from({ length: 61 }, (_, n) => [`k${n}`, n]));
    expect(describeAlert({ type: "t", data }).lines).toHaveLength(61);
    expect(describeAlert({ type: "t", data }).lines.at(-1)).toBe("… 1 more lines");
  });
});
