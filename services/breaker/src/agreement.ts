/**
 * How breakers that share a log agree. Each reads what the others wrote on `breakers` and merges it with what it knows itself; the last
 * record of an agent in the log must say all of it, so whoever finds something missing there writes the whole once more. What another
 * instance tripped is looked at again: a lease that was issued here at that moment may be missing in its plan. So is what trips by merging
 * alone: what one took for evidence of an earlier trip, and another had reset before it came.
 */
import { covers, mergeRecords, planContainment } from "@tripline/core";
import { type AgentKey, type BreakerRecord, agentKey, encode } from "@tripline/model";
import { appendUntilDurable } from "./append.ts";
import type { PipelineDeps } from "./pipeline.ts";

/** Changes that may concern what is to be contained. */
const NEWS: ReadonlySet<string> = new Set(["trip", "reset-tripped", "evidence-added", "merged", "intent-added"]);

/** `wrote` for everything that this instance appends, `heard` for everything that it reads on `breakers`. */
export class Agreement {
  /** What this instance wrote and has not read back: it comes later in the log than what is being read. */
  readonly #unread = new Map<AgentKey, string[]>();
  readonly #following = new Set<Promise<void>>();
  /** Agents whose last record, as far as it was read before `live`, did not say all. */
  readonly #incomplete = new Set<AgentKey>();
  /** Agents that tripped by merging alone, and of which no record before `live` says so. */
  readonly #tripped = new Set<AgentKey>();
  #isLive = false;

  /** Call it before the record is appended. */
  wrote(record: BreakerRecord): void {
    const key = agentKey(record.tenant, record.agent);
    this.#unread.set(key, [...(this.#unread.get(key) ?? []), JSON.stringify(record)]);
  }

  /** Merges one record; what follows from it runs on by itself. */
  async heard(record: BreakerRecord, deps: PipelineDeps): Promise<void> {
    const key = agentKey(record.tenant, record.agent);
    const isOwn = this.#readBack(key, record);
    const merged = await deps.states.inOrder(key, async () => {
      const before = deps.states.get(key);
      const known = mergeRecords(before, record);
      deps.states.set(known);
      noteRisk(before, known, deps);
      await this.#complete(key, record, known, deps);
      const trip = openedBy(known);
      if (trip === openedBy(record)) this.#tripped.delete(key);
      else if (trip !== null && trip !== openedBy(before)) this.#tripped.add(key);
      return known;
    });
    if (this.#isLive && (this.#tripped.delete(key) || (!isOwn && NEWS.has(record.change)))) this.#follow(merged, deps);
  }

  /** Everything is read from the start: until `live`, what stands in the log is history. */
  catchUp(): void {
    this.#isLive = false;
  }

  /** Everything that was there at the start has been read: from now on this instance answers for what is missing. */
  async live(deps: PipelineDeps): Promise<void> {
    this.#isLive = true;
    for (const key of this.#incomplete) await deps.states.inOrder(key, () => this.#write({ ...deps.states.get(key), change: "merged" }, deps));
    this.#incomplete.clear();
    for (const key of this.#tripped) this.#follow(deps.states.get(key), deps);
    this.#tripped.clear();
  }

  /** Resolves when nothing runs any more; `stopping` ends what waits. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#following);
  }

  #readBack(key: AgentKey, record: BreakerRecord): boolean {
    const unread = this.#unread.get(key) ?? [];
    const at = unread.indexOf(JSON.stringify(record));
    if (at < 0) return false;
    if (unread.length === 1) this.#unread.delete(key);
    else unread.splice(at, 1);
    return true;
  }

  async #complete(key: AgentKey, read: BreakerRecord, known: BreakerRecord, deps: PipelineDeps): Promise<void> {
    const isComplete = covers(read, known);
    if (!this.#isLive) {
      if (isComplete) this.#incomplete.delete(key);
      else this.#incomplete.add(key);
      return;
    }
    if (!isComplete && !this.#unread.has(key)) await this.#write({ ...known, change: "merged" }, deps);
  }

  async #write(record: BreakerRecord, deps: PipelineDeps): Promise<void> {
    const stamped = { ...record, atMs: deps.clock() };
    this.wrote(stamped);
    await appendUntilDurable(deps, "breakers", agentKey(record.tenant, record.agent), encode("breakers", stamped));
  }

  #follow(record: BreakerRecord, deps: PipelineDeps): void {
    const run = this.#followUp(record, deps).catch((error: unknown) => {
      if (!deps.stopping.aborted) deps.logger.error({ tripId: record.trip?.id, reason: error instanceof Error ? error.message : "unknown" }, "another breaker's trip cannot be looked at; its owner contains it");
    });
    this.#following.add(run);
    void run.finally(() => this.#following.delete(run));
  }

  async #followUp(record: BreakerRecord, deps: PipelineDeps): Promise<void> {
    const { trip, position } = record;
    if (trip === null || position.state !== "open") return;
    const outcome = await deps.runner.learn(trip, planContainment(trip, deps.registry, deps.clock()));
    // The owner looks at its work again when it hears of a change.
    if (outcome === "added-for-another") await this.#write({ ...deps.states.get(agentKey(record.tenant, record.agent)), change: "intent-added" }, deps);
  }
}

function openedBy({ position }: BreakerRecord): string | null {
  return position.state === "open" ? position.tripId : null;
}

/** A trip on risk counts for the mass-trip guard, whoever tripped. */
function noteRisk(before: BreakerRecord, known: BreakerRecord, { massTrips }: PipelineDeps): void {
  const { trip } = known;
  if (trip !== null && trip.cause.kind === "risk" && before.trip?.id !== trip.id) massTrips.noted(known.tenant, trip.atMs);
}
