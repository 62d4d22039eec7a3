/**
 * Containment work as the store keeps it: one row per credential, and one summary row per trip that stays open until told. The
 * summary is written ahead: it holds the breaker's record with the trip until that is known to be in the log.
 */
import type { BreakerRecord, Containment, ContainmentItem, Trip } from "@tripline/model";
import type { NewWork, WorkItem } from "@tripline/store";

/** What the runner needs of a trip; the trip itself is in the `breakers` topic. */
export interface TripHeader {
  readonly id: string;
  readonly tenant: string;
  readonly agent: string;
  readonly atMs: number;
}

export type Payload =
  | { readonly kind: "item"; readonly trip: TripHeader; readonly item: ContainmentItem }
  /** `told`: the last status written to `containments`. `record`: null once it is in `breakers`. `owner`: the instance that contains it. */
  | { readonly kind: "summary"; readonly trip: TripHeader; readonly told: Containment["status"]; readonly record: BreakerRecord | null; readonly owner?: string };

/** The part of a trip that its work keeps. */
export function headerOf(trip: Trip): TripHeader {
  return { id: trip.id, tenant: trip.tenant, agent: trip.agent, atMs: trip.atMs };
}

/** The row of one credential. */
export function itemWork(trip: TripHeader, item: ContainmentItem): NewWork {
  const payload: Payload = { kind: "item", trip, item };
  return { kind: "revocation", id: `${trip.id}|${item.credentialId}`, group: trip.id, payload: JSON.stringify(payload), nextAttemptMs: item.nextAttemptMs };
}

/** The row of the whole; `nextAttemptMs` is not null while something is untold. */
export function summaryWork(trip: TripHeader, told: Containment["status"], nextAttemptMs: number | null, record: BreakerRecord | null, owner: string): NewWork {
  const payload: Payload = { kind: "summary", trip, told, record, owner };
  return { kind: "revocation", id: `${trip.id}|`, group: trip.id, payload: JSON.stringify(payload), nextAttemptMs };
}

/** Rows are written by this service alone; one that does not parse is a bug or a damaged store, and must be seen. */
export function payloadOf(work: WorkItem): Payload {
  const payload: unknown = JSON.parse(work.payload);
  if (typeof payload === "object" && payload !== null && "kind" in payload && "trip" in payload) return payload as Payload;
  throw new Error(`work item ${work.id} is not containment work`);
}
