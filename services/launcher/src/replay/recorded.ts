/** What a replay reads, from wherever it was recorded, and what of it could not be read. */
import type { RecordedTrip, RegistryFact, ReplayRecord } from "@tripline/core";
import { type Action, decode, type Topic } from "@tripline/model";

/** A record of the log, of which a replay decides by, or that it is compared with. */
export type Recorded = Exclude<ReplayRecord, { kind: "fact" }> | ({ readonly kind: "fact"; readonly receiveMs: number } & RegistryFact) | { readonly kind: "trip"; readonly trip: RecordedTrip; readonly receiveMs: number };

/** Everything but the actions: few, and held in memory. */
export type Stated = Exclude<Recorded, { kind: "action" }>;

export type RecordedAction = Extract<Recorded, { kind: "action" }>;

/** What was read and is not replayed, by topic and reason. Of a credential that cannot be decoded, the secret is not recognised. */
export class Unreadable {
  readonly counts = new Map<string, number>();

  add(what: string, reason: string, count = 1): void {
    this.addTo(`${what} ${reason}`, count);
  }

  /** `key`: as counted by another of these. */
  addTo(key: string, count: number): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + count);
  }

  get total(): number {
    let sum = 0;
    for (const count of this.counts.values()) sum += count;
    return sum;
  }
}

export type StatedTopic = RegistryFact["topic"] | "commands" | "breakers";

/** One record of a topic that is held in memory; null for one that says nothing to a replay, and, counted, for one that cannot be decoded. */
export function statedOf(topic: StatedTopic, bytes: Uint8Array, receiveMs: number, unreadable: Unreadable): Stated | null {
  if (topic === "commands") {
    const decoded = decoding(topic, bytes, unreadable);
    return decoded?.kind === "reset" ? { kind: "order", command: decoded, receiveMs } : null;
  }
  if (topic === "breakers") {
    const decoded = decoding(topic, bytes, unreadable);
    // Of a compacted topic only the last record is left, whatever changed then; it still carries the trip.
    if (decoded === null || decoded.trip === null) return null;
    const { tenant, agent, atMs, cause, summary, findings } = decoded.trip;
    return { kind: "trip", receiveMs, trip: { tenant, agent, atMs, cause: cause.kind, summary, actionIds: findings.map(({ actionId }) => actionId) } };
  }
  const payload = decoding(topic, bytes, unreadable);
  return payload === null ? null : { kind: "fact", receiveMs, ...({ topic, payload } as RegistryFact) };
}

export function actionOf(bytes: Uint8Array, unreadable: Unreadable): Action | null {
  return decoding("actions", bytes, unreadable);
}

function decoding<T extends Topic>(topic: T, bytes: Uint8Array, unreadable: Unreadable) {
  const decoded = decode(topic, bytes);
  if (decoded.ok) return decoded.value;
  unreadable.add(topic, decoded.reason);
  return null;
}

/** In order of receipt; what was stated comes before the actions of the same millisecond, since services read it first. */
export function inTime(stated: readonly Stated[]): Stated[] {
  const trips = new Set<string>();
  return stated
    .toSorted((a, b) => a.receiveMs - b.receiveMs)
    .filter((one) => {
      if (one.kind !== "trip") return true;
      // Each change of a breaker repeats its trip.
      const id = `${one.trip.tenant}/${one.trip.agent}/${one.trip.atMs}`;
      const isNew = !trips.has(id);
      trips.add(id);
      return isNew;
    });
}
