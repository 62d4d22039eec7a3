import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "tripline-quality-main-"));
  await writeFile(join(data, "c.ndjson"), `${JSON.stringify({ cmd: "rm -rf /etc", label: "destructive", source: "book" })}\n${JSON.stringify({ cmd: "ls", label: "safe", source: "book" })}\n`);
});
afterAll(() => rm(data, { recursive: true, force: true }));

const quality = (...args: readonly string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", timeout: 25_000 });

describe("pnpm quality", () => {
  it("ends with one line of JSON, and with 0 where every goal is reached", () => {
    const { stdout, stderr, status } = quality("--data", data, "--protocol", "p3", "--json");
    const last = JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as { data: string; figures: Record<string, number> };
    expect(last.data).toBe(data);
    expect(last.figures).toMatchObject({ "p3.book.destructive.irreversible.recall": 1, "p3.book.safe.irreversible.flagged": 0 });
    expect(stderr).toContain("P3 c: read");
    expect(status).toBe(0);
  });

  it.each([
    [[], /pnpm quality --data DIR/],
    [["--protocol", "P3"], /needs --data DIR/],
    [["--protocol", "P9", "--data", "."], /P9 is not one of P3, P4, P5, P6, nor SIM alone/],
    [["--protocol", "SIM", "--data", "."], /leave --data out/],
    [["--data", "no-such-folder"], /no-such-folder is not a directory/],
    [["--protocol", "SIM", "--hours", "few"], /--hours must be a whole number/],
  ])("refuses %j with a reason", (args, reason) => {
    const { stderr, status, stdout } = quality(...args);
    expect(stderr).toMatch(reason);
    expect([status, stdout]).toEqual([2, ""]);
  });

  it("explains itself", () => {
    const { stderr, status } = quality("--help");
    expect(stderr).toMatch(/--dump DIR/);
    expect(status).toBe(0);
  });
});
