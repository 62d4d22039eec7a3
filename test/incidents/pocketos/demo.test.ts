/** The demo as people run it: real processes, from the outside. */
import { spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findPostgresWithDump } from "../../servers/postgres-binaries.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const DEMO_MS = 60_000;
/** Longer than the incident's 750 ms: other tests share the machine, and this one is about what happens, not how fast. */
const INTERVAL_MS = 1_200;

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tripline-demo-test-"));
  // Run as root, the demo's PostgreSQL is another user's.
  await chmod(dir, 0o755);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Runs the demo with a temporary folder of its own, so that what it leaves behind can be seen. `onLine` may send it signals. */
async function demo(args: readonly string[], onLine: (line: string, pid: number) => void = () => undefined) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, TMPDIR: dir }, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  let errors = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    onLine(line, child.pid ?? 0);
  });
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, lines, errors };
}

/** Folders that the demo made and did not remove; Node keeps a cache of compiled code in the same place. */
const leftBehind = async (): Promise<string[]> => (await readdir(dir)).filter((name) => name.startsWith("tripline-"));
const dumpsAtHome = async (): Promise<string[]> => (await readdir(homedir())).filter((name) => name.startsWith(".tripline-demo-"));

describe("the demo", () => {
  it("loses one volume of twelve with the SDK: the first call runs, then the token is refused, and that is verified", { timeout: DEMO_MS }, async () => {
    const report = join(dir, "report.html");
    const { code, lines, errors } = await demo(["--only", "sdk", "--fast", "--interval-ms", String(INTERVAL_MS), "--json", "--report", report]);
    expect(errors).toBe("");
    expect(code).toBe(0);
    const result = JSON.parse(lines.at(-1) ?? "") as { runs: readonly Record<string, unknown>[] };
    expect(result).toMatchObject({ scenario: "pocketos", runs: [{ protection: "sdk", volumesTotal: 12, volumesLost: 1, verified: true }] });
    const [run] = result.runs;
    expect(Object.keys(run ?? {})).toEqual(["protection", "volumesTotal", "volumesLost", "tripMs", "refusedMs", "verified"]);
    expect(run?.["refusedMs"]).toBeGreaterThan(0);
    expect(run?.["tripMs"]).toBeLessThanOrEqual(Number(run?.["refusedMs"]));
    expect(lines.join("\n")).toContain("signed alert received");
    expect(await readFile(report, "utf8")).toContain("1 of 12");
    expect(await leftBehind()).toEqual([]);
  });

  it("loses none with the gate: the agent approves nothing, people decide, and a dropped database comes back whole", { timeout: DEMO_MS }, async () => {
    const report = join(dir, "report.html");
    const kept = await dumpsAtHome();
    const { code, lines, errors } = await demo(["--only", "gate", "--fast", "--json", "--report", report]);
    expect([errors, code]).toEqual(["", 0]);
    const result = JSON.parse(lines.at(-1) ?? "") as unknown;
    const hasDump = findPostgresWithDump().length > 0;
    const gate = { heldMs: expect.any(Number), selfApprovalStatus: expect.any(Number), refusedByHuman: 12, cancelledKept: true, executedExactly: true, restored: hasDump ? true : null };
    expect(result).toMatchObject({ runs: [{ protection: "gate", volumesTotal: 12, volumesLost: 0, gate }] });
    expect(lines.join("\n")).toMatch(/the agent tries to approve its own call: HTTP 4\d\d/);
    expect(lines.join("\n")).toContain(hasDump ? "`tripline restore` brings it back, all 6000 rows as they were" : "the act with the database is left out: there is no PostgreSQL with pg_dump here");
    expect(await readFile(report, "utf8")).toContain("0 of 12");
    expect([await leftBehind(), await dumpsAtHome()]).toEqual([[], kept]);
  });

  it("ends all its parts and removes its folders when it is interrupted in the middle of the destruction", { timeout: DEMO_MS }, async () => {
    const { code, errors } = await demo(["--only", "none", "--fast", "--json", "--report", join(dir, "r.html")], (line, pid) => {
      if (line.includes("production-data-02")) process.kill(pid, "SIGINT");
    });
    expect(code).toBe(130);
    expect(errors).toBe("");
    expect(await leftBehind()).toEqual([]);
  });

  it("says what is wrong with its options, and how they are written", { timeout: DEMO_MS }, async () => {
    const { code, errors } = await demo(["--only", "magic"]);
    expect(code).toBe(2);
    expect(errors).toContain("usage: pnpm demo");
  });
});
