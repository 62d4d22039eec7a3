import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { followedBy } from "./followed-by.ts";

const HERE = import.meta.dirname;
const sources = readdirSync(HERE, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));
/** Code without its comments, in which anything may be said. */
const code = (path: string): string => stripTypeScriptTypes(readFileSync(join(HERE, path), "utf8")).replace(/^\s*(?:\/\*\*?[^]*?\*\/|\/\/[^\n]*)/gm, "");

const TWICE = /(\\{1,2}s|\\{1,2}w|\[[^\]]*\])\*(?:\\{1,2}[^\w]|[^\\([*+?)\s]|\[[^\]]*\]|\((?:\?:)?[^()]*\))\?\1\*/;

describe("one expression behind another", () => {
  it("fits where the plain form does, and nowhere else", () => {
    const [ours, plain] = [followedBy(/\bab\b/, /\bc|dd/, /^x|y$/), /\bab\b[^]*(?:\bc|dd)|^x|y$/];
    const words = ["ab", "c", "dd", "x", "y", "\n", " "];
    let number = 0;
    for (; number < 4_000; number += 1) {
      let text = "";
      for (let rest = number; rest > 0; rest = Math.floor(rest / 8)) text += rest % 8 === 0 ? " " : words[(rest % 8) - 1]!;
      expect(ours.test(text), JSON.stringify(text)).toBe(plain.test(text));
    }
    expect(followedBy(/a/i, /b/).test("A then B")).toBe(true);
  });
});

describe("expressions of the classifier", () => {
  // What such a run holds can be parted at every place, and each is tried before the expression gives up.
  it.each(sources)("never have a run of signs twice with something in between that may be absent: %s", (path) => {
    expect(TWICE.exec(code(path))?.[0] ?? null).toBeNull();
  });

  it.each([String.raw`a\s*\(?\s*b`, String.raw`\\s*\\(?\\s*`, String.raw`\s*;?\s*$`, String.raw`\s*[([]?\s*`, String.raw`[\\/]*(x|y)?[\\/]*`, String.raw`\s*(\{\s*\})?\s*\)`])("would be caught with %s", (source) => {
    expect(TWICE.test(source)).toBe(true);
    expect(sources.length).toBeGreaterThan(80);
  });
});
