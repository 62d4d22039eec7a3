/** What must hold at the end, as functions of records alone: so that each can be shown to fail. Every list names what is wrong. */
import { type Action, type BreakerRecord, type Containment, type CredentialRecord, type Trip, tripId } from "@tripline/model";
import type { WorkItem } from "@tripline/store";
import type { TopicRecord } from "./admin.ts";

/** Acknowledged ids that cannot be read. */
export function lostActions(acknowledged: ReadonlyMap<string, ReadonlySet<string>>, actions: readonly TopicRecord<Action>[]): string[] {
  const there = new Set(actions.map(({ value }) => `${value.agent.id} ${value.id}`));
  return [...acknowledged].flatMap(([agent, ids]) => [...ids].map((id) => `${agent} ${id}`).filter((name) => !there.has(name)));
}

/** Ids under which two different contents are stored. */
export function conflictingActions(actions: readonly TopicRecord<Action>[]): string[] {
  const first = new Map<string, string>();
  const conflicting = new Set<string>();
  for (const { value, text } of actions) {
    const name = `${value.agent.id} ${value.id}`;
    const known = first.get(name);
    if (known === undefined) first.set(name, text);
    else if (known !== text) conflicting.add(name);
  }
  return [...conflicting];
}

/** Records beyond the first of their id: what clients sent again after an acknowledgement was lost. */
export function repeatedRecords(actions: readonly TopicRecord<Action>[]): number {
  return actions.length - new Set(actions.map(({ value }) => `${value.agent.id} ${value.id}`)).size;
}

export interface TripFacts {
  /** By id, as last recorded. */
  readonly trips: ReadonlyMap<string, Trip>;
  /** By trip: the reset that began its generation, by receive time; 0 = none. */
  readonly beganMs: ReadonlyMap<string, number>;
  /** By trip: the reset that ended it, by receive time; absent = none. */
  readonly endedMs: ReadonlyMap<string, number>;
  /** Trips recorded twice under one id with another time or cause: two trips of one generation. */
  readonly doubled: readonly string[];
}

/** Trips of the log. `records` may be several readings of the topic one after another, since it forgets what is superseded. */
export function tripsOf(records: readonly TopicRecord<BreakerRecord>[]): TripFacts {
  const trips = new Map<string, Trip>();
  const beganMs = new Map<string, number>();
  const endedMs = new Map<string, number>();
  const doubled = new Set<string>();
  for (const { value } of records) {
    const { trip } = value;
    if (trip === null) continue;
    const bound = value.generation === trip.generation ? beganMs : endedMs;
    bound.set(trip.id, Math.min(value.resetAtMs, bound.get(trip.id) ?? value.resetAtMs));
    const known = trips.get(trip.id);
    if (known !== undefined && (known.atMs !== trip.atMs || JSON.stringify(known.cause) !== JSON.stringify(trip.cause))) doubled.add(trip.id);
    if (known === undefined || trip.findings.length >= known.findings.length) trips.set(trip.id, trip);
  }
  // A reset that trips at once on what came after it is told by that trip alone.
  for (const { id, tenant, agent, generation } of trips.values()) {
    const nextMs = beganMs.get(tripId(`${tenant}/${agent}`, generation + 1));
    if (nextMs !== undefined) endedMs.set(id, Math.min(nextMs, endedMs.get(id) ?? nextMs));
  }
  return { trips, beganMs, endedMs, doubled: [...doubled] };
}

/** Trips whose containment did not end, and containment work that nobody was told of. */
export function openTrips(trips: ReadonlyMap<string, Trip>, last: ReadonlyMap<string, Containment>, openWork: readonly WorkItem[]): string[] {
  const open = new Set([...trips.keys()].filter((id) => (last.get(id)?.status ?? "open") === "open"));
  // An escalated containment is retried for ever, on purpose; a human knows of it.
  for (const { group } of openWork) if (last.get(group)?.status !== "escalated") open.add(group);
  return [...open];
}

export function lastContainments(records: readonly TopicRecord<Containment>[]): Map<string, Containment> {
  return new Map(records.map(({ value }) => [value.tripId, value]));
}

/**
 * Evidence of a trip that an earlier generation's trip had: what a human had judged tripped again. Only this is none: what was first received
 * after the reset, which a breaker that had not heard of it yet added to the earlier trip. Of one record several things may be found.
 */
export function repeatedTrips({ trips, beganMs }: Pick<TripFacts, "trips" | "beganMs">): string[] {
  const first = new Map<string, { readonly trip: string; readonly opened: boolean; readonly receiveMs: number }>();
  const again: string[] = [];
  for (const trip of [...trips.values()].toSorted((a, b) => a.generation - b.generation)) {
    const openedBy = openersOf(trip);
    const told = new Map<string, number>();
    for (const { actionId, receiveMs } of trip.findings) told.set(actionId, Math.min(receiveMs, told.get(actionId) ?? receiveMs));
    for (const [actionId, toldMs] of told) {
      const evidence = `${trip.agent} ${actionId}`;
      const known = first.get(evidence);
      const opened = openedBy.has(actionId);
      const receiveMs = Math.min(toldMs, known?.receiveMs ?? toldMs);
      const isNew = known === undefined || (!(opened && known.opened) && receiveMs >= (beganMs.get(trip.id) ?? Number.POSITIVE_INFINITY));
      if (!isNew) again.push(`${trip.id} (${trip.cause.kind}, ${trip.findings.length} findings): ${actionId} was judged in ${known.trip}`);
      first.set(evidence, { trip: known?.trip ?? trip.id, opened: opened || known?.opened === true, receiveMs });
    }
  }
  return again;
}

/** Actions that opened it; where no finding did by itself, all that it is about. */
function openersOf({ cause, findings }: Trip): Set<string> {
  return new Set(findings.filter(({ id }) => cause.kind !== "hard-finding" || cause.findingId === id).map(({ actionId }) => actionId));
}

/**
 * Acknowledged destructive attempts that are evidence of nothing, or of no other trip than one whose reset was ordered before they came: nobody
 * judged them, and the agent goes on.
 */
export function attemptsWithoutTrip(attempts: readonly { readonly agent: string; readonly actionId: string }[], { trips, endedMs }: Pick<TripFacts, "trips" | "endedMs">): string[] {
  const evidence = new Map<string, { receiveMs: number; endedMs: number }>();
  for (const trip of trips.values()) {
    for (const { actionId, receiveMs } of trip.findings) {
      const name = `${trip.agent} ${actionId}`;
      const known = evidence.get(name) ?? { receiveMs: Number.POSITIVE_INFINITY, endedMs: 0 };
      evidence.set(name, { receiveMs: Math.min(receiveMs, known.receiveMs), endedMs: Math.max(endedMs.get(trip.id) ?? Number.POSITIVE_INFINITY, known.endedMs) });
    }
  }
  const isJudged = (name: string): boolean => {
    const known = evidence.get(name);
    return known !== undefined && known.receiveMs < known.endedMs;
  };
  return attempts.map(({ agent, actionId }) => `${agent} ${actionId}`).filter((name) => !isJudged(name));
}

/** Trips of which the security team was not told that the breaker is open. `alerts`: bodies as received. */
export function untoldTrips(trips: ReadonlyMap<string, Trip>, alerts: readonly unknown[]): string[] {
  const told = new Set(alerts.map((alert) => alert as { type?: unknown; data?: { tripId?: unknown } }).flatMap(({ type, data }) => (type === "breaker.tripped" ? [data?.tripId] : [])));
  return [...trips.keys()].filter((id) => !told.has(id));
}

/** Verified credentials that the inventory still calls active, or whose secret is still sealed in the store. */
export function notLetGo(verified: readonly string[], inventory: readonly TopicRecord<CredentialRecord>[], sealed: ReadonlySet<string>): string[] {
  const status = new Map(inventory.toSorted((a, b) => a.offset - b.offset).map(({ value }) => [value.id, value.status]));
  return verified.filter((id) => status.get(id) !== "revoked" || sealed.has(id));
}

/** Credentials that a containment calls verified: each must truly be refused. */
export function verifiedCredentials(containments: ReadonlyMap<string, Containment>): string[] {
  return [...new Set([...containments.values()].flatMap(({ items }) => items.flatMap((item) => (item.state === "verified" ? [item.credentialId] : []))))];
}
