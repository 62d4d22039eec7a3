/** What must hold at the end, as functions of records alone: so that each can be shown to fail. Every list names what is wrong. */
import type { Action, BreakerRecord, Containment, CredentialRecord, Trip } from "@tripline/model";
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
  /** Trips recorded twice under one id with another time or cause: two trips of one generation. */
  readonly doubled: readonly string[];
}

/** Trips of the log. `records` may be several readings of the topic one after another, since it forgets what is superseded. */
export function tripsOf(records: readonly TopicRecord<BreakerRecord>[]): TripFacts {
  const trips = new Map<string, Trip>();
  const beganMs = new Map<string, number>();
  const doubled = new Set<string>();
  for (const { value } of records) {
    const { trip } = value;
    if (trip === null) continue;
    if (value.generation === trip.generation) beganMs.set(trip.id, Math.min(value.resetAtMs, beganMs.get(trip.id) ?? value.resetAtMs));
    const known = trips.get(trip.id);
    if (known !== undefined && (known.atMs !== trip.atMs || JSON.stringify(known.cause) !== JSON.stringify(trip.cause))) doubled.add(trip.id);
    if (known === undefined || trip.findings.length >= known.findings.length) trips.set(trip.id, trip);
  }
  return { trips, beganMs, doubled: [...doubled] };
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
 * Evidence of a trip that an earlier generation's trip had: what a human had judged tripped again. Only this is none: what was received
 * after the reset and opened the later trip, while a breaker that had not heard of the reset yet added it to the earlier one.
 */
export function repeatedTrips({ trips, beganMs }: Pick<TripFacts, "trips" | "beganMs">): string[] {
  const first = new Map<string, { readonly trip: string; readonly opened: boolean }>();
  const again: string[] = [];
  for (const trip of [...trips.values()].toSorted((a, b) => a.generation - b.generation)) {
    for (const { id, actionId, receiveMs } of trip.findings) {
      const evidence = `${trip.agent} ${actionId}`;
      const known = first.get(evidence);
      const opened = trip.cause.kind !== "hard-finding" || trip.cause.findingId === id;
      const isNew = known === undefined || known.trip === trip.id || (opened && !known.opened && receiveMs >= (beganMs.get(trip.id) ?? Number.POSITIVE_INFINITY));
      if (!isNew) again.push(`${trip.id} (${trip.cause.kind}, ${trip.findings.length} findings): ${actionId} was judged in ${known.trip}`);
      first.set(evidence, { trip: known?.trip ?? trip.id, opened: opened || known?.opened === true });
    }
  }
  return [...new Set(again)];
}

/** Acknowledged destructive attempts that opened nothing. */
export function attemptsWithoutTrip(attempts: readonly { readonly agent: string; readonly actionId: string }[], trips: ReadonlyMap<string, Trip>): string[] {
  const evidence = new Set([...trips.values()].flatMap((trip) => trip.findings.map(({ actionId }) => `${trip.agent} ${actionId}`)));
  return attempts.map(({ agent, actionId }) => `${agent} ${actionId}`).filter((name) => !evidence.has(name));
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
