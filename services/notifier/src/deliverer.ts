/**
 * Sends recorded alerts until each is settled. The store is the queue: what is not settled is found again after a restart, and a
 * crash between sending and settling sends the alert once more under the same id. Several notifiers share the queue: each claims an
 * alert before it sends it, and who finds it changed meanwhile lets go of it.
 */
import type { AlertSink, SendOutcome } from "@tripline/alerts";
import type { Counter } from "@tripline/runtime";
import type { WorkItem } from "@tripline/store";
import type { NotifierDeps } from "./deps.ts";
import { LIMITS } from "./limits.ts";
import { settle } from "./settle.ts";
import { type Delivery, deliveryOf, unclaimed } from "./work.ts";

interface SinkState {
  readonly sink: AlertSink;
  inFlight: number;
  /** After a failure nothing goes to this sink before then: one dead receiver must not keep the others' slots. */
  pausedUntilMs: number;
  lastReason: string | null;
}

export class Deliverer {
  readonly #deps: NotifierDeps;
  readonly #sinks: ReadonlyMap<string, SinkState>;
  readonly #counter: Counter;
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  #storeFailure: string | null = null;
  #wake: () => void = () => undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
    this.#sinks = new Map(deps.sinks.map((sink) => [sink.name, { sink, inFlight: 0, pausedUntilMs: 0, lastReason: null }]));
    this.#counter = deps.metrics.counter("tripline_alert_deliveries_total", "Attempts to deliver an alert, by what came of them", ["sink", "outcome"]);
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** New work was recorded. */
  wake(): void {
    this.#wake();
  }

  /** Waits for deliveries under way; a sink's own time-out bounds each. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#loop;
    await Promise.allSettled(this.#inFlight.values());
  }

  /** What keeps alerts from being delivered, for people: the store, and failing sinks with their last reason. */
  failing(): string[] {
    const sinks = [...this.#sinks.values()].flatMap(({ sink, lastReason }) => (lastReason === null ? [] : [`${sink.name}: ${lastReason}`]));
    return this.#storeFailure === null ? sinks : [`store: ${this.#storeFailure}`, ...sinks];
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const woken = this.#nextWake();
      const waitMs = await this.#turn().catch((error: unknown) => this.#storeFailed(error));
      await within(waitMs, woken);
    }
  }

  /** Nothing is lost by waiting: what is open stays in the store. */
  #storeFailed(error: unknown): number {
    this.#storeFailure = error instanceof Error ? error.message : "unknown";
    this.#deps.logger.error({ reason: this.#storeFailure }, "alerts on their way cannot be read; trying again");
    return LIMITS.retryMs;
  }

  #nextWake(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }

  /** Starts what is due and fits; answers for how long nothing else will be due. */
  async #turn(): Promise<number> {
    for (let window: number = LIMITS.window; ; window *= 2) {
      const open = await this.#deps.store.openWork("alert", window);
      this.#storeFailure = null;
      const started = open.filter((work) => this.#startIfDue(work)).length;
      if (started === 0 && open.length === window && window < LIMITS.maxWindow) continue;
      return this.#waitMs(open);
    }
  }

  #startIfDue(work: WorkItem): boolean {
    const nowMs = this.#deps.clock();
    if (this.#inFlight.has(work.id) || work.nextAttemptMs === null) return false;
    const claimed = deliveryOf(work);
    // What this instance claimed and is not sending, it claimed before a restart.
    if (work.nextAttemptMs > nowMs && claimed.claimedBy !== this.#deps.instance) return false;
    const delivery = unclaimed(claimed);
    const state = this.#sinks.get(delivery.sink);
    if (state !== undefined && (state.inFlight >= LIMITS.deliveriesPerSink || state.pausedUntilMs > nowMs)) return false;
    const run = (state === undefined ? this.#abandon(work, delivery) : this.#deliver(work, delivery, state)).catch((error: unknown) => {
      // The alert may be out, but not settled: it goes out again, and must not do so without a pause.
      if (state !== undefined) state.pausedUntilMs = this.#deps.clock() + LIMITS.retryMs;
      this.#deps.logger.error({ work: work.id, reason: error instanceof Error ? error.message : "unknown" }, "an alert's delivery cannot be settled");
    });
    this.#inFlight.set(work.id, run);
    void run.finally(() => {
      this.#inFlight.delete(work.id);
      this.#wake();
    });
    return true;
  }

  /** In-flight work wakes the loop when it ends, so only work that waits counts here. */
  #waitMs(open: readonly WorkItem[]): number {
    const nowMs = this.#deps.clock();
    const dueMs = open.filter((work) => !this.#inFlight.has(work.id)).map((work) => this.#dueMs(work));
    const soonest = Math.min(...dueMs.filter((ms) => ms > nowMs), nowMs + LIMITS.idleMs);
    return Math.max(1, soonest - nowMs);
  }

  /** What this instance claimed and could not settle waits for its sink alone. */
  #dueMs(work: WorkItem): number {
    const { sink, claimedBy } = deliveryOf(work);
    const dueMs = claimedBy === this.#deps.instance ? 0 : (work.nextAttemptMs ?? 0);
    return Math.max(dueMs, this.#sinks.get(sink)?.pausedUntilMs ?? 0);
  }

  async #deliver(work: WorkItem, delivery: Delivery, state: SinkState): Promise<void> {
    state.inFlight += 1;
    try {
      const mine = await this.#claim(work, delivery);
      if (mine === null) return;
      const outcome = await state.sink.send(delivery.alert, this.#stopping.signal);
      // An attempt that we cancelled ourselves says nothing about the receiver; the work item becomes what it was.
      if (this.#stopping.signal.aborted && outcome.kind === "retry") await this.#deps.store.updateWork({ ...work, payload: JSON.stringify(delivery), revision: mine.revision });
      else await this.#settle(mine, delivery, outcome, state);
    } finally {
      state.inFlight -= 1;
    }
  }

  /** Null where another notifier was first. */
  #claim(work: WorkItem, delivery: Delivery): Promise<WorkItem | null> {
    const claimed: Delivery = { ...delivery, claimedBy: this.#deps.instance };
    return this.#deps.store.updateWork({ ...work, payload: JSON.stringify(claimed), nextAttemptMs: this.#deps.clock() + LIMITS.claimMs });
  }

  async #settle(work: WorkItem, delivery: Delivery, outcome: SendOutcome, state: SinkState): Promise<void> {
    const nowMs = this.#deps.clock();
    const settled = settle(delivery, outcome, nowMs, (this.#deps.random ?? Math.random)());
    const ended = settled.delivery.state;
    this.#counter.add(1, { sink: delivery.sink, outcome: ended === "open" ? "retry" : ended });
    state.lastReason = settled.delivery.lastReason;
    state.pausedUntilMs = outcome.kind === "retry" ? (settled.nextAttemptMs ?? 0) : 0;
    if (ended === "rejected" || ended === "given-up") this.#complain(delivery, ended, settled.delivery.lastReason);
    await this.#deps.store.updateWork({ ...work, payload: JSON.stringify(settled.delivery), nextAttemptMs: settled.nextAttemptMs });
  }

  /** The sink is no longer configured: nobody could be told, and that is said. */
  async #abandon(work: WorkItem, delivery: Delivery): Promise<void> {
    this.#counter.add(1, { sink: "removed", outcome: "sink-removed" });
    this.#complain(delivery, "sink-removed", "the sink is no longer configured");
    const abandoned: Delivery = { ...delivery, state: "sink-removed" };
    await this.#deps.store.updateWork({ ...work, payload: JSON.stringify(abandoned), nextAttemptMs: null });
  }

  #complain(delivery: Delivery, state: string, reason: string | null): void {
    this.#deps.logger.error({ alertId: delivery.alert.id, type: delivery.alert.type, sink: delivery.sink, state, reason }, "TL_ALERT_REJECTED: an alert was not delivered");
  }
}

/** `woken`, or the time is over; a stop wakes too. Leaves no timer behind. */
async function within(ms: number, woken: Promise<void>): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([woken, over]);
  clearTimeout(timer);
}
