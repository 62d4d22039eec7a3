/** `pnpm faults --gate`: the exit code. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { table } from "../report.ts";
import { runGateCampaign } from "./campaign.ts";
import type { GateFaultsOptions } from "./options.ts";
import { gateComplaints, gateDelays, type GateReport, gateReport } from "./report.ts";

const SHOWN = 40;
/** Of what is wrong in one part, in the JSON. */
const LISTED = 20;

export async function runGateFaults({ size, parts, seed, json }: GateFaultsOptions): Promise<number> {
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 1_000);
  const say = (line: string): void => void process.stderr.write(`[${seconds()} s] ${line}\n`);
  const dir = mkdtempSync(join(tmpdir(), "tripline-faults-"));
  say(`seed ${seed}, data in ${dir}`);
  try {
    const report = gateReport(await runGateCampaign({ size, parts, seed, dir, say }));
    const wrong = gateComplaints(report);
    const late = gateDelays(report);
    for (const line of [...wrong.slice(0, SHOWN), ...late]) process.stderr.write(`${line}\n`);
    const flat = Object.fromEntries(Object.entries(report).flatMap(([part, { figures }]) => Object.entries(figures).map(([name, value]) => [`${part}.${name}`, value] as const)));
    process.stdout.write(json ? `${JSON.stringify({ seed, seconds: seconds(), wrong: wrong.length, late, parts: listed(report) })}\n` : `${table(flat)}\n`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function listed(report: GateReport): GateReport {
  return Object.fromEntries(Object.entries(report).map(([part, { wrong, ...rest }]) => [part, { ...rest, wrong: wrong.slice(0, LISTED) }]));
}
