/** The policy that a replay is run under: keys of a file, and a budget from the command line. */
import { readFileSync } from "node:fs";
import type { PolicyChange } from "@tripline/core";
import { TriplineError } from "@tripline/model";
import { checkConfig, parseYaml } from "@tripline/runtime";
import { LauncherConfig } from "../config.ts";
import { checkBudget } from "../config-checks.ts";

const BUDGET = /^(\d+(?:\.\d+)?)\s*(?:\/|per|in)\s*(\d[\d_,]*(?:\.\d+)?)\s*(?:agent-?)?\s*(h|hours?|d|days?)$/iu;
const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24 };
const MOST_HOURS = 1e9;

/** Hours of an agent's activity per false trip, from `1/10000h`. @throws TL_INPUT_INVALID */
export function parseBudget(text: string): number {
  const [, trips, amount, unit] = BUDGET.exec(text.trim()) ?? [];
  const hours = (Number(amount?.replaceAll(/[_,]/gu, "")) * (HOURS[unit?.[0]?.toLowerCase() ?? ""] ?? Number.NaN)) / Number(trips);
  if (hours >= 1 && hours <= MOST_HOURS) return hours;
  throw new TriplineError("TL_INPUT_INVALID", "--budget: write false trips per hours of an agent, such as 1/10000h or 2/30d; at least an hour and at most 1e9 for each.");
}

const ALERTS = /^(\d+(?:\.\d+)?)\s*(?:\/|per|in)\s*(\d[\d_,]*)(?:\s*calls)?$/iu;

/** Share of calls that may alert, from `2/1000`. @throws TL_INPUT_INVALID */
export function parseAlerts(text: string): number {
  const [, alerts, calls] = ALERTS.exec(text.trim()) ?? [];
  const share = Number(alerts) / Number(calls?.replaceAll(/[_,]/gu, ""));
  if (share >= 0 && share <= 1) return share;
  throw new TriplineError("TL_INPUT_INVALID", "--alerts: write alerts per calls, such as 2/1000.");
}

/** The keys under `policy` of a configuration file, or such keys alone. Those that it leaves out stay as they were recorded. */
export function readPolicy(path: string): PolicyChange {
  const given = textOf(path);
  const keys = "policy" in given ? given["policy"] : given;
  if (typeof keys !== "object" || keys === null || Array.isArray(keys)) throw new TriplineError("TL_CONFIG_INVALID", `The file ${path} holds no keys of a policy.`);
  const checked = checkConfig(LauncherConfig.properties.policy, keys);
  const stated = Object.fromEntries(Object.entries(checked).filter(([name]) => name in keys));
  checkBudget(checked);
  const { agentHoursPerFalseTrip, falseTrips, alerts, ...rest } = stated as Partial<LauncherConfig["policy"]>;
  const hours = agentHoursPerFalseTrip ?? (falseTrips === undefined ? undefined : falseTrips.perAgentHours / falseTrips.count);
  const budget = { ...(hours === undefined ? {} : { agentHoursPerFalseTrip: hours }), ...(alerts === undefined ? {} : { alertsPerCall: alerts.count / alerts.perCalls }) };
  return { ...rest, ...(Object.keys(budget).length === 0 ? {} : { budget }) };
}

function textOf(path: string): object {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new TriplineError("TL_CONFIG_UNREADABLE", `The file is ${path}.`);
  }
  const value = parseYaml(text);
  return typeof value === "object" && value !== null ? value : {};
}
