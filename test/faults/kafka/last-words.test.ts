import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lastWords } from "./last-words.ts";

it("a campaign that failed tells the last lines of each process, and is not longer for one that says much", () => {
  const dir = mkdtempSync(join(tmpdir(), "tripline-last-words-"));
  try {
    expect(lastWords(dir)).toEqual([]);
    mkdirSync(join(dir, "instances"));
    writeFileSync(join(dir, "instances", "breaker-0.log"), Array.from({ length: 100 }, (_, n) => `line ${n}\n`).join(""));
    writeFileSync(join(dir, "instances", "collector-0.log"), "x".repeat(10_000));
    writeFileSync(join(dir, "instances", "collector-0.json"), "{}");
    expect(lastWords(dir)).toEqual([...[95, 96, 97, 98, 99].map((n) => `breaker-0.log: line ${n}`), `collector-0.log: ${"x".repeat(400)}`]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
