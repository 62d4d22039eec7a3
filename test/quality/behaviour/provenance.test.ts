import { ProvenanceTracker } from "@tripline/canonical";
import { describe, expect, it } from "vitest";
import { provenanceOf } from "./provenance.ts";

describe("provenance of recorded arguments", () => {
  it("is stated as the SDK states it: by path, of values of four characters and more", () => {
    const tracker = new ProvenanceTracker(new Uint8Array(16).fill(1));
    tracker.sawTask("pay the plumber at plumber@example.com");
    tracker.sawToolOutput("the account is ZZ1234567890");
    const args = { to: ["plumber@example.com"], account: "ZZ1234567890", note: { text: "settled" }, amount: 12, confirmed: true, when: null };
    expect(provenanceOf(args, { to: "prompt", account: "tool", note: "novel", amount: "novel", confirmed: "novel" }, "pay the plumber")).toEqual(tracker.provenanceOf(args));
  });

  it("of a mix is the task's where the value stands in it, else tool output", () => {
    const args = { to: ["Ana@example.com", "eve@example.com"], files: ["a.txt", "b.txt"] };
    expect(provenanceOf(args, { to: "prompt+tool", files: "novel+prompt" }, "write to ana@example.com")).toEqual({
      "to[0]": "task", "to[1]": "tool-output", "files[0]": "novel", "files[1]": "novel",
    });
  });

  it("leaves out what the data states nothing of", () => {
    expect(provenanceOf({ path: "README.md", mode: "fast" }, { path: "elsewhere", mode: 7 }, null)).toEqual({});
  });

  it("is bounded in entries, depth and paths", () => {
    const wide = Array.from({ length: 500 }, (_, index) => `value${index}`);
    expect(Object.keys(provenanceOf({ wide }, { wide: "tool" }, null))).toHaveLength(64);
    const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => ({ inner }), "value");
    expect(provenanceOf({ deep, ["k".repeat(300)]: "value" }, { deep: "tool", ["k".repeat(300)]: "tool" }, null)).toEqual({});
  });
});
