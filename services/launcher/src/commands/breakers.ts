import type { BreakerRecord, Containment } from "@tripline/model";
import type { Command } from "commander";
import { adminClient } from "./admin-client.ts";
import { globals } from "./options.ts";
import { plain, print, table, time } from "./output.ts";

/** Adds `tripline breakers`. */
export function addBreakers(program: Command): void {
  program
    .command("breakers")
    .description("breakers that are not closed, or have a history, and what is contained")
    .action(async (_options: unknown, command: Command) => {
      const options = globals(command);
      const client = adminClient(options);
      const { breakers } = await client.get<{ breakers: BreakerRecord[] }>("/v1/breakers");
      const { containments } = await client.get<{ containments: Containment[] }>("/v1/containments");
      // It brings the rules along, which whoever asks from a script need not wait for.
      const { evidenceLines } = options.json ? { evidenceLines: () => [] } : await import("../explain/evidence-text.ts");
      print({ breakers, containments }, options.json, () => human(breakers, containments, (record) => evidenceLines(record.trip?.findings ?? [], "  ")));
    });
}

type Evidence = (record: BreakerRecord) => readonly string[];

function human(breakers: BreakerRecord[], containments: Containment[], evidence: Evidence): string {
  if (breakers.length === 0) return "Every breaker is closed.";
  const rows = breakers.map((b) => [b.agent, b.holds.length > 0 ? `held (${b.holds.length})` : b.position.state, String(b.generation), b.change, time(b.atMs)]);
  const details = breakers.flatMap((b) => (b.position.state !== "open" && b.holds.length === 0 ? [] : describe(b, containments.find((c) => c.tripId === b.trip?.id), evidence)));
  return [table(["AGENT", "BREAKER", "GENERATION", "LAST CHANGE", "AT"], rows), ...details].join("\n");
}

function describe(record: BreakerRecord, containment: Containment | undefined, evidence: Evidence): string[] {
  const holds = record.holds.map((hold) => `  hold ${hold.id} by ${plain(hold.by)}: ${plain(hold.reason)}`);
  const items = (containment?.items ?? []).map((item) => {
    const probe = item.probe === null ? "not probed yet" : item.probe.kind === "unknown" ? "probe cannot tell" : `${item.probe.kind} (${item.probe.by})`;
    return `  ${plain(item.credentialId)} at ${plain(item.provider)}: ${item.state}, ${probe}${item.escalation === null ? "" : `. ${plain(item.escalation)}`}`;
  });
  // Said as the alert says it: nothing was proven, since nothing was left to revoke.
  const nothing = containment?.status === "escalated" && items.length === 0 ? ": no credential of the agent was left to revoke; what it still uses, a human must find" : "";
  if (record.position.state !== "open") return ["", `${record.agent}:`, ...holds];
  return ["", `${record.agent}: ${plain(record.trip?.summary ?? "")}`, ...evidence(record), `  containment: ${containment?.status ?? "not recorded yet"}${nothing}`, ...items, ...holds];
}
