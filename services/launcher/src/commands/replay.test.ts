import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { Action, AgentRegistration } from "@tripline/model";
import { afterAll, describe, expect, it } from "vitest";
import type { ReplayReport } from "../replay/report.ts";
import type { Tuning } from "../replay/tuning.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "tripline-replayed-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = async (...args: string[]): Promise<string> => (await run(process.execPath, [MAIN, ...args])).stdout;
const replayed = async (...args: string[]): Promise<ReplayReport> => JSON.parse(await text("--json", "replay", ...args)) as ReplayReport;
const refusal = (...args: string[]): Promise<string> => text(...args).then(() => "replayed", (error: unknown) => (error as { stderr: string }).stderr);

const START_MS = Date.UTC(2026, 0, 5);
const AGENT: AgentRegistration = { v: 1, version: 1, tenant: "t", agent: "bot", role: null, owner: "ops", environment: "staging", status: "active", atMs: 0 };

function action(callId: string, eventMs: number, command: string): Action {
  return {
    v: 1, id: `${callId}:result`, callId, tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
    session: "s", parentSession: null, task: null, phase: "result", eventMs, tool: "bash", operation: null, request: { kind: "shell", command }, inputs: null, outputs: null,
    provenance: {}, resource: null, credentials: [], environment: "staging", outcome: null, decision: null, reasoning: null,
    source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null },
  };
}

const line = (topic: string, timestampMs: number, value: unknown): string => JSON.stringify({ topic, partition: 0, offset: 0, key: "t/bot", timestampMs, value });
const history = Array.from({ length: 960 }, (_, index) => action(`h${index}`, START_MS + index * 180_000, index % 50 === 49 ? "rm -rf dist" : `cat src/a${index % 9}.ts`));
const END_MS = START_MS + 960 * 180_000;
const burst = Array.from({ length: 30 }, (_, index) => action(`b${index}`, END_MS + index * 60_000, `rm -rf dist/${index}`));
const drop = action("drop", END_MS + 7_200_000, 'psql -c "DROP TABLE users"');
const lines = [...history, ...burst, drop].map((one) => line("actions", one.eventMs, one));

function file(name: string, content: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, name.endsWith(".gz") ? gzipSync(content.join("\n")) : content.join("\n"));
  return path;
}

describe("tripline replay on files", () => {
  it("shows what would have tripped, on what, what was lost and kept, and what would make it fine", async () => {
    const shown = await text("replay", "--evidence", "--from", file("log.ndjson.gz", [...lines, line("agents", 0, AGENT)]));
    expect(shown).toContain("991 actions in 991 calls of 1 agent");
    expect(shown).toMatch(/1 trip:\n {2}2026-01-07T\S+ {2}bot {2}(?:burst|drift)\./);
    expect(shown).toMatch(/reported after it ran; destructive calls: \d+ ran in the hour before\s+\(shell\.rm dist, shell\.rm dist\/0, …\)/);
    expect(shown).toMatch(/expected .*; happened /);
    expect(shown).toContain("fine with  The same actions further apart");
    expect(shown).toMatch(/Kept by them: \d+ destructive calls that came while the breaker would have been open, 1 of them irreversible/);
    expect(shown).toContain("No trip is on record to compare with.");
    expect(shown).toContain("of 1 nobody said what they were");
  });

  it("runs under another policy, and counts what a human called false", async () => {
    const reset = { v: 1, id: "r", tenant: "t", agent: "bot", kind: "reset", holdId: null, by: "soc", reason: "false trip: a clean-up", atMs: END_MS + 3_600_000 };
    const from = file("reset.ndjson", [...lines, line("agents", 0, AGENT), line("commands", END_MS + 3_600_000, reset)]);
    const policy = file("policy.yaml", ["policy: { agentHoursPerFalseTrip: 1000000000 }"]);
    const [strict, lax, byFile] = await Promise.all([replayed("--from", from, "--budget", "1/1h"), replayed("--from", from, "--budget", "1/1000000000h"), replayed("--from", from, "--policy", policy)]);
    expect(strict.falseTrips).toMatchObject({ counted: "resets", count: 1 });
    expect(strict.trips[0]!.atMs).toBeLessThan(lax.trips[0]!.atMs);
    expect(byFile.trips.map(({ atMs }) => atMs)).toEqual(lax.trips.map(({ atMs }) => atMs));
  });

  it("counts all trips of a benign period, and compares with those that were recorded", async () => {
    const trip = { id: "x", tenant: "t", agent: "bot", generation: 0, atMs: drop.eventMs, cause: { kind: "hard-finding", findingId: "f" }, findings: [], foreignCredentials: [], soft: false, summary: "dropped" };
    const record = { v: 1, tenant: "t", agent: "bot", generation: 0, position: { state: "closed" }, holds: [], trip, atMs: drop.eventMs, resetAtMs: 0, commandIds: [], change: "trip" };
    const from = file("benign.ndjson", [line("agents", 0, AGENT), ...lines, line("breakers", drop.eventMs, record)]);
    const report = await replayed("--from", from, "--benign");
    expect(report.falseTrips).toMatchObject({ counted: "benign-period", count: report.tripCount });
    expect(report.tripCount).toBeGreaterThanOrEqual(2);
    expect(report.compared).toMatchObject({ recorded: 1, both: [{ agent: "bot", laterMs: 0 }], onlyReplayed: report.tripCount - 1, onlyRecorded: [] });
  });

  it("says what it could not read, and why", async () => {
    const broken = [line("credentials", 1, { v: 1 }), line("actions", 2, { undecodable: "not-valid" }), line("actions", 3, { v: 2 }), "{}", "nonsense", ...lines];
    const from = file("broken.ndjson", broken);
    expect((await replayed("--from", from)).undecodable).toEqual({ "credentials not-valid": 1, "actions not-valid": 1, "actions unknown-version": 1, "line neither a record nor an action nor OTLP": 2 });
    expect(await text("replay", "--from", from)).toContain("Not replayed, since they cannot be read: credentials not-valid 1");
  });

  it("reads OTLP as a collector's file exporter writes it, of whom it names or is said to be from", async () => {
    const otlp = (agent: string | null): string => {
      const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
      const attributes = [attribute("gen_ai.operation.name", "execute_tool"), attribute("gen_ai.tool.name", "bash"), attribute("gen_ai.tool.call.id", "c1"), attribute("gen_ai.tool.call.arguments", JSON.stringify({ command: "terraform destroy -auto-approve" }))];
      const span = { traceId: "0".repeat(31) + "1", spanId: "0".repeat(15) + "1", name: "execute_tool bash", startTimeUnixNano: `${START_MS}000000`, endTimeUnixNano: `${START_MS + 5}000000`, attributes: agent === null ? attributes : [...attributes, attribute("gen_ai.agent.id", agent)] };
      return JSON.stringify({ resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ spans: [span] }] }] });
    };
    const [named, said, unsaid] = await Promise.all([replayed("--from", file("named.jsonl", [otlp("coder")])), replayed("--agent", "writer", "--from", file("said.jsonl", [otlp(null)])), refusal("replay", "--from", file("unsaid.jsonl", [otlp(null)]))]);
    expect(named.trips).toMatchObject([{ agent: "coder" }]);
    expect(said.trips).toMatchObject([{ agent: "writer" }]);
    expect(unsaid).toMatch(/TL_INPUT_INVALID.*Of 1 action the identity is only claimed, or missing: say whose they are with --agent <id>/u);
  });

  it("never takes a file of which nothing can be judged for one in which nothing trips", async () => {
    const from = file("prose.log", ["hello", "not json", "{}", line("actions", 1, { v: 2 }), line("agents", 0, AGENT)]);
    const told = /TL_INPUT_INVALID.*Nothing in .*prose\.log can be judged\. Rejected: 4 records \(line neither a record nor an action nor OTLP 3, actions unknown-version 1\)\. Expected are lines of JSON: what `tripline export` writes/u;
    expect(await refusal("replay", "--from", from)).toMatch(told);
    expect(await refusal("--json", "replay", "--from", from)).toContain('"code":"TL_INPUT_INVALID"');
    expect(await refusal("tune", "--budget", "1/10000h", "--from", from)).toMatch(told);
    expect(await refusal("replay", "--from", file("facts.ndjson", [line("agents", 0, AGENT)]))).toContain("No action is recorded in it.");
  });

  it("refuses what it cannot use, with what would be right", async () => {
    expect(await refusal("replay", "--from", join(folder, "none"))).toContain("there is no file");
    expect(await refusal("replay", "--from", folder)).toContain("there is no file");
    expect(await refusal("replay", "--budget", "ten", "--from", folder)).toContain("1/10000h");
    expect(await refusal("tune", "--from", folder)).toContain("--budget");
  });
});

describe("tripline tune", () => {
  it("says plainly that a history is too short, and proposes what was asked", async () => {
    const from = file("tune.ndjson", [line("agents", 0, AGENT), ...history.map((one) => line("actions", one.eventMs, one))]);
    const shown = await text("tune", "--benign", "--budget", "1/10000h", "--from", from);
    expect(shown.replaceAll("\n", " ")).toContain("too short to show that one in 10,000 is kept: it takes 36,889 agent-hours without a single false trip, and 48 are recorded");
    expect(shown).toMatch(/policy:\n {2}falseTrips: \{ count: 1, perAgentHours: 10000 \}\n$/);
  });

  it("says no rate of less than a day, as replay does not, and the hours that replay says", async () => {
    const from = file("short.ndjson", [line("agents", 0, AGENT), ...history.slice(0, 144).map((one) => line("actions", one.eventMs, one))]);
    const [tuned, shown] = await Promise.all([text("tune", "--budget", "1/10000h", "--from", from), text("replay", "--from", from)]);
    expect(tuned).toContain("7.15 agent-hours, 144 calls");
    expect(tuned).toMatch(/10,000 h +<- +0 +too little history +cannot tell/);
    expect(tuned.replaceAll("\n", " ")).toContain("Too little history to say how often any of them trips falsely: 7.15 agent-hours, where a rate takes 24.");
    expect(shown).toContain("Recorded here: 7.15 agent-hours");
    expect(shown).toContain("too little history to say how often (7.15 agent-hours)");
    expect(`${tuned}${shown}`).not.toMatch(/NaN|Infinity/);
  });

  it("turns from a budget that the history contradicts to one that it does not", async () => {
    const shorter = [...history, ...burst.slice(0, 21), drop].map((one) => line("actions", one.eventMs, one));
    const from = file("contradicted.ndjson", [line("agents", 0, AGENT), ...shorter]);
    const { candidates, proposed } = JSON.parse(await text("--json", "tune", "--benign", "--budget", "1/10000h", "--from", from)) as Tuning;
    const trips = candidates.map(({ falseTrips }) => falseTrips);
    expect(trips[0]).toBeGreaterThan(trips.at(-1)!);
    expect(candidates.map(({ hardFalseTrips }) => hardFalseTrips)).toEqual(candidates.map(() => 1));
    expect(candidates.find(({ agentHoursPerFalseTrip }) => agentHoursPerFalseTrip === 10_000)?.budget).toBe("missed");
    expect(proposed?.why).toBe("less-sensitive");
    expect(proposed?.agentHoursPerFalseTrip).toBeGreaterThan(10_000);
  });
});
