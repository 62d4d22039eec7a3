/** The account on the layout: everything settles, then log, store and provider are read from outside and checked. */
import { setTimeout as sleep } from "node:timers/promises";
import { secretName } from "@tripline/breaker";
import { REGISTRY_TOPICS } from "@tripline/core";
import type { BreakerRecord, Containment } from "@tripline/model";
import type { TopicRecord } from "../admin.ts";
import { differingBaselines, type RegistryRecords } from "../applied-once.ts";
import { attemptsWithoutTrip, lastContainments, notLetGo, openTrips, repeatedTrips, tripsOf, untoldTrips, verifiedCredentials } from "../checks.ts";
import { alertsOf, stillWorking } from "../account.ts";
import type { Attempt } from "../destroyers.ts";
import { type Acknowledged, countAcknowledged } from "../sender.ts";
import { type FaultsWorld, TENANT } from "../world.ts";
import { type Layout, untilJudged } from "./capacity.ts";
import { judgeActions, type JudgedActions } from "./judge-actions.ts";
import { listTopic, readTopic } from "./read-topic.ts";
import { repeatedRevocations, revocationCalls } from "./revocations.ts";

export interface KafkaAccountDeps extends Layout {
  readonly world: FaultsWorld;
  readonly acknowledged: Acknowledged;
  readonly attempts: readonly Attempt[];
  readonly say: (line: string) => void;
}

export interface KafkaAccount extends Pick<JudgedActions, "records" | "repeated" | "furthestRepeat" | "lost" | "conflicting" | "disordered"> {
  readonly acknowledged: number;
  readonly agentsChecked: number;
  readonly agentsWrong: readonly string[];
  readonly findings: number;
  readonly findingsMissing: readonly string[];
  readonly findingsUnexpected: readonly string[];
  readonly trips: number;
  readonly tripsMerged: number;
  readonly verified: number;
  readonly escalated: number;
  readonly tripsDuplicated: readonly string[];
  readonly tripsOpen: readonly string[];
  readonly attemptsWithoutTrip: readonly string[];
  readonly untold: readonly string[];
  readonly revocationsDuplicated: readonly string[];
  /** Deletions asked of the provider beyond one a credential; it refused them, since nothing was left to delete. */
  readonly revocationCallsRepeated: number;
  readonly stillWorking: readonly string[];
  readonly notLetGo: readonly string[];
}

/** Containments that need a human's time are retried each minute; after this the rest is called open. */
const SETTLE_MS = 100_000;
const LOOK_MS = 500;

/** Every agent is quiet when this is called. Rejects when the detector stands still or the log cannot be read. */
export async function accountFor(deps: KafkaAccountDeps): Promise<KafkaAccount> {
  const { eventLog, store, world, acknowledged, attempts, say } = deps;
  say("letting everything settle");
  await untilJudged(deps);
  await settle(deps);
  say("reading the log");
  const facts = Object.fromEntries(await Promise.all(REGISTRY_TOPICS.map(async (topic) => [topic, await listTopic(eventLog, topic)] as const))) as unknown as RegistryRecords;
  const busy = new Set(world.busy.map(({ id }) => id));
  const judged = await judgeActions(eventLog, facts, acknowledged.actions, busy);
  const findings = new Set<string>();
  const judgedActions = new Set<string>();
  await readTopic(eventLog, "findings", ({ value }) => {
    judgedActions.add(`${value.agent} ${value.actionId}`);
    if (busy.has(value.agent)) findings.add(value.id);
  });
  const unjudged = attempts.map(({ agent, actionId }) => `${agent} ${actionId}`).filter((attempt) => !judgedActions.has(attempt));
  const breakers = await listTopic(eventLog, "breakers");
  const containmentRecords = await listTopic(eventLog, "containments");
  const containments = lastContainments(containmentRecords);
  const tripFacts = tripsOf(breakers);
  const { trips, doubled } = tripFacts;
  const verified = verifiedCredentials(containments);
  const ended = [...containments.values()];
  return {
    ...judged,
    acknowledged: countAcknowledged(acknowledged),
    agentsChecked: judged.baselines.size,
    agentsWrong: differingBaselines(judged.baselines, await storedBaselines(deps)),
    findings: findings.size,
    findingsMissing: [...[...judged.findings].filter((id) => !findings.has(id)), ...unjudged],
    findingsUnexpected: [...findings].filter((id) => !judged.findings.has(id)),
    trips: trips.size,
    tripsMerged: doubled.length,
    verified: ended.filter(({ status }) => status === "verified").length,
    escalated: ended.filter(({ status }) => status === "escalated").length,
    tripsDuplicated: repeatedTrips(tripFacts),
    tripsOpen: openTrips(trips, containments, await store.openWork("revocation", 100_000)),
    attemptsWithoutTrip: attemptsWithoutTrip(attempts, tripFacts),
    untold: untoldTrips(trips, alertsOf(world)),
    revocationsDuplicated: repeatedRevocations(world.railway, containments),
    revocationCallsRepeated: revocationCalls(world.railway).repeated,
    stillWorking: await stillWorking(world, verified),
    notLetGo: notLetGo(verified, inTurn(facts.credentials), await sealedOf(deps, verified)),
  };
}

/** Until every trip has ended and was told, or time is up. */
async function settle({ eventLog, say, world }: KafkaAccountDeps): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  for (let look = 0; performance.now() < untilMs; look += 1) {
    const breakers: TopicRecord<BreakerRecord>[] = await listTopic(eventLog, "breakers");
    const last: ReadonlyMap<string, Containment> = lastContainments(await listTopic(eventLog, "containments"));
    const { trips } = tripsOf(breakers);
    const [open, untold] = [openTrips(trips, last, []), untoldTrips(trips, alertsOf(world))];
    // Of an agent without credentials nothing can be revoked: a human was told, and that is its end.
    const escalated = [...last.values()].filter(({ status, items }) => status === "escalated" && items.length > 0).length;
    if (open.length + untold.length + escalated === 0) return;
    if (look % 20 === 0) say(`${open.length} trips open, ${untold.length} not told, ${escalated} with a human`);
    await sleep(LOOK_MS);
  }
}

async function storedBaselines({ store }: KafkaAccountDeps): Promise<Map<string, Uint8Array>> {
  const states = await store.scanStates("detector", null, 100_000);
  return new Map(states.flatMap(({ key, value }) => (key.startsWith(`${TENANT}/`) ? [[key.slice(TENANT.length + 1), value] as const] : [])));
}

async function sealedOf({ store }: KafkaAccountDeps, credentials: readonly string[]): Promise<Set<string>> {
  const sealed = new Set<string>();
  for (const id of credentials) if ((await store.getSealed(secretName(TENANT, id))) !== null) sealed.add(id);
  return sealed;
}

/** Offsets of different partitions do not compare; a credential's records lie in one. */
function inTurn<T>(records: readonly TopicRecord<T>[]): TopicRecord<T>[] {
  return records.map((record, index) => ({ ...record, offset: index }));
}
