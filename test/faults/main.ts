/** `pnpm faults`: kill the running product, over and over, and account for everything it had promised. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCampaign } from "./campaign.ts";
import { parseOptions, USAGE, type FaultsOptions } from "./options.ts";
import { complaints, figuresOf, table } from "./report.ts";

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

async function main(options: FaultsOptions): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), "tripline-faults-"));
  const startedMs = performance.now();
  const say = (line: string): void => void process.stderr.write(`[${Math.round((performance.now() - startedMs) / 1_000)} s] ${line}\n`);
  say(`seed ${options.seed}, ${options.kills} kills, data in ${dir}`);
  try {
    const campaign = await runCampaign({ ...options, dir, say });
    const figures = figuresOf(campaign, null, Math.round((performance.now() - startedMs) / 1_000));
    const wrong = complaints(campaign, null, options);
    for (const line of wrong) process.stderr.write(`${line}\n`);
    if (!options.json) process.stdout.write(`${table(figures)}\n`);
    else process.stdout.write(`${JSON.stringify({ figures })}\n`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    if (!options.keep) rmSync(dir, { recursive: true, force: true });
  }
}

try {
  const options = parseOptions(process.argv.slice(2), Date.now());
  if (options.help) process.stdout.write(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  process.stderr.write(`faults: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
}
