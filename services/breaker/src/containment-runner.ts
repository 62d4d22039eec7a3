/**
 * Carries containments out: one loop per credential, driven by the pure rules in core. Every change is durable before the next
 * call; a restart picks up every row with an attempt left and asks a probe first, since a call may have taken effect.
 */
import { channel } from "node:diagnostics_channel";
import { setTimeout as sleep } from "node:timers/promises";
import { afterProbe, afterRevocation, nextCall, ordered, waitMs } from "@tripline/core";
import type { Registry } from "@tripline/core";
import { type BreakerRecord, type ContainmentItem, type CredentialRecord, type Trip, TriplineError } from "@tripline/model";
import type { WorkItem } from "@tripline/store";
import type { Claims } from "./claims.ts";
import { type BreakerDeps, secretName } from "./deps.ts";
import { LIMITS } from "./limits.ts";
import { ProviderCalls } from "./provider-calls.ts";
import { ContainmentReports } from "./containment-reports.ts";
import { type TripHeader, headerOf, itemWork, payloadOf, summaryWork } from "./work.ts";

/** For tracing and fault injection: the intent is durable, the call has not been made. */
const intentRecorded = channel("tripline:breaker.intent-recorded");

/** Of a work item that was recorded and never updated. */
const FIRST_REVISION = 1;

interface RunningItem {
  work: WorkItem;
  item: ContainmentItem;
  running: boolean;
  /** Its row was changed by an order since it was read. */
  isChanged: boolean;
  /** Ends the wait before the next attempt. */
  wake: AbortController | null;
}

/**
 * `recordIntent`, then `start`; `resume` after a restart, or when another instance died. Loops end when `stopping` is aborted, and go on
 * from the store. Where several breakers share it, each runs the containments that it owns (see claims).
 */
export class ContainmentRunner {
  readonly #deps: BreakerDeps & { stopping: AbortSignal };
  readonly #registry: Registry;
  readonly #calls: ProviderCalls;
  readonly #claims: Claims;
  readonly #trips = new Map<string, { header: TripHeader; items: Map<string, RunningItem> }>();
  readonly #loops = new Set<Promise<void>>();
  readonly reports: ContainmentReports;

  constructor(deps: BreakerDeps & { stopping: AbortSignal }, registry: Registry, claims: Claims) {
    this.#deps = deps;
    this.#registry = registry;
    this.#claims = claims;
    this.#calls = new ProviderCalls(deps.providers);
    this.reports = new ContainmentReports(deps);
  }

  /**
   * Makes the intent durable, and with it the breaker's record that holds the trip where it is not in the log yet (`ahead`). Recording
   * the same trip again only adds what is new; then its record is not written ahead.
   */
  async recordIntent(trip: Trip, items: readonly ContainmentItem[], record: BreakerRecord | null): Promise<"ahead" | "added"> {
    const header = headerOf(trip);
    const summary = summaryWork(header, "open", header.atMs, record, this.#claims.instance);
    const stored = await this.#deps.store.recordWork([summary, ...items.map((item) => itemWork(header, item))]);
    const owner = this.#claims.ownerOf(stored);
    if (owner !== this.#claims.instance) {
      // Another instance was first and contains it. If it died since, what it left is looked for once more.
      if (owner !== null && !this.#claims.isAlive(owner)) await this.#resumeTrip(trip.id);
      return "added";
    }
    // A finished trip was let go from memory; new evidence on it brings all of it back, so that reports stay complete. A summary
    // that was never changed is of a trip that has nothing else on record: most trips, and they are in a hurry.
    const isWhole = this.#trips.has(trip.id) || stored[0]?.revision === FIRST_REVISION;
    this.#adopt(isWhole ? stored : await this.#deps.store.workOfGroup("revocation", trip.id));
    return record !== null && stored[0]?.payload === summary.payload ? "ahead" : "added";
  }

  /** Starts what is recorded of a trip and not running yet. Nothing is told of it before `recorded`: the trip's own record is in the log. */
  start(tripId: string, recorded: Promise<unknown>): void {
    this.reports.tellAfter(tripId, recorded);
    this.#startItems(tripId, false);
    this.#report(tripId);
  }

  /** Breaker records that were written ahead, and may or may not be in the log. */
  async writtenAhead(): Promise<BreakerRecord[]> {
    const open = (await this.#deps.store.openWork("revocation", LIMITS.openWork)).map(payloadOf);
    return open.flatMap((payload) => {
      if (payload.kind !== "summary" || payload.record === null) return [];
      const owner = payload.owner ?? this.#claims.instance;
      return owner === this.#claims.instance || !this.#claims.isAlive(owner) ? [payload.record] : [];
    });
  }

  /**
   * Carries a human's order into the row of a credential that waits for one, whoever contains its trip; where that is this instance, it
   * goes on at once. Every instance is told of every order, and doing it again changes nothing. False if the trip has no such credential.
   */
  async order(tripId: string, credentialId: string, orderedAtMs: number): Promise<boolean> {
    for (const work of await this.#deps.store.workOfGroup("revocation", tripId)) {
      const payload = payloadOf(work);
      if (payload.kind !== "item" || payload.item.credentialId !== credentialId) continue;
      const item = ordered(payload.item, orderedAtMs, this.#deps.clock());
      if (item !== null && (await this.#deps.store.updateWork({ ...itemWork(payload.trip, item), revision: work.revision })) === null) throw new Error("its row was changed meanwhile");
      const entry = this.#trips.get(tripId)?.items.get(credentialId);
      if (entry !== undefined) {
        entry.isChanged = true;
        entry.wake?.abort();
      }
      return item !== null || payload.item.nextAttemptMs !== null || payload.item.state === "verified";
    }
    return false;
  }

  /** Picks up all open work after a restart, or after another instance's death, when every trip is in the log. */
  async resume(): Promise<void> {
    const open = await this.#deps.store.openWork("revocation", LIMITS.openWork);
    for (const group of new Set(open.map((work) => work.group))) if (!this.#trips.has(group)) await this.#resumeTrip(group);
  }

  async #resumeTrip(tripId: string): Promise<void> {
    const claimed = await this.#claims.claim(await this.#deps.store.workOfGroup("revocation", tripId));
    if (claimed === null) return;
    this.#adopt(claimed);
    await this.#pickUp(tripId);
  }

  /** Looks at a trip that another instance wrote of: adds to its intent what is planned here and missing there, and runs what is this one's. */
  async learn(trip: Trip, planned: readonly ContainmentItem[]): Promise<"complete" | "started" | "added-for-another"> {
    let stored = await this.#deps.store.workOfGroup("revocation", trip.id);
    if (stored.length === 0) {
      // Trip and intent are written at the same time: the one may be seen before the other.
      await sleep(LIMITS.intentGraceMs, undefined, { signal: this.#deps.stopping });
      stored = await this.#deps.store.workOfGroup("revocation", trip.id);
    }
    const known = new Set(stored.map(payloadOf).flatMap((payload) => (payload.kind === "item" ? [payload.item.credentialId] : [])));
    // What was registered to the agent is in the first intent, all of it.
    const missing = planned.filter(({ credentialId, reason }) => !known.has(credentialId) && (stored.length === 0 || reason !== "registered"));
    const isMine = stored.length === 0 || this.#claims.ownerOf(stored) === this.#claims.instance;
    if (stored.length === 0 || missing.length > 0) await this.recordIntent(trip, missing, null);
    if (!isMine) return missing.length > 0 ? "added-for-another" : "complete";
    this.#adopt(await this.#deps.store.workOfGroup("revocation", trip.id));
    this.start(trip.id, Promise.resolve());
    return "started";
  }

  /** Goes on where a crash or an error stopped: first what follows from a verification, since its item has no attempt left. */
  async #pickUp(tripId: string): Promise<void> {
    const trip = this.#trips.get(tripId);
    for (const { item } of trip?.items.values() ?? []) {
      const record = item.state === "verified" && trip !== undefined ? this.#registry.credential(trip.header.tenant, item.credentialId) : null;
      // A record written after the verification states a new secret, unless it is the one that says revoked.
      const isOfNewSecret = record?.status === "active" && record.atMs > (item.verifiedAtMs ?? 0);
      if (trip !== undefined && record !== null && !isOfNewSecret) await this.reports.recordRevoked(trip.header, record, item.probe, this.#registry);
    }
    this.#startItems(tripId, true);
    this.#report(tripId);
  }

  /** Credentials in a trip's recorded intent, null if none was recorded; listings know of its containment from then on. */
  async recall(tripId: string): Promise<ReadonlySet<string> | null> {
    const stored = await this.#deps.store.workOfGroup("revocation", tripId);
    if (stored.length === 0) return null;
    const items = stored.map(payloadOf).flatMap((payload) => (payload.kind === "item" ? [payload.item] : []));
    for (const work of stored) {
      const payload = payloadOf(work);
      if (payload.kind === "summary") this.reports.recall(work, payload, items);
    }
    return new Set(items.map((item) => item.credentialId));
  }

  /** Takes back a credential that was made but never handed out; its lease stays on record, so a later trip meets it again. */
  async revokeUnused(record: CredentialRecord): Promise<void> {
    const outcome = await this.#calls.revoke(record);
    if (outcome.kind !== "revoked" && outcome.kind !== "already-gone") this.#deps.logger.error({ credentialId: record.id, outcome: outcome.kind }, "an unused credential is still there");
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#loops);
    await this.reports.stop();
  }

  #adopt(stored: readonly WorkItem[]): void {
    for (const work of stored) {
      const payload = payloadOf(work);
      const trip = this.#trips.get(payload.trip.id) ?? { header: payload.trip, items: new Map<string, RunningItem>() };
      this.#trips.set(payload.trip.id, trip);
      if (payload.kind === "summary") this.reports.own(work, payload.told);
      else if (!trip.items.has(payload.item.credentialId)) trip.items.set(payload.item.credentialId, { work, item: payload.item, running: false, isChanged: false, wake: null });
    }
  }

  #startItems(tripId: string, recovered: boolean): void {
    const trip = this.#trips.get(tripId);
    for (const entry of trip?.items.values() ?? []) {
      if (trip === undefined || entry.running || entry.item.nextAttemptMs === null) continue;
      entry.running = true;
      if (!recovered) intentRecorded.publish({ tripId, credentialId: entry.item.credentialId });
      const loop = this.#run(trip.header, entry, recovered).catch((error: unknown) => this.#failed(trip.header, entry, error));
      this.#loops.add(loop);
      void loop.finally(() => this.#loops.delete(loop));
    }
  }

  async #run(trip: TripHeader, entry: RunningItem, recovered: boolean): Promise<void> {
    let firstAfterCrash = recovered;
    while (entry.item.nextAttemptMs !== null && !this.#deps.stopping.aborted) {
      const pauseMs = waitMs(entry.item, this.#deps.clock());
      if (pauseMs > 0) await this.#pause(entry, pauseMs);
      if (!(await this.#claims.isStillMine(trip.id))) return this.#letGo(trip.id, entry);
      if (entry.isChanged) {
        await this.#reload(trip.id, entry);
        continue;
      }
      const before = entry.item.state;
      const next = await this.#attempt(trip, entry.item, firstAfterCrash);
      firstAfterCrash = false;
      await this.#settle(trip, entry, next);
      if (next.state !== before) this.#report(trip.id);
    }
    entry.running = false;
    const items = [...(this.#trips.get(trip.id)?.items.values() ?? [])];
    if (items.every((other) => !other.running && other.item.nextAttemptMs === null)) this.#trips.delete(trip.id);
  }

  async #pause(entry: RunningItem, ms: number): Promise<void> {
    if (entry.isChanged) return;
    entry.wake = new AbortController();
    await sleep(ms, undefined, { signal: AbortSignal.any([this.#deps.stopping, entry.wake.signal]) }).catch((error: unknown) => {
      if (this.#deps.stopping.aborted) throw error;
    });
  }

  async #reload(tripId: string, entry: RunningItem): Promise<void> {
    entry.isChanged = false;
    const work = (await this.#deps.store.workOfGroup("revocation", tripId)).find(({ id }) => id === entry.work.id);
    const payload = work === undefined ? null : payloadOf(work);
    if (payload?.kind === "item") Object.assign(entry, { work, item: payload.item });
    this.#report(tripId);
  }

  /** Another instance took it over while this one could not be seen to live. */
  #letGo(tripId: string, entry: RunningItem): void {
    entry.running = false;
    this.reports.disown(tripId);
    if (this.#trips.delete(tripId)) this.#deps.logger.warn({ tripId }, "another breaker has taken over this containment");
  }

  async #attempt(trip: TripHeader, item: ContainmentItem, recovered: boolean): Promise<ContainmentItem> {
    const record = this.#registry.credential(trip.tenant, item.credentialId);
    if (record === null) {
      // Its issue may be under way, or was interrupted: once the record is there it is revoked like any other.
      const reason = "The inventory has no record of it (its issue may have been interrupted).";
      return afterRevocation(item, { kind: "failed", reason, effect: "none", retryAfterMs: null }, this.#deps.clock());
    }
    // Another trip's probe was refused since this one began: it holds for this trip too, and its secret is gone, so asking again could prove less.
    if (record.status === "revoked" && record.atMs >= item.intendedAtMs) {
      return afterProbe(item, { kind: "refused", by: record.refusedBy ?? "provider-listing" }, this.#deps.clock());
    }
    if (nextCall(item, recovered) === "revoke") return this.#revoke(item, record, trip);
    return afterProbe(item, await this.#calls.probe(record, await this.#secretOf(record)), this.#deps.clock());
  }

  /** Null where there is none, or none that can be opened: then the provider's listing must do. */
  async #secretOf(record: CredentialRecord): Promise<string | null> {
    try {
      return await this.#deps.secrets.open(secretName(record.tenant, record.id));
    } catch (error) {
      if (!(error instanceof TriplineError) || error.code !== "TL_SEAL_BROKEN") throw error;
      this.#deps.logger.error({ credentialId: record.id, reason: error.code }, "the secret of a credential cannot be opened; probing without it");
      return null;
    }
  }

  async #revoke(item: ContainmentItem, record: CredentialRecord, trip: TripHeader): Promise<ContainmentItem> {
    const outcome = await this.#calls.revoke(record);
    const nowMs = this.#deps.clock();
    this.#deps.metrics.counter("tripline_revocations_total", "Revocation calls by outcome", ["provider", "outcome"]).add(1, { provider: record.provider, outcome: outcome.kind });
    this.#deps.metrics.histogram("tripline_trip_to_revocation_ms", "Trip recorded to revocation answered").observe(nowMs - trip.atMs);
    return afterRevocation(item, outcome, nowMs);
  }

  /** The outcome is durable before anything follows from it; once verified, the secret is erased and the inventory says so. */
  async #settle(trip: TripHeader, entry: RunningItem, item: ContainmentItem): Promise<void> {
    const stored = await this.#deps.store.updateWork({ ...itemWork(trip, item), revision: entry.work.revision });
    if (stored === null) throw new Error(`containment work of ${item.credentialId} was changed by another owner`);
    entry.work = stored;
    entry.item = item;
    if (item.state !== "verified") return;
    this.#deps.metrics.histogram("tripline_trip_to_verified_ms", "Trip recorded to a refused probe").observe(this.#deps.clock() - trip.atMs);
    const record = this.#registry.credential(trip.tenant, item.credentialId);
    if (record !== null) await this.reports.recordRevoked(trip, record, item.probe, this.#registry);
  }

  #report(tripId: string): void {
    const trip = this.#trips.get(tripId);
    if (trip !== undefined) this.reports.changed(trip.header, [...trip.items.values()].map((entry) => entry.item));
  }

  /** From what is stored: a write that failed may have taken effect, and then what is in memory could never be written again. */
  async #tryAgain(tripId: string): Promise<void> {
    const claimed = await this.#claims.claim(await this.#deps.store.workOfGroup("revocation", tripId));
    if (claimed === null) {
      this.reports.disown(tripId);
      return void this.#trips.delete(tripId);
    }
    for (const work of claimed) {
      const payload = payloadOf(work);
      const entry = payload.kind === "item" ? this.#trips.get(tripId)?.items.get(payload.item.credentialId) : undefined;
      if (payload.kind === "item" && entry?.running === false) Object.assign(entry, { work, item: payload.item });
    }
    await this.#pickUp(tripId);
  }

  #failed(trip: TripHeader, entry: RunningItem, error: unknown): void {
    entry.running = false;
    if (this.#deps.stopping.aborted) return;
    this.#deps.logger.error({ tripId: trip.id, credentialId: entry.item.credentialId, reason: error instanceof Error ? error.message : "unknown" }, "containment loop failed; trying again");
    const retry = sleep(LIMITS.appendRetryMaxMs, undefined, { signal: this.#deps.stopping }).then(
      () => this.#tryAgain(trip.id).catch((again: unknown) => this.#failed(trip, entry, again)),
      () => undefined,
    );
    this.#loops.add(retry);
    void retry.finally(() => this.#loops.delete(retry));
  }
}
