import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configReference } from "./config-reference.ts";

const README = new URL("../README.md", import.meta.url);
const START = "<!-- made from the schema: start -->";
const END = "<!-- made from the schema: end -->";

describe("configuration reference", () => {
  it("in the README is what the schema says (UPDATE_DOCS=1 writes it)", () => {
    const text = readFileSync(README, "utf8");
    const current = `${text.slice(0, text.indexOf(START) + START.length)}\n${configReference()}\n${text.slice(text.indexOf(END))}`;
    if (process.env["UPDATE_DOCS"] === "1") writeFileSync(README, current);
    expect(readFileSync(README, "utf8")).toBe(current);
  });
});
