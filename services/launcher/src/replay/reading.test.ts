import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { LINE_CHARS, linesOf } from "./lines.ts";
import { parseAlerts, parseBudget, readPolicy } from "./policy-change.ts";
import { createProgress, progressLine } from "./progress.ts";
import { readRecordLine } from "./record-line.ts";

const folder = mkdtempSync(join(tmpdir(), "tripline-replay-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

async function read(path: string): Promise<{ lines: string[]; bytes: number; tooLong: number }> {
  const seen = { lines: [] as string[], bytes: 0, tooLong: 0 };
  for await (const lines of linesOf(path, { bytes: (count) => (seen.bytes += count), tooLong: () => (seen.tooLong += 1) })) seen.lines.push(...lines);
  return seen;
}

describe("lines of a file", () => {
  it("are read whole, also over the ends of chunks, from plain files and from gzip, told by their content", async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `${index} é${"x".repeat(index % 50)}`);
    const text = `${lines.join("\n")}\n\nlast`;
    expect(await read(file("plain.txt", text))).toMatchObject({ lines: [...lines, "last"], bytes: Buffer.byteLength(text), tooLong: 0 });
    expect((await read(file("packed.txt", gzipSync(text)))).lines).toEqual([...lines, "last"]);
  });
  it("that are too long are counted and passed by, and those around them read", async () => {
    const long = "x".repeat(LINE_CHARS + 300_000);
    expect(await read(file("long.txt", `a\n${long}\nb`))).toMatchObject({ lines: ["a", "b"], tooLong: 1 });
    expect(await read(file("end.txt", `a\n${long}`))).toMatchObject({ lines: ["a"], tooLong: 1 });
  });
  it("of what is cut short are an error, not the end", async () => {
    await expect(read(file("cut.gz", gzipSync("a\n".repeat(100_000)).subarray(0, 100)))).rejects.toThrow(/TL_INPUT_INVALID.*to its end/);
    await expect(read(join(folder, "none"))).rejects.toThrow(/cannot be opened/);
  });
});

describe("a record's line", () => {
  it("is read whatever the order of its keys", () => {
    const value = { v: 1, note: ',"value":{' };
    const given = { topic: "actions", partition: 3, offset: 9, key: 't/a,"value":', timestampMs: 5 };
    for (const line of [JSON.stringify({ ...given, value }), JSON.stringify({ value, ...given }), JSON.stringify({ ...given, value }, null, 1).replaceAll("\n", " ")]) {
      const record = readRecordLine(line);
      expect(record).toMatchObject({ topic: "actions", partition: 3, receiveMs: 5, undecodable: null });
      expect(JSON.parse(Buffer.from(record!.bytes).toString())).toEqual(value);
    }
  });
  it("says why its record could not be decoded, and is none where topic or time are missing", () => {
    expect(readRecordLine('{"topic":"actions","timestampMs":1,"value":{"undecodable":"not-valid"}}')).toMatchObject({ undecodable: "not-valid" });
    for (const line of ['{"topic":"actions","value":{}}', '{"timestampMs":1,"value":{}}', "[]", "{", '{"topic":"actions","timestampMs":1}']) expect(readRecordLine(line)).toBeNull();
  });
});

describe("another policy", () => {
  it("is a budget in false trips per hours, or days, of an agent", () => {
    expect(["1/10000h", "1 / 10,000 h", "2 per 30d", "1 in 50_000 agent-hours"].map(parseBudget)).toEqual([10_000, 10_000, 360, 50_000]);
    for (const text of ["10000", "1/10000", "0/5h", "1/0.5h", "1/9e9h", "x/yh"]) expect(() => parseBudget(text)).toThrow(/such as 1\/10000h/);
  });
  it("is a share of calls that may alert", () => {
    expect(parseAlerts("2/1000")).toBe(0.002);
    for (const text of ["2", "2000/1000", "a/b"]) expect(() => parseAlerts(text)).toThrow(/such as 2\/1000/);
  });
  it("is what a file says, and nothing that it leaves out", () => {
    expect(readPolicy(file("whole.yaml", "policy: { agentHoursPerFalseTrip: 1000 }\nagents: []"))).toEqual({ budget: { agentHoursPerFalseTrip: 1_000 } });
    expect(readPolicy(file("forms.yaml", "falseTrips: { count: 2, perAgentHours: 10000 }\nalerts: { count: 1, perCalls: 100 }"))).toEqual({ budget: { agentHoursPerFalseTrip: 5_000, alertsPerCall: 0.01 } });
    expect(() => readPolicy(file("both.yaml", "falseTrips: { count: 2, perAgentHours: 10000 }\nagentHoursPerFalseTrip: 3"))).toThrow(/different things/);
    expect(readPolicy(file("keys.yaml", "probeActions: 3"))).toEqual({ probeActions: 3 });
    expect(() => readPolicy(file("wrong.yaml", "agentHoursPerFalseTrips: 3"))).toThrow(/agentHoursPerFalseTrip/);
    expect(() => readPolicy(file("list.yaml", "policy: [1]"))).toThrow(/TL_CONFIG_INVALID/);
    expect(() => readPolicy(join(folder, "none.yaml"))).toThrow(/TL_CONFIG_UNREADABLE/);
  });
});

describe("progress", () => {
  const screen = (isTTY: boolean) => ({ isTTY, text: "", write(text: string) { this.text += text; } });
  it("says how much, how fast and how long it will take", () => {
    expect(progressLine(500_000, 0.25, 10_000)).toBe("[######                  ]  25 %  500,000 actions  50,000/s  0:30 left");
    expect(progressLine(100, null, 1_000)).toBe("100 actions  100/s");
    expect(progressLine(1, 0.0001, 1_000)).toContain("2:46:39 left");
  });
  it("is for a person at a terminal alone, not for what is over at once, and leaves nothing behind", () => {
    let nowMs = 0;
    const shown = screen(true);
    const progress = createProgress(shown, false, () => nowMs);
    progress.at(1, 0.5);
    progress.end();
    expect(shown.text).toBe("");
    nowMs = 1_000;
    progress.at(1, 0.5);
    expect(shown.text).toContain("50 %");
    progress.end();
    expect(shown.text.endsWith("\r")).toBe(true);
    for (const [isTTY, isJson] of [[false, false], [true, true]] as const) {
      const silent = screen(isTTY);
      const quiet = createProgress(silent, isJson, () => nowMs);
      nowMs += 5_000;
      quiet.at(1, 0.5);
      quiet.end();
      expect(silent.text).toBe("");
    }
  });
});
