/**
 * What is told of a containment: a record on `containments` for each change of its state, the revoked state of credentials and
 * leases as facts, and a summary row that stays open until the final record is durable, so that a crash cannot leave it untold.
 */
import { type Registry, reportedItems, statusOf } from "@tripline/core";
import { type Containment, type ContainmentItem, type CredentialRecord, type ProbeOutcome, agentKey, encode } from "@tripline/model";
import type { WorkItem } from "@tripline/store";
import { appendUntilDurable } from "./append.ts";
import { type BreakerDeps, secretName } from "./deps.ts";
import { LIMITS } from "./limits.ts";
import { type TripHeader, summaryWork } from "./work.ts";

interface Told {
  work: WorkItem;
  status: Containment["status"];
  containment: Containment | null;
  /** Told by this instance, and so known here before it is read back. */
  isOwn: boolean;
}

/** Whose credential or lease it was. */
interface Holder {
  readonly tenant: string;
  readonly agent: string;
}

/** Tells of containments, in order for each trip; see the head of this file. */
export class ContainmentReports {
  readonly #deps: BreakerDeps & { stopping: AbortSignal };
  readonly #told = new Map<string, Told>();
  readonly #heard = new Map<string, Containment>();
  readonly #chains = new Map<string, Promise<void>>();

  constructor(deps: BreakerDeps & { stopping: AbortSignal }) {
    this.#deps = deps;
  }

  adopt(work: WorkItem, status: Containment["status"]): void {
    if (!this.#told.has(work.group)) this.#told.set(work.group, { work, status, containment: null, isOwn: false });
    this.#forgetOldest();
  }

  /** From now on this instance tells of it, and goes on from the row as it is now. */
  own(work: WorkItem, status: Containment["status"]): void {
    this.adopt(work, status);
    const told = this.#told.get(work.group);
    if (told !== undefined && told.work.revision < work.revision) Object.assign(told, { work, status });
    if (told !== undefined) told.isOwn = true;
  }

  /** Another instance tells of it now. */
  disown(tripId: string): void {
    const told = this.#told.get(tripId);
    if (told !== undefined) told.isOwn = false;
  }

  /** What another instance told of a trip, for listings. */
  heard(containment: Containment): void {
    if (this.#told.get(containment.tripId)?.isOwn === true) return;
    this.#heard.delete(containment.tripId);
    this.#heard.set(containment.tripId, containment);
    const [oldest] = this.#heard.keys();
    if (this.#heard.size > LIMITS.containmentsShown && oldest !== undefined) this.#heard.delete(oldest);
  }

  /** What was told before a restart, for listings. */
  recall(work: WorkItem, summary: { readonly trip: TripHeader; readonly told: Containment["status"] }, items: readonly ContainmentItem[]): void {
    this.adopt(work, summary.told);
    const told = this.#told.get(work.group);
    if (told === undefined || told.containment !== null) return;
    const endedAtMs = summary.told === "open" ? null : Math.max(summary.trip.atMs, ...items.map((item) => item.verifiedAtMs ?? item.intendedAtMs));
    told.containment = containmentOf(summary.trip, summary.told, items, endedAtMs);
  }

  /** The latest of each trip; of those verified, and of those of other instances, the newest LIMITS.containmentsShown. */
  all(): Containment[] {
    const told = [...this.#told].flatMap(([tripId, { containment, isOwn }]) => (containment === null || (!isOwn && this.#heard.has(tripId)) ? [] : [[tripId, containment] as const]));
    return [...new Map([...this.#heard, ...told]).values()];
  }

  /** Nothing is told of a trip before it is in the log itself. */
  tellAfter(tripId: string, recorded: Promise<unknown>): void {
    const before = this.#chains.get(tripId) ?? Promise.resolve();
    this.#chains.set(tripId, Promise.allSettled([before, recorded]).then(() => undefined));
  }

  /** Tells the state of a trip's items; records of one trip reach the log in order. */
  changed(trip: TripHeader, items: readonly ContainmentItem[]): void {
    const before = this.#chains.get(trip.id) ?? Promise.resolve();
    const run = before.then(() => this.#tell(trip, items)).catch((error: unknown) => {
      if (this.#deps.stopping.aborted) return;
      this.#deps.logger.error({ tripId: trip.id, reason: error instanceof Error ? error.message : "unknown" }, "cannot report a containment");
    });
    this.#chains.set(trip.id, run);
    void run.then(() => {
      if (this.#chains.get(trip.id) === run) this.#chains.delete(trip.id);
    });
  }

  /** The credential no longer works: the inventory and its lease say so, and its secret is erased. Doing it again changes nothing. */
  async recordRevoked(holder: Holder, record: CredentialRecord, refusal: ProbeOutcome | null, registry: Registry): Promise<void> {
    const atMs = this.#deps.clock();
    const refusedBy = refusal?.kind === "refused" ? refusal.by : "provider-listing";
    const revoked: CredentialRecord = { ...record, status: "revoked", refusedBy, version: record.version + 1, atMs };
    if (record.status !== "revoked") await appendUntilDurable(this.#deps, "credentials", record.tenant, encode("credentials", revoked));
    const key = agentKey(holder.tenant, holder.agent);
    for (const lease of registry.leases(key)) {
      if (lease.credentialId !== record.id || lease.status !== "active") continue;
      await appendUntilDurable(this.#deps, "leases", key, encode("leases", { ...lease, status: "revoked", version: lease.version + 1, atMs }));
    }
    await this.#deps.secrets.erase(secretName(record.tenant, record.id));
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#chains.values());
  }

  async #tell(trip: TripHeader, items: readonly ContainmentItem[]): Promise<void> {
    const told = this.#told.get(trip.id);
    if (told === undefined) throw new Error(`containment ${trip.id} has no summary`);
    const status = statusOf(items);
    const endedAtMs = status === "open" ? null : (told.containment?.status === status ? told.containment.endedAtMs : this.#deps.clock());
    const containment = containmentOf(trip, status, items, endedAtMs);
    await appendUntilDurable(this.#deps, "containments", agentKey(trip.tenant, trip.agent), encode("containments", containment));
    told.containment = containment;
    if (status === told.status) return;
    const summary = summaryWork(trip, status, status === "open" ? trip.atMs : null, null, this.#deps.config.instance);
    told.work = (await this.#deps.store.updateWork({ ...summary, revision: told.work.revision })) ?? told.work;
    told.status = status;
    if (status !== "open") this.#deps.metrics.counter("tripline_containments_total", "Containments by end", ["status"]).add(1, { status });
  }

  #forgetOldest(): void {
    for (const [tripId, told] of this.#told) {
      if (this.#told.size <= LIMITS.containmentsShown) return;
      if (told.status === "verified") this.#told.delete(tripId);
    }
  }
}

function containmentOf(trip: TripHeader, status: Containment["status"], items: readonly ContainmentItem[], endedAtMs: number | null): Containment {
  return { v: 1, tripId: trip.id, tenant: trip.tenant, agent: trip.agent, status, items: reportedItems(items), startedAtMs: trip.atMs, endedAtMs };
}
