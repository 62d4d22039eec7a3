/**
 * Several breaker instances read the same evidence and orders, each in its own order, and write what they make of it. Merging is how
 * they agree: whatever two of them know, in whatever order they hear of each other, both end at the same record, and nothing that
 * denies is lost. Within a generation a breaker only moves on (probing, closed, open); a reset begins the next one, unless one that had
 * not heard of it took for evidence of the trip before what came after it: then that opens the next one.
 */
import { type AgentKey, type BreakerRecord, type Hold, type Trip, tripId } from "@tripline/model";
import { joined, judgedWith, lateEvidence, MAX_COMMAND_IDS, MAX_FOREIGN_CREDENTIALS, MAX_HOLDS, open } from "./breaker.ts";

/** What both know together. */
export function mergeRecords(mine: BreakerRecord, theirs: BreakerRecord): BreakerRecord {
  const [lead, other] = isFurther(theirs, mine) ? [theirs, mine] : [mine, theirs];
  const [newer, older] = isNewer(theirs, mine) ? [theirs, mine] : [mine, theirs];
  const merged: BreakerRecord = {
    ...lead,
    ...judgedWith(mine, theirs.judged ?? []),
    holds: mergeHolds(lead, other),
    commandIds: [...older.commandIds.filter((id) => !newer.commandIds.includes(id)), ...newer.commandIds].slice(-MAX_COMMAND_IDS),
    atMs: newer.atMs,
    change: newer.change,
    resetAtMs: Math.max(lead.resetAtMs, other.resetAtMs),
  };
  if (other.position.state !== "open") return merged;
  if (lead.position.state !== "open") return trippedSince(merged, other.trip);
  if (lead.generation !== other.generation) return merged;
  if (lead.trip === null || other.trip === null) return merged;
  if (lead.trip.soft !== other.trip.soft) return hardened(merged, lead.trip.soft ? other.trip : lead.trip);
  return { ...merged, trip: mergeTrips(lead.trip, other.trip) };
}

/** True if nothing that `merged` says is missing from `written`: then nobody needs to be told. */
export function covers(written: BreakerRecord, merged: BreakerRecord): boolean {
  if (written.generation !== merged.generation || rank(written) !== rank(merged)) return false;
  if (merged.holds.length !== written.holds.length || !merged.holds.every(({ id }) => written.holds.some((hold) => hold.id === id))) return false;
  if (merged.judged?.some(({ digest }) => written.judged?.every((one) => one.digest !== digest) ?? true) === true) return false;
  if (merged.position.state !== "open" || merged.trip === null) return true;
  const { trip } = written;
  if (trip === null || trip.id !== merged.trip.id || trip.soft !== merged.trip.soft) return false;
  // At the bound the two may keep different ones for ever; each has told the other what it had.
  return trip.foreignCredentials.length >= MAX_FOREIGN_CREDENTIALS || merged.trip.foreignCredentials.every((mark) => trip.foreignCredentials.includes(mark));
}

const RANKS = { probing: 0, closed: 1, open: 2 } as const;

function rank({ position }: BreakerRecord): number {
  return RANKS[position.state];
}

function isNewer(a: BreakerRecord, b: BreakerRecord): boolean {
  return a.atMs > b.atMs || (a.atMs === b.atMs && a.change > b.change);
}

/** Further in its life; of two open ones, the one whose trip came first, so that both sides choose the same. */
function isFurther(a: BreakerRecord, b: BreakerRecord): boolean {
  if (a.generation !== b.generation) return a.generation > b.generation;
  if (rank(a) !== rank(b)) return rank(a) > rank(b);
  if (a.position.state === "probing" && b.position.state === "probing") return a.position.actionsLeft < b.position.actionsLeft;
  if (a.trip === null || b.trip === null) return a.trip !== null;
  return a.trip.atMs < b.trip.atMs;
}

/** A hold's id is that of its command: who has applied the command and does not have the hold has released it. */
function mergeHolds(lead: BreakerRecord, other: BreakerRecord): Hold[] {
  const kept = lead.holds.filter(({ id }) => other.holds.some((hold) => hold.id === id) || !other.commandIds.includes(id));
  const added = other.holds.filter(({ id }) => !lead.holds.some((hold) => hold.id === id) && !lead.commandIds.includes(id));
  return [...kept, ...added].toSorted((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)).slice(0, MAX_HOLDS);
}

function mergeTrips(lead: Trip, other: Trip): Trip {
  const foreignCredentials = [...new Set([...lead.foreignCredentials, ...other.foreignCredentials])].slice(0, MAX_FOREIGN_CREDENTIALS);
  // Of one trip told twice the later says more.
  const [first, second] = lead.atMs === other.atMs && other.findings.length > lead.findings.length ? [other, lead] : [lead, other];
  return { ...lead, foreignCredentials, findings: joined(first.findings, second.findings) };
}

/**
 * Dated by its receipt, so that whoever merges makes the same trip of it. What stood in the trip that was reset was looked at then, whatever
 * the clocks of order and evidence say.
 */
function trippedSince(merged: BreakerRecord, before: Trip | null): BreakerRecord {
  const late = lateEvidence(merged, before, merged.trip?.id === before?.id ? merged.trip : null);
  if (late === null) return merged;
  const { record } = open(merged, late, { nowMs: late.receiveMs, probeActions: 0, foreignSeen: [], massTrip: before?.soft === true });
  return { ...record, atMs: merged.atMs, change: merged.change };
}

/** One tripped on risk and revoked nothing, the other on what must be revoked, under the same id: a trip of the next generation, that does. */
function hardened(record: BreakerRecord, hard: Trip): BreakerRecord {
  const key: AgentKey = `${record.tenant}/${record.agent}`;
  const generation = record.generation + 1;
  const id = tripId(key, generation);
  return { ...record, generation, trip: { ...hard, id, generation }, position: { state: "open", tripId: id, sinceMs: hard.atMs } };
}
