/**
 * Whole-process crashes: a child appends in a loop and says what was acknowledged; it is killed with SIGKILL at a random moment,
 * many times over on the same directory. What a kill cannot show is power loss: the page cache survives it. That part rests on
 * synchronous=FULL, which is checked apart.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMetrics } from "@tripline/runtime";
import { expect, it } from "vitest";
import { Collector, textOf } from "../battery-collector.ts";
import { openEmbeddedLog } from "./embedded-log.ts";
import { openDatabase } from "./schema.ts";

const ROUNDS = Number(process.env["TRIPLINE_KILL_ROUNDS"] ?? 8);
const KEYS = 7;

/** Appends to every key at once, forever; a line per acknowledged record: key, number, partition, offset. */
const CHILD = `
  import { writeSync } from "node:fs";
  const [log, runtime, dir, firsts, valueBytes] = process.argv.slice(1);
  const { openEventLog } = await import(log);
  const { createMetrics } = await import(runtime);
  const opened = await openEventLog({ kind: "embedded", dir, maintenanceMs: 50 }, { metrics: createMetrics(), clock: () => Date.now() });
  writeSync(1, "ready\\n");
  const loop = async (key, n) => {
    for (;;) {
      const burst = 1 + (n % 5);
      const records = Array.from({ length: burst }, (_, i) => ({ key, value: new TextEncoder().encode((key + ":" + (n + i)).padEnd(valueBytes)) }));
      const appended = await opened.append("actions", records);
      writeSync(1, appended.map(({ partition, offset }, i) => [key, n + i, partition, offset].join(" ")).join("\\n") + "\\n");
      n += burst;
    }
  };
  JSON.parse(firsts).forEach((n, k) => loop("acme/agent-" + k, n));
`;

interface Acked {
  readonly key: string;
  readonly n: number;
  readonly partition: number;
  readonly offset: number;
}

async function runAndKill(dir: string, firsts: readonly number[], valueBytes: number, afterMs: number): Promise<Acked[]> {
  const modules = [new URL("../index.ts", import.meta.url).href, import.meta.resolve("@tripline/runtime")];
  const child: ChildProcess = spawn(process.execPath, ["--input-type=module", "-e", CHILD, ...modules, dir, JSON.stringify(firsts), String(valueBytes)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const ready = new Promise<void>((resolve) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.startsWith("ready\n")) resolve();
    });
  });
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  await Promise.race([ready, closed]);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill("SIGKILL");
  await closed;
  // The last line may be cut; then its record is not counted as acknowledged.
  return output.split("\n").slice(1, -1).map((line) => {
    const [key = "", n, partition, offset] = line.split(" ");
    return { key, n: Number(n), partition: Number(partition), offset: Number(offset) };
  });
}

it.each([
  { rounds: ROUNDS, valueBytes: 0, longestMs: 120, when: "while commits are small" },
  { rounds: Math.ceil(ROUNDS / 4), valueBytes: 60_000, longestMs: 900, when: "while checkpoints run" },
])("keeps every acknowledged record, in order and without strangers, over $rounds kills $when", async ({ rounds, valueBytes, longestMs }) => {
  const dir = mkdtempSync(join(tmpdir(), "tripline-kill-"));
  const acked: Acked[] = [];
  const firsts = Array.from({ length: KEYS }, () => 0);
  for (let round = 0; round < rounds; round++) {
    const now = await runAndKill(dir, firsts, valueBytes, longestMs / 8 + ((round * 37 * longestMs) / 120) % longestMs);
    acked.push(...now);
    const log = await openEmbeddedLog({ kind: "embedded", dir }, { metrics: createMetrics(), clock: () => Date.now() });
    const total = [...(await log.ends("actions")).values()].reduce((sum, { high }) => sum + high, 0);
    const collector = new Collector();
    const subscription = await log.read("actions", { from: "start" }, collector.take);
    await Promise.race([collector.until(total), subscription.done]);
    await log.close();
    const lost = acked.filter(({ key, n, partition, offset }) => {
      const record = collector.byPartition.get(`actions/${partition}`)?.[offset];
      return record === undefined || record.key !== key || textOf(record).trimEnd() !== `${key}:${n}`;
    });
    expect(lost).toEqual([]);
    for (let k = 0; k < KEYS; k++) {
      const key = `acme/agent-${k}`;
      const texts = collector.textsOf(key).map((text) => text.trimEnd());
      // Every number once and in order: nothing lost between, nothing twice, nothing that was never sent.
      expect(texts).toEqual(texts.map((_, n) => `${key}:${n}`));
      firsts[k] = texts.length;
    }
    expect(collector.all.length).toBe(firsts.reduce((sum, n) => sum + n, 0));
  }
  rmSync(dir, { recursive: true });
  expect(acked.length).toBeGreaterThan(rounds * KEYS);
}, 20_000 + ROUNDS * 5_000);

it("syncs the disk at each commit", () => {
  const dir = mkdtempSync(join(tmpdir(), "tripline-pragma-"));
  const db = openDatabase(dir);
  expect(db.prepare("PRAGMA synchronous").get()?.["synchronous"]).toBe(2n);
  expect(db.prepare("PRAGMA journal_mode").get()?.["journal_mode"]).toBe("wal");
  db.close();
  rmSync(dir, { recursive: true });
});
