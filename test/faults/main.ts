/** `pnpm faults`: kill the running product, over and over, and account for everything it had promised. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCampaign } from "./campaign.ts";
import { runGateFaults } from "./gate/main.ts";
import { GATE_USAGE, parseGateOptions } from "./gate/options.ts";
import { runOnKafka } from "./kafka/main.ts";
import { KAFKA_USAGE, parseKafkaOptions } from "./kafka/options.ts";
import { parseOptions, USAGE, type FaultsOptions } from "./options.ts";
import { complaints, figuresOf, table, type Simulated } from "./report.ts";
import { runSeeds } from "../simulation/log-crashes.ts";

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

async function main(options: FaultsOptions): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), "tripline-faults-"));
  const startedMs = performance.now();
  const say = (line: string): void => void process.stderr.write(`[${Math.round((performance.now() - startedMs) / 1_000)} s] ${line}\n`);
  say(`seed ${options.seed}, ${options.kills} kills, data in ${dir}`);
  try {
    const campaign = await runCampaign({ ...options, dir, say });
    const simulated = options.simSeeds === 0 ? null : await simulate(options, say);
    const figures = figuresOf(campaign, simulated, Math.round((performance.now() - startedMs) / 1_000));
    const wrong = complaints(campaign, simulated, options);
    for (const line of wrong) process.stderr.write(`${line}\n`);
    if (!options.json) process.stdout.write(`${table(figures)}\n`);
    else process.stdout.write(`${JSON.stringify({ figures })}\n`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    if (!options.keep) rmSync(dir, { recursive: true, force: true });
  }
}

/** Power cuts cannot be had by killing a process: on this log, what was not synced is lost as well. */
async function simulate({ simSeeds }: FaultsOptions, say: (line: string) => void): Promise<Simulated> {
  say(`simulating ${simSeeds} seeds on a log that loses what was not synced`);
  const { acked, lost, failedSeeds, ...rest } = await runSeeds(simSeeds);
  say(`simulated: ${JSON.stringify({ acked, lost, ...rest })}`);
  return { seeds: simSeeds, acknowledged: acked, lost, failedSeeds };
}

async function onKafka(args: readonly string[]): Promise<void> {
  const options = parseKafkaOptions(args, Date.now());
  if (options.help) process.stdout.write(KAFKA_USAGE);
  else process.exitCode = await runOnKafka(options);
}

async function onGate(args: readonly string[]): Promise<void> {
  const options = parseGateOptions(args, Date.now());
  if (options.help) process.stdout.write(GATE_USAGE);
  else process.exitCode = await runGateFaults(options);
}

async function onOneProcess(args: readonly string[]): Promise<void> {
  const options = parseOptions(args, Date.now());
  if (options.help) process.stdout.write(USAGE);
  else process.exitCode = await main(options);
}

const args = process.argv.slice(2);
const forms = [{ option: "--kafka", run: onKafka, usage: KAFKA_USAGE }, { option: "--gate", run: onGate, usage: GATE_USAGE }];
const { run, usage } = forms.find(({ option }) => args.includes(option)) ?? { run: onOneProcess, usage: USAGE };
try {
  await run(args);
} catch (error) {
  process.stderr.write(`faults: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
}
