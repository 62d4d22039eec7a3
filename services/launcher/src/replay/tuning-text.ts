/** A proposed budget as a person reads it. */
import { plain, table, wrapped } from "../commands/output.ts";
import { amount, hours, many, rate } from "./report-text.ts";
import { LEAST_HOURS } from "./report.ts";
import type { Candidate, Tuning, Why } from "./tuning.ts";

const COLUMNS = 110;
const HEAD = ["ONE FALSE TRIP IN", "ON RISK", "PER 10,000 H (95 %)", "ASKED BUDGET", "OF HARD RULES", "ALERTS PER 1,000 CALLS (95 %)"];
const WORDS = { kept: "kept", missed: "missed", open: "cannot tell" } as const;

export function tuningText(tuning: Tuning, source: string, undecodable: number): string {
  const { wanted, agentHours, counted, candidates, proposed } = tuning;
  const asked = `${rate(10_000 / wanted.budgetHours)} per 10,000${wanted.alertShare === null ? "" : `, ${rate(wanted.alertShare * 1_000)} alerts per 1,000 calls`}`;
  const stood = tuning.confirmedTrips === 0 ? "every trip: none is on record that a human let stand" : `every trip but ${tuning.confirmedTrips === 1 ? "one that is" : `${amount(tuning.confirmedTrips)} that are`} on record and that no reset calls false`;
  const which = counted === "benign-period" ? "every trip, since the period is said to be benign" : stood;
  return [
    `Replayed ${plain(source)} under ${many(candidates.length, "budget")}: ${hours(agentHours)} agent-hours, ${amount(candidates[0]?.alerts.of ?? 0)} calls.${undecodable === 0 ? "" : ` ${many(undecodable, "record")} could not be read.`}`,
    `Asked: one false trip in ${amount(wanted.budgetHours)} agent-hours (${asked}).`,
    ...wrapped(`Counted as false: ${which}. Each is reset at once, so that later ones count.`, COLUMNS),
    "",
    table(HEAD, candidates.map((one) => row(one, proposed?.agentHoursPerFalseTrip ?? null))),
    "",
    ...conclusion(tuning).flatMap((text) => wrapped(text, COLUMNS)),
    ...(proposed === null ? [] : ["", "policy:", `  falseTrips: { count: 1, perAgentHours: ${proposed.agentHoursPerFalseTrip} }`]),
  ].join("\n");
}

function row({ agentHoursPerFalseTrip, falseTrips, hardFalseTrips, perAgentHour, low, high, alerts, budget, alertsKept }: Candidate, proposed: number | null): string[] {
  const interval = (value: number, from: number, to: number, per: number): string => `${rate(value * per)} (${rate(from * per)}–${rate(to * per)})`;
  return [
    `${amount(agentHoursPerFalseTrip)} h${agentHoursPerFalseTrip === proposed ? "  <-" : ""}`,
    amount(falseTrips),
    perAgentHour === null || low === null || high === null ? "too little history" : interval(perAgentHour, low, high, 10_000),
    WORDS[budget],
    amount(hardFalseTrips),
    `${interval(alerts.rate, alerts.low, alerts.high, 1_000)}${alertsKept === false ? " too many" : ""}`,
  ];
}

function conclusion({ wanted, agentHours, neededHours, candidates, proposed }: Tuning): string[] {
  const chosen = candidates.find((one) => one.agentHoursPerFalseTrip === proposed?.agentHoursPerFalseTrip) ?? candidates[0];
  const same = candidates.every(({ trips }) => trips === candidates[0]?.trips);
  const alike = same && candidates.length > 1 ? ["All of them trip alike here: this history says nothing of which is better."] : [];
  const tooLittle = agentHours < LEAST_HOURS ? [`Too little history to say how often any of them trips falsely: ${hours(agentHours)} agent-hours, where a rate takes ${LEAST_HOURS}.`] : [];
  // What too short a history can do is contradict.
  const short =
    agentHours < neededHours
      ? [`This history is too short to show that one in ${amount(wanted.budgetHours)} is kept: it takes ${amount(neededHours)} agent-hours without a single false trip, and ${hours(agentHours)} are recorded.`]
      : [];
  const hard = chosen?.hardFalseTrips ?? 0;
  const rules =
    hard > 0
      ? [`On top ${hard === 1 ? "comes" : "come"} ${many(hard, "trip")} of hard rules${agentHours < LEAST_HOURS ? "" : `, ${rate((10_000 * hard) / agentHours)} per 10,000 agent-hours`}, which no budget changes: grants, registrations and approvals do (tripline replay --benign --evidence says which).`]
      : [];
  return [...tooLittle, ...short, ...alike, ...rules, verdict(proposed, wanted)];
}

function verdict(proposed: Tuning["proposed"], { budgetHours, alertShare }: Tuning["wanted"]): string {
  if (proposed === null) return `None of these keeps what is asked${alertShare === null ? "" : ", alerts included,"} within this history.`;
  const asked = amount(proposed.agentHoursPerFalseTrip);
  const words: Record<Why, string> = {
    "catches-more": `One in ${asked} is more sensitive than asked, trips on more of what a human let stand, and keeps the asked budget all the same, with its whole 95 % interval.`,
    kept: `One in ${asked} keeps the asked budget, with its whole 95 % interval.`,
    open: `One in ${asked}, as asked: nothing recorded contradicts it, and the interval reaches beyond it.`,
    "too-short": `One in ${asked}, as asked: thresholds are derived from it, and nothing recorded contradicts it.`,
    "less-sensitive": `One in ${amount(budgetHours)}${alertShare === null ? "" : ", or its alerts,"} is contradicted by this history; one in ${asked} is not.`,
  };
  return words[proposed.why];
}
