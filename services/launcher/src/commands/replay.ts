import type { Finding, Trip } from "@tripline/model";
import type { Command } from "commander";
import { globals } from "./options.ts";
import { plain, print, table, time } from "./output.ts";

interface Outcome {
  actions: number;
  claimed: number;
  agents: number;
  hours: number;
  findings: Record<string, number>;
  trips: { agent: string; atMs: number; rule: string; summary: string; actionId: string | null }[];
}

/** Adds `tripline replay`. */
export function addReplay(program: Command): void {
  program
    .command("replay")
    .description("the recorded actions again, through the rules of this release: what would have tripped, and when")
    .action(async (_options: unknown, command: Command) => {
      const options = globals(command);
      const { recordedFacts } = await import("../replay/recorded-facts.ts");
      const { prepareClassifiers, replay } = await import("@tripline/core");
      await prepareClassifiers();
      const records = await recordedFacts(options, (read) => process.stderr.write(options.json ? "" : `\rread ${read} records`));
      const result = replay(records);
      const first = records[0]?.receiveMs ?? 0;
      const outcome: Outcome = {
        actions: result.actions,
        claimed: result.claimed,
        agents: new Set(records.flatMap((record) => (record.kind === "action" ? [`${record.action.tenant}/${record.action.agent.id}`] : []))).size,
        hours: ((records.at(-1)?.receiveMs ?? first) - first) / 3_600_000,
        findings: countByDetector(result.findings),
        trips: result.trips.map(tripRow),
      };
      print(outcome, options.json, () => human(outcome));
    });
}

function countByDetector(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { detector } of findings) counts[detector] = (counts[detector] ?? 0) + 1;
  return counts;
}

function tripRow(trip: Trip): Outcome["trips"][number] {
  const evidence = trip.findings.find((finding) => finding.weight === "hard") ?? trip.findings.at(-1);
  return { agent: trip.agent, atMs: trip.atMs, rule: evidence?.rule ?? trip.cause.kind, summary: trip.summary, actionId: evidence?.actionId ?? null };
}

function human({ actions, claimed, agents, hours, findings, trips }: Outcome): string {
  const span = `${actions} actions of ${agents} ${agents === 1 ? "agent" : "agents"} over ${hours.toFixed(1)} h${claimed === 0 ? "" : `; ${claimed} more under claimed identities, not judged`}.`;
  const counts = Object.entries(findings).map(([detector, count]) => `${detector} ${count}`);
  const found = counts.length === 0 ? "No findings." : `Findings: ${counts.join(", ")}.`;
  if (trips.length === 0) return `\n${span}\n${found}\nNothing would have tripped.`;
  const rows = trips.map((trip) => [time(trip.atMs), trip.agent, trip.rule, plain(trip.summary).slice(0, 120)]);
  return `\n${span}\n${found}\n${table(["AT", "AGENT", "RULE", "WHY"], rows)}`;
}
