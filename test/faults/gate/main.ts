/** `pnpm faults --gate`: the exit code. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { table } from "../report.ts";
import { runGateCampaign } from "./campaign.ts";
import type { GateFaultsOptions } from "./options.ts";
import { gateComplaints, gateDelays, gateFigures } from "./report.ts";

const SHOWN = 40;

export async function runGateFaults({ size, parts, seed, json }: GateFaultsOptions): Promise<number> {
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 1_000);
  const say = (line: string): void => void process.stderr.write(`[${seconds()} s] ${line}\n`);
  const dir = mkdtempSync(join(tmpdir(), "tripline-faults-"));
  say(`seed ${seed}, data in ${dir}`);
  try {
    const campaign = await runGateCampaign({ size, parts, seed, dir, say });
    const figures = gateFigures(campaign, seconds());
    const wrong = [...gateComplaints(campaign), ...gateDelays(campaign)];
    for (const line of wrong.slice(0, SHOWN)) process.stderr.write(`${line}\n`);
    process.stdout.write(json ? `${JSON.stringify({ figures })}\n` : `${table(figures)}\n`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
