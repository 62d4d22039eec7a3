/** Figures for machines and people, and what is wrong, by name. */
import type { Account } from "./account.ts";
import type { Campaign } from "./campaign.ts";
import { COUNTED_WINDOWS } from "./kill-plan.ts";

export interface Simulated {
  readonly seeds: number;
  readonly acknowledged: number;
  /** Acknowledged records that are gone. */
  readonly lost: number;
  /** Seeds that broke a rule, to run again. */
  readonly failedSeeds: readonly number[];
}

export type Figures = Readonly<Record<string, number>>;

export function figuresOf(campaign: Campaign, simulated: Simulated | null, seconds: number): Figures {
  const { account, killsIn } = campaign;
  return {
    kills: campaign.kills,
    killsAppendAck: killsIn["append-ack"],
    killsIntentCall: killsIn["intent-call"],
    killsCallOutcome: killsIn["call-outcome"],
    killsTripTold: killsIn["trip-told"],
    killsUnanswered: killsIn.unanswered,
    killsWhileStarting: campaign.killsWhileStarting,
    startMsMedian: campaign.readyMsMedian,
    acked: account.acknowledged,
    records: account.records,
    repeatedRecords: account.repeated,
    clientRetries: campaign.acknowledged.retries,
    trips: account.trips,
    tripsVerified: account.verified,
    tripsEscalated: account.escalated,
    ...Object.fromEntries(ERRORS.map(({ figure, list }) => [figure, list(campaign).length])),
    ...(simulated === null ? {} : { simSeeds: simulated.seeds, simAcked: simulated.acknowledged, simLost: simulated.lost }),
    seconds,
  };
}

/** Each must be 0. */
const ERRORS: readonly { readonly figure: string; readonly what: string; readonly list: (campaign: Campaign) => readonly string[] }[] = [
  { figure: "lost", what: "acknowledged, but not in the log", list: of((account) => account.lost) },
  { figure: "duplicated", what: "baseline is not that of each call applied once", list: of((account) => account.duplicated) },
  { figure: "tripsOpen", what: "trip did not end verified or escalated", list: of((account) => account.tripsOpen) },
  { figure: "conflicting", what: "two contents under one id", list: of((account) => account.conflicting) },
  { figure: "tripsDoubled", what: "two trips of one agent and generation", list: of((account) => account.doubledTrips) },
  { figure: "tripsRepeated", what: "evidence from before a reset tripped again", list: of((account) => account.repeatedTrips) },
  { figure: "attemptsWithoutTrip", what: "destructive attempt acknowledged, but no trip", list: of((account) => account.attemptsWithoutTrip) },
  { figure: "verifiedStillWorking", what: "called verified, but the provider still takes it", list: of((account) => account.stillWorking) },
  { figure: "verifiedNotLetGo", what: "verified, but active in the inventory or its secret still sealed", list: of((account) => account.notLetGo) },
  { figure: "tripsUntold", what: "the security team was not told of the trip", list: of((account) => account.untold) },
  { figure: "refusals", what: "a correct batch was refused", list: ({ acknowledged }) => acknowledged.refusals },
  { figure: "selfEnded", what: "the product ended by itself", list: ({ selfEnded }) => selfEnded },
];

function of(list: (account: Account) => readonly string[]): (campaign: Campaign) => readonly string[] {
  return ({ account }) => list(account);
}

/** Lines on what is wrong; none when all is well. */
export function complaints(campaign: Campaign, simulated: Simulated | null, asked: { readonly kills: number; readonly minAcknowledged: number }): string[] {
  const lines = ERRORS.flatMap(({ figure, what, list }) => list(campaign).map((name) => `${figure}: ${name}: ${what}`));
  for (const window of COUNTED_WINDOWS) {
    if (campaign.killsIn[window] < Math.floor(asked.kills / 10)) lines.push(`too few kills in ${window}: ${campaign.killsIn[window]}`);
  }
  if (campaign.kills < asked.kills) lines.push(`only ${campaign.kills} kills of ${asked.kills}`);
  if (campaign.account.acknowledged < asked.minAcknowledged) lines.push(`only ${campaign.account.acknowledged} acknowledged`);
  return [...lines, ...(simulated?.failedSeeds ?? []).map((seed) => `simulation: seed ${seed} broke a rule of the log`)];
}

export function table(figures: Figures): string {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  return Object.entries(figures).map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
