import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { classify } from "@tripline/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_DUMPED, MAX_GROUPS, Misses } from "./misses.ts";
import { type Case, toolCall } from "./protocol.ts";
import type { Miss } from "./tally.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tripline-misses-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const call = toolCall("Bash", { command: "ls" });
const judged = classify(call);
const of = (group: string): Case => ({ set: "book", roles: ["destructive"], form: null, call, group, text: "ls" });
const MISS: Miss = { figure: "p3.book.destructive.irreversible.recall", kind: "false-negative" };
const PLACE = { file: "c", line: 1 };

describe("misses", () => {
  it("beyond what is written of a figure are counted", async () => {
    const misses = await Misses.open("P3", dir);
    for (let index = 0; index < MAX_DUMPED + 7; index++) await misses.add([MISS], of("files"), judged, PLACE);
    await misses.close();
    expect((await readFile(join(dir, "p3.ndjson"), "utf8")).trim().split("\n")).toHaveLength(MAX_DUMPED);
    expect(misses.notWritten).toBe(7);
    expect(misses.largest(1)).toEqual([[expect.stringContaining("files"), MAX_DUMPED + 7]]);
  });

  it("of more groups than are remembered go under one name", async () => {
    const misses = await Misses.open("P3", null);
    for (let index = 0; index < MAX_GROUPS + 9; index++) await misses.add([MISS], of(`group ${index}`), judged, PLACE);
    await misses.close();
    expect(misses.largest(1)).toEqual([["all other groups", 9]]);
    expect(misses.notWritten).toBe(0);
  });
});
