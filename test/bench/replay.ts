/** What a backtest costs: `tripline replay` on the log of a stopped instance, beside a process that reads and decodes the same log and judges nothing. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openEventLog } from "@tripline/event-log";
import { type Action, ActionWriter, agentKey, type AgentRegistration, encode } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { median } from "simple-statistics";
import { worker } from "./replay/stream.ts";

export interface ReplayBenchOptions {
  readonly rounds?: number;
  readonly actions?: number;
  readonly agents?: number;
  readonly seed?: number;
}

const MAIN = fileURLToPath(new URL("../../services/launcher/src/main.ts", import.meta.url));
const READ_ONLY = fileURLToPath(new URL("replay/read-only.ts", import.meta.url));
const START_MS = Date.UTC(2026, 0, 5);
const BATCH = 64;
/** An agent's actions lie so far apart in the log's own time: all are within what it keeps. */
const STEP_MS = 20;
const execute = promisify(execFile);

/** Medians over rounds, turn by turn; CPU on all threads, the start of the process not counted. Goal: `actionsPerCpuSecond` ≥ 60,000. */
export async function run(options: ReplayBenchOptions = {}): Promise<Record<string, number>> {
  const { rounds = 3, actions = 300_000, agents = 200, seed = 1 } = options;
  const dir = await mkdtemp(join(tmpdir(), "tripline-bench-replay-"));
  try {
    await writeFile(join(dir, "c.yaml"), JSON.stringify({ dataDir: dir }));
    await record(join(dir, "log"), actions, agents, seed);
    const replayed: Turn[] = [];
    const read: Turn[] = [];
    for (let round = 0; round < rounds; round += 1) {
      replayed.push(await turn([MAIN, "--json", "--config", join(dir, "c.yaml"), "replay"], actions));
      read.push(await turn([READ_ONLY, join(dir, "log")], actions));
    }
    return {
      actions,
      rounds,
      actionsPerCpuSecond: Math.round(median(replayed.map(({ cpuMs }) => (actions * 1_000) / cpuMs))),
      actionsPerSecond: Math.round(median(replayed.map(({ tookMs }) => (actions * 1_000) / tookMs))),
      readOnlyPerCpuSecond: Math.round(median(read.map(({ cpuMs }) => (actions * 1_000) / cpuMs))),
      ratio: Math.round(100 * median(replayed.map(({ cpuMs }, round) => cpuMs / read[round]!.cpuMs))) / 100,
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

interface Turn {
  readonly actions: number;
  readonly cpuMs: number;
  readonly tookMs: number;
}

const OUTPUT_BYTES = 67_108_864;

async function turn(args: readonly string[], actions: number): Promise<Turn> {
  const { stdout } = await execute(process.execPath, args, { maxBuffer: OUTPUT_BYTES });
  const answer = JSON.parse(stdout) as Turn;
  if (answer.actions !== actions) throw new Error(`${answer.actions} of ${actions} actions were read`);
  return answer;
}

/** As the collector would have recorded them, agents side by side. */
async function record(dir: string, actions: number, agents: number, seed: number): Promise<void> {
  let nowMs = START_MS;
  const log = await openEventLog({ kind: "embedded", dir }, { metrics: createMetrics(), clock: () => nowMs });
  const workers = Array.from({ length: agents }, (_, index) => worker(index, seed));
  for (const { registration } of workers) await log.append("agents", [{ key: keyOf(registration), value: encode("agents", registration) }]);
  const writer = new ActionWriter();
  let batch: { key: string; value: Uint8Array }[] = [];
  for (let at = 0; at < actions; at += 1) {
    const { registration, next } = workers[at % agents]!;
    nowMs += STEP_MS;
    batch.push({ key: keyOf(registration), value: stored(next(nowMs), writer) });
    if (batch.length < BATCH && at < actions - 1) continue;
    await log.append("actions", batch);
    batch = [];
  }
  await log.close();
}

const keyOf = ({ tenant, agent }: AgentRegistration): string => agentKey(tenant, agent);

function stored(action: Action, writer: ActionWriter): Uint8Array {
  const memory = Buffer.allocUnsafe(writer.bound(action));
  const end = writer.write(action, memory, 0);
  return end < 0 ? encode("actions", action) : memory.subarray(0, end);
}
