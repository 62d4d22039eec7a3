/** `tripline doctor`: what detection can and cannot know of each agent, and how far the alarm budget is used. */
import type { BaselineAccount } from "@tripline/core";
import type { AlarmBudget } from "@tripline/model";
import type { Command } from "commander";
import type { AgentAccount } from "../admin/baseline-routes.ts";
import { adminClient, type AdminClient } from "./admin-client.ts";
import { type GlobalOptions, globals, loadConfig } from "./options.ts";
import { plain, print, table } from "./output.ts";
import { hours } from "../replay/report-text.ts";

interface Answer {
  budget: AlarmBudget;
  baselines: AgentAccount[];
  more: boolean;
}

/** Adds `tripline doctor`. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .argument("[agent]", "say of one agent in words what can be detected")
    .description("how far the alarm budget is used, and which drift of an agent can be told from chance")
    .option("--surfaces", "try every door, and the ways around them, from here: with no token, with [agent]'s and across roles; nothing is recorded or changed")
    .action(async (agent: string | undefined, own: { surfaces?: true }, command: Command) => {
      const options = globals(command);
      if (own.surfaces === true) return surfaces(agent ?? null, options);
      const answer = await ask(adminClient(options), agent);
      print(answer, options.json, () => (agent === undefined ? overview(answer) : oneAgent(answer)));
    });
}

async function surfaces(agent: string | null, options: GlobalOptions): Promise<void> {
  // Loaded on demand, with the schema.
  const { lookAtSurfaces, surfacesText } = await import("../surfaces/surfaces.ts");
  const looked = await lookAtSurfaces(await loadConfig(options.config), agent);
  print({ surfaces: looked }, options.json, () => surfacesText(looked));
}

async function ask(client: AdminClient, agent: string | undefined): Promise<Answer> {
  if (agent !== undefined) return client.get<Answer>(`/v1/baselines?agent=${encodeURIComponent(agent)}`);
  const answer = await client.get<Answer>("/v1/baselines");
  while (answer.more) {
    const next = await client.get<Answer>(`/v1/baselines?after=${encodeURIComponent(answer.baselines.at(-1)!.agent)}`);
    answer.baselines.push(...next.baselines);
    answer.more = next.more && next.baselines.length > 0;
  }
  return answer;
}

const HEAD = ["AGENT", "CALLS", "AGENT-HOURS", "TRIPS ON RISK (ALLOWED)", "ALERTS (ALLOWED)", "DESTRUCTIVE A DAY", "RISE SEEN FROM", "BEFORE IT DOUBLES UP TO"];

/** A line an agent, and all of them against the budget. */
export function overview({ budget, baselines }: Answer): string {
  const rows = baselines.map(({ agent, account }) => [agent, ...(account === null ? HEAD.slice(1).map(() => "-") : cells(account))]);
  const sum = (of: (account: BaselineAccount) => number): number => baselines.reduce((all, { account }) => all + (account === null ? 0 : of(account)), 0);
  return [
    table(HEAD, rows),
    "",
    `Trips on risk: ${sum(({ trips }) => trips.actual)} in ${hours(sum(({ agentHours }) => agentHours))} agent-hours; ${figure(sum(({ trips }) => trips.asked))} false ones allowed (one in ${figure(budget.agentHoursPerFalseTrip)}).`,
    `Alerts: ${sum(({ alerts }) => alerts.actual)} in ${sum(({ calls }) => calls)} calls; ${figure(sum(({ alerts }) => alerts.asked))} allowed.`,
  ].join("\n");
}

function cells({ calls, agentHours, trips, alerts, drift }: BaselineAccount): string[] {
  const seen = drift.slowest === null ? "none" : `${percent(drift.slowest)} a day`;
  const doubling = drift.fastestBeforeDoubling === 0 ? "none" : `${percent(drift.fastestBeforeDoubling)} a day`;
  return [String(calls), hours(agentHours), `${trips.actual} (${figure(trips.asked)})`, `${alerts.actual} (${figure(alerts.asked)})`, figure(drift.perDay), seen, doubling];
}

export function oneAgent({ baselines: [found] }: Answer): string {
  if (found === undefined) return "No such agent.";
  const { agent, account } = found;
  if (account === null) return `Agent ${plain(agent)} has no baseline yet: it never acted, or not for long enough to be stored.`;
  const { drift, trips, alerts } = account;
  return [
    `Agent ${plain(agent)}, by the last ${account.calls} calls in ${hours(account.agentHours)} agent-hours (of the days on which it acted):`,
    `  Trips on risk: ${trips.actual}; false ones allowed: ${figure(trips.asked)}. A trip takes ${figure(account.tripBits)} bits.`,
    `  Alerts: ${alerts.actual}; allowed: ${figure(alerts.asked)}. An alert takes ${figure(account.alertBits)} bits now.`,
    ...(drift.days === 0 ? ["  It has no full day behind it yet: what it usually does in a day is not known."] : driftOf(drift)),
  ].join("\n");
}

function driftOf({ days, perDay, dispersion, slowest, withinDays, fastestBeforeDoubling, takesPerDay }: BaselineAccount["drift"]): string[] {
  const basis = `its ${figure(perDay)} destructive actions a day (${days} full days, spread ${figure(dispersion)} times as much as chance)`;
  return [
    slowest === null
      ? `  No slow rise can be told from chance within ${withinDays} days at ${basis}.`
      : `  A rise slower than ${percent(slowest)} a day cannot be told from chance within ${withinDays} days at ${basis}.`,
    fastestBeforeDoubling === 0
      ? "  No slow rise can be found before the number has doubled."
      : `  A rise of up to ${percent(fastestBeforeDoubling)} a day can be found before the number has doubled; a faster one is found later, or as a burst.`,
    `  To be found before it doubles, a rise takes, in destructive actions a day: ${Object.entries(takesPerDay).map(([growth, needed]) => `${growth} a day ${figure(needed)}`).join(", ")}; reckon with one and a half times that.`,
  ];
}

const LEAST_SHOWN = 0.001;

/** At most three digits that matter; what is all but nothing is no figure to read. */
function figure(value: number): string {
  if (value > 0 && value < LEAST_SHOWN) return `<${LEAST_SHOWN}`;
  return String(Number(value.toPrecision(value >= 1_000 ? 6 : 3)));
}

const percent = (share: number): string => `${figure(share * 100)} %`;
