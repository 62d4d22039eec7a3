/** The account at the end: one last life in which everything settles, then what the product and its files say, checked. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { secretName } from "@tripline/breaker";
import { REGISTRY_TOPICS } from "@tripline/core";
import type { BreakerRecord, Containment } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { openStore, type WorkItem } from "@tripline/store";
import type { Admin, TopicRecord } from "./admin.ts";
import { differingBaselines, expectedBaselines, type RegistryRecords } from "./applied-once.ts";
import {
  attemptsWithoutTrip, conflictingActions, lastContainments, lostActions, notLetGo, openTrips, repeatedRecords, repeatedTrips, tripsOf, untoldTrips, verifiedCredentials,
} from "./checks.ts";
import type { Attempt } from "./destroyers.ts";
import { http } from "./http.ts";
import { startProduct } from "./product.ts";
import { type Acknowledged, countAcknowledged } from "./sender.ts";
import { type FaultsWorld, TENANT } from "./world.ts";

export interface Account {
  readonly acknowledged: number;
  readonly records: number;
  readonly repeated: number;
  readonly trips: number;
  readonly verified: number;
  readonly escalated: number;
  /** Each of these must be empty. */
  readonly lost: readonly string[];
  readonly conflicting: readonly string[];
  readonly duplicated: readonly string[];
  readonly tripsOpen: readonly string[];
  readonly doubledTrips: readonly string[];
  readonly repeatedTrips: readonly string[];
  readonly attemptsWithoutTrip: readonly string[];
  readonly stillWorking: readonly string[];
  readonly notLetGo: readonly string[];
  readonly untold: readonly string[];
}

export interface AccountDeps {
  readonly world: FaultsWorld;
  readonly admin: Admin;
  readonly acknowledged: Acknowledged;
  readonly attempts: readonly Attempt[];
  /** Records of breakers that were read earlier. */
  readonly breakers: readonly TopicRecord<BreakerRecord>[];
  readonly minAcknowledged: number;
  readonly say: (line: string) => void;
  /** Lets every agent finish the batch it is sending. */
  quiet(): Promise<void>;
}

const READY_MS = 30_000;
/** Containments that need a human's time are retried each minute; after this the rest is called open. */
const SETTLE_MS = 100_000;
const LOOK_MS = 500;
/** The last life ends by a polite stop, so that the last checkpoint is on disk. */
const STOP_MS = 20_000;

/** Rejects when the product does not come up any more. */
export async function settleAndAccount(deps: AccountDeps): Promise<Account> {
  const { world, admin, say } = deps;
  const life = startProduct(world, null);
  const readyMs = await Promise.race([life.ready, life.gone.then(() => null), sleep(READY_MS, null)]);
  if (readyMs === null) throw new Error(`the product does not start any more\n${life.complaints()}`);
  say(`last start took ${Math.round(readyMs)} ms; letting everything settle`);
  while (countAcknowledged(deps.acknowledged) < deps.minAcknowledged) await sleep(LOOK_MS);
  await deps.quiet();
  const breakers = [...deps.breakers, ...(await admin.records("breakers"))];
  await settle(deps, breakers);
  const actions = await admin.records("actions");
  const facts = Object.fromEntries(await Promise.all(REGISTRY_TOPICS.map(async (topic) => [topic, await admin.records(topic)] as const))) as unknown as RegistryRecords;
  const containments = lastContainments(await admin.records("containments"));
  const trips = tripsOf([...breakers, ...(await admin.records("breakers"))]);
  life.kill("SIGTERM");
  if ((await Promise.race([life.gone, sleep(STOP_MS, null)])) === null) throw new Error("the product does not stop when asked");
  const verified = verifiedCredentials(containments);
  const stored = await readStore(join(world.dataDir, "store.db"), verified);
  const busy = new Set(world.busy.map(({ id }) => id));
  const ended = [...containments.values()];
  return {
    acknowledged: countAcknowledged(deps.acknowledged),
    records: actions.length,
    repeated: repeatedRecords(actions),
    trips: trips.trips.size,
    verified: ended.filter(({ status }) => status === "verified").length,
    escalated: ended.filter(({ status }) => status === "escalated").length,
    lost: lostActions(deps.acknowledged.actions, actions),
    conflicting: conflictingActions(actions),
    duplicated: differingBaselines(await expectedBaselines(actions, facts, busy), stored.baselines),
    tripsOpen: openTrips(trips.trips, containments, stored.openWork),
    doubledTrips: trips.doubled,
    repeatedTrips: repeatedTrips(trips),
    attemptsWithoutTrip: attemptsWithoutTrip(deps.attempts, trips),
    stillWorking: await stillWorking(world, verified),
    untold: untoldTrips(trips.trips, alertsOf(world)),
    notLetGo: notLetGo(verified, facts.credentials, stored.sealed),
  };
}

/** Until every trip has ended, or time is up. The detector's checkpoint falls into the same time. */
async function settle({ admin, say, world }: AccountDeps, breakers: readonly TopicRecord<BreakerRecord>[]): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  const { trips } = tripsOf(breakers);
  for (let told = 0; performance.now() < untilMs; told += 1) {
    const last = lastContainments(await admin.records("containments"));
    const open = openTrips(trips, last, []);
    const untold = untoldTrips(trips, alertsOf(world));
    const escalated = [...last.values()].filter(({ status }) => status === "escalated");
    if (open.length + escalated.length + untold.length === 0) return;
    if (told % 20 === 0) say(`${open.length} trips open, ${untold.length} not told, ${escalated.length} with a human${escalated.slice(0, 1).map(reasonOf).join("")}`);
    await sleep(LOOK_MS);
  }
}

export const alertsOf = (world: FaultsWorld): unknown[] => world.receiver.alerts().map(({ body }) => body);

function reasonOf({ tripId, items }: Containment): string {
  return `: ${tripId}: ${items.length} items ${items.flatMap(({ escalation, state }) => (state === "escalated" ? [escalation ?? "no reason"] : [])).join(" ")}`;
}

/** What the stopped product left in its store. */
async function readStore(path: string, credentials: readonly string[]): Promise<{ baselines: Map<string, Uint8Array>; openWork: readonly WorkItem[]; sealed: Set<string> }> {
  const store = await openStore({ kind: "sqlite", path }, { metrics: createMetrics() });
  try {
    const states = await store.scanStates("detector", null, 100_000);
    const baselines = states.flatMap(({ key, value }) => (key.startsWith(`${TENANT}/`) ? [[key.slice(TENANT.length + 1), value] as const] : []));
    const sealed = new Set<string>();
    for (const id of credentials) if ((await store.getSealed(secretName(TENANT, id))) !== null) sealed.add(id);
    return { baselines: new Map(baselines), openWork: await store.openWork("revocation", 100_000), sealed };
  } finally {
    await store.close();
  }
}

/** Verified credentials with which the provider still answers. */
export async function stillWorking(world: FaultsWorld, verified: readonly string[]): Promise<string[]> {
  const working: string[] = [];
  for (const credentialId of verified) {
    const { secret, kind } = world.railway.token(credentialId);
    const [auth, query] = kind === "project" ? [{ "project-access-token": secret }, "{ projectToken { projectId } }"] : [{ authorization: `Bearer ${secret}` }, "{ apiToken { workspaces { id } } }"];
    const headers: Record<string, string> = { "content-type": "application/json" };
    const answer = await http({ method: "POST", url: world.railway.url, headers: Object.assign(headers, auth), body: JSON.stringify({ query }), timeoutMs: 5_000 });
    if (!answer.body.includes("Not Authorized")) working.push(credentialId);
  }
  return working;
}
