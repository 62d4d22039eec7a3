import { type AgentRegistration, TriplineError } from "@tripline/model";
import type { Command } from "commander";
import { accountName } from "./account-name.ts";
import { adminClient } from "./admin-client.ts";
import { globals } from "./options.ts";
import { plain, print, time } from "./output.ts";

const ORDERS = [
  { kind: "freeze", description: "what is usual for an agent stays as it is now: nothing that it does teaches its baseline, until it is unfrozen" },
  { kind: "unfreeze", description: "let a frozen baseline learn again" },
  { kind: "relearn", description: "forget what an agent's baseline learned, and learn it afresh from now on, or from the time given" },
] as const;

/** Adds `tripline freeze|unfreeze|relearn`. */
export function addBaselines(program: Command): void {
  for (const { kind, description } of ORDERS) {
    const command = program.command(`${kind} <agent>`).description(description).option("--reason <text>", "why, for the record", `ordered with tripline ${kind}`).option("--by <who>", "who orders it", accountName());
    if (kind === "relearn") command.option("--from <time>", "ISO 8601 time from which on it learns (default: now)");
    command.addHelpText("after", "\nIt stands over restarts, until the configuration states something at `agents[].baseline`. `tripline agents` shows it.");
    command.action(async (agent: string, { from, by, reason }: { from?: string; by: string; reason: string }, self: Command) => {
      const options = globals(self);
      const body = { kind, agent, by, reason, ...(from === undefined ? {} : { fromMs: timeOf(from) }) };
      const answer = await adminClient(options).post<{ agent: AgentRegistration }>("/v1/baseline-orders", body);
      print(answer, options.json, () => said(answer.agent));
    });
  }
}

function timeOf(text: string): number {
  const ms = Date.parse(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || !(ms >= 0)) throw new TriplineError("TL_ADMIN_INVALID", "At --from: not an ISO 8601 time.");
  return ms;
}

function said({ agent, baseline }: AgentRegistration): string {
  if (baseline?.frozen === true) return `The baseline of ${plain(agent)} is frozen. To let it learn again: tripline unfreeze ${plain(agent)}`;
  return `The baseline of ${plain(agent)} learns${baseline?.learnFromMs == null ? "" : ` afresh from ${time(baseline.learnFromMs)} on`}.`;
}
