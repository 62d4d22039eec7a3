/** Figures of a campaign on the layout, and what is wrong, by name. */
import type { Figures } from "../report.ts";
import type { KafkaAccount } from "./account.ts";
import type { KafkaCampaign } from "./campaign.ts";
import type { KafkaFaultsOptions } from "./options.ts";

type Wrong = readonly { readonly figure: string; readonly what: string; readonly list: (campaign: KafkaCampaign) => readonly string[] }[];

const of = (list: (account: KafkaAccount) => readonly string[]) => ({ account }: KafkaCampaign): readonly string[] => list(account);

/** Each must be 0. */
const ERRORS: Wrong = [
  { figure: "lost", what: "acknowledged, but not in the log", list: of(({ lost }) => lost) },
  { figure: "conflicting", what: "two contents under one id", list: of(({ conflicting }) => conflicting) },
  { figure: "disordered", what: "stands before an earlier call of its agent", list: of(({ disordered }) => disordered) },
  { figure: "agentsWrong", what: "stored baseline is not the one recomputed from the log", list: of(({ agentsWrong }) => agentsWrong) },
  { figure: "findingsMissing", what: "the log's actions give this finding, which was not told", list: of(({ findingsMissing }) => findingsMissing) },
  { figure: "findingsUnexpected", what: "told, but the log's actions do not give it", list: of(({ findingsUnexpected }) => findingsUnexpected) },
  { figure: "tripsDuplicated", what: "one piece of evidence tripped twice", list: of(({ tripsDuplicated }) => tripsDuplicated) },
  { figure: "tripsOpen", what: "trip did not end verified or escalated", list: of(({ tripsOpen }) => tripsOpen) },
  { figure: "tripsUntold", what: "the security team was not told of the trip", list: of(({ untold }) => untold) },
  { figure: "attemptsWithoutTrip", what: "destructive attempt acknowledged, but no trip", list: of((account) => account.attemptsWithoutTrip) },
  { figure: "revocationsDuplicated", what: "revoked twice", list: of(({ revocationsDuplicated }) => revocationsDuplicated) },
  { figure: "verifiedStillWorking", what: "called verified, but the provider still takes it", list: of(({ stillWorking }) => stillWorking) },
  { figure: "verifiedNotLetGo", what: "verified, but active in the inventory or its secret still sealed", list: of(({ notLetGo }) => notLetGo) },
  { figure: "refusals", what: "a correct batch was refused", list: ({ acknowledged }) => acknowledged.refusals },
  { figure: "selfEnded", what: "a process ended by itself", list: ({ selfEnded }) => selfEnded },
  { figure: "warnings", what: "Node warned of this", list: ({ warnings }) => warnings },
];

export function kafkaFigures(campaign: KafkaCampaign, seconds: number): Figures {
  const { account, strikes, acknowledged } = campaign;
  return {
    acked: account.acknowledged,
    ...Object.fromEntries(ERRORS.map(({ figure, list }) => [figure, list(campaign).length])),
    ...strikes,
    quietCapacity: Math.round(campaign.capacity),
    load: Math.round(campaign.load),
    loadReached: Math.round(campaign.reached),
    ackedUnderFaults: campaign.ackedUnderFaults,
    records: account.records,
    repeatedRecords: account.repeated,
    furthestRepeat: account.furthestRepeat,
    clientRetries: acknowledged.retries,
    agentsChecked: account.agentsChecked,
    findings: account.findings,
    trips: account.trips,
    tripsVerified: account.verified,
    tripsEscalated: account.escalated,
    tripsMerged: account.tripsMerged,
    revocationCallsRepeated: account.revocationCallsRepeated,
    failedStarts: campaign.failedStarts,
    seconds,
  };
}

/** Lines on what is wrong; none when all is well. */
export function kafkaComplaints(campaign: KafkaCampaign, asked: KafkaFaultsOptions): string[] {
  const lines = ERRORS.flatMap(({ figure, what, list }) => list(campaign).map((name) => `${figure}: ${name}: ${what}`));
  for (const kind of ["kills", "pauses", "brokerKills", "brokerPauses", "allBrokerKills"] as const) {
    if (campaign.strikes[kind] < asked[kind]) lines.push(`only ${campaign.strikes[kind]} ${kind} of ${asked[kind]}`);
  }
  if (campaign.ackedUnderFaults < asked.acked) lines.push(`only ${campaign.ackedUnderFaults} acknowledged of ${asked.acked}`);
  if (campaign.account.findings === 0) lines.push("nothing was found: no finding could be missed");
  if (campaign.account.trips === 0) lines.push("nothing tripped");
  return lines;
}
