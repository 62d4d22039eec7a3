/** `pnpm faults --kafka`: two instances of every service on three brokers, struck under load, and the account. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { table } from "../report.ts";
import { runKafkaCampaign } from "./campaign.ts";
import { startServers } from "./deployment.ts";
import type { KafkaFaultsOptions } from "./options.ts";
import { kafkaComplaints, kafkaFigures } from "./report.ts";

/** Lines on errors that are shown; the figures count all. */
const SHOWN = 40;

/** The exit code. */
export async function runOnKafka(options: KafkaFaultsOptions): Promise<number> {
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 1_000);
  const say = (line: string): void => void process.stderr.write(`[${seconds()} s] ${line}\n`);
  const dir = mkdtempSync(join(tmpdir(), "tripline-faults-"));
  say(`seed ${options.seed}, data in ${dir}`);
  const servers = await startServers("pnpm faults --kafka");
  if (servers === null) throw new Error("a real Kafka and a real PostgreSQL are needed");
  try {
    const campaign = await runKafkaCampaign({ options, servers, dir, say });
    const figures = kafkaFigures(campaign, seconds());
    const wrong = kafkaComplaints(campaign, options);
    for (const line of wrong.slice(0, SHOWN)) process.stderr.write(`${line}\n`);
    process.stdout.write(options.json ? `${JSON.stringify({ figures })}\n` : `${table(figures)}\n`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await servers.stop();
    if (!options.keep) rmSync(dir, { recursive: true, force: true });
  }
}
