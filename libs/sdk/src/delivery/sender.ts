/** Sends what is queued: attempts at once, results after a short wait, both again when the collector asks for it. */
import type { DropReason } from "../options.ts";
import { Queue, type Entry, type Phase } from "./queue.ts";
import type { Reply, Transport } from "./transport.ts";

/** Results of quick calls in a row share a request. */
export const RESULT_DELAY_MS = 50;
/** Requests on the way at a time. */
export const MAX_IN_FLIGHT = 4;
const MAX_BATCH_RECORDS = 128;
const MAX_BATCH_CHARS = 524_288;
/** A record that could not be delivered for so long is given up; a longer outage fills the queue first. */
export const MAX_AGE_MS = 600_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 15_000;

/** Pauses and ages must not follow a wall clock that is set back. */
const nowMs = (): number => performance.now();

export interface SenderEvents {
  dropped(reason: DropReason, records: number, detail: string): void;
  retrying(reason: string): void;
}

export class Sender {
  sent = 0;
  retries = 0;
  lastFailure: string | null = null;
  readonly #queue: Queue;
  readonly #transport: Transport;
  readonly #resource: string;
  readonly #events: SenderEvents;
  #inFlight = 0;
  #inFlightRecords = 0;
  #failures = 0;
  #pausedUntilMs = 0;
  /** When waiting results are sent even without an attempt to go with. */
  #resultsDueMs = 0;
  #flushes = 0;
  #timer: NodeJS.Timeout | null = null;
  #timerAtMs = 0;
  #closed = false;
  #waiters: (() => void)[] = [];

  /** `resource`: JSON text of the OTLP resource that all records share. */
  constructor(transport: Transport, resource: string, events: SenderEvents, queue = new Queue()) {
    this.#transport = transport;
    this.#resource = resource;
    this.#events = events;
    this.#queue = queue;
  }

  get queued(): number {
    return this.#queue.size;
  }

  get inFlight(): number {
    return this.#inFlightRecords;
  }

  /** Queues a record. An attempt is on the wire when this returns, unless the collector made us wait or too much is on the way. */
  add(phase: Phase, record: string): void {
    if (this.#closed) return this.#events.dropped("shut-down", 1, phase);
    const dropped = this.#queue.add({ phase, record, bornMs: nowMs() });
    if (dropped.length > 0) this.#events.dropped("queue-full", dropped.length, "the collector does not keep up");
    if (phase === "attempt") return this.#pump();
    const now = nowMs();
    if (this.#resultsDueMs <= now) this.#resultsDueMs = now + RESULT_DELAY_MS;
    this.#wakeAt(this.#resultsDueMs);
  }

  /** Resolves true when all that was queued is answered, false after `timeoutMs`. Keeps the process alive meanwhile. */
  async flush(timeoutMs: number): Promise<boolean> {
    if (this.#isIdle()) return true;
    this.#transport.hold(true);
    // This timer is the one thing that keeps a process alive while a retry is being waited for.
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    const idle = new Promise<void>((resolve) => this.#waiters.push(resolve));
    this.#flushes++;
    this.#pump();
    await Promise.race([idle, timeout]);
    clearTimeout(timer);
    if (--this.#flushes === 0) this.#transport.hold(false);
    return this.#isIdle();
  }

  /** Gives up what is still queued, counted, and closes connections. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const left = this.#queue.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY).length + this.#inFlightRecords;
    if (left > 0) this.#events.dropped("shut-down", left, "not acknowledged in time");
    this.#transport.close();
  }

  #isIdle(): boolean {
    return this.#queue.size === 0 && this.#inFlight === 0;
  }

  #pump(): void {
    const waitMs = this.#pausedUntilMs - nowMs();
    if (waitMs > 0) return this.#wakeAt(this.#pausedUntilMs);
    while (!this.#closed && this.#inFlight < MAX_IN_FLIGHT && this.#isDue()) {
      this.#post(this.#queue.take(MAX_BATCH_RECORDS, MAX_BATCH_CHARS));
    }
    // Timers may fire a moment early.
    if (this.#queue.size > 0 && !this.#isDue()) this.#wakeAt(this.#resultsDueMs);
  }

  /** An attempt never waits; results wait for company until they are due. */
  #isDue(): boolean {
    if (this.#queue.size === 0) return false;
    return this.#queue.attempts > 0 || this.#flushes > 0 || nowMs() >= this.#resultsDueMs;
  }

  #post(batch: Entry[]): void {
    this.#inFlight++;
    this.#inFlightRecords += batch.length;
    const records = batch.map((entry) => entry.record).join(",");
    const body = `{"resourceLogs":[{"resource":${this.#resource},"scopeLogs":[{"scope":{"name":"@tripline/sdk"},"logRecords":[${records}]}]}]}`;
    void this.#transport.send(body).then((reply) => this.#settle(batch, reply));
  }

  #settle(batch: Entry[], reply: Reply): void {
    this.#inFlight--;
    this.#inFlightRecords -= batch.length;
    if (this.#closed) return;
    if (reply.kind === "accepted") this.#accepted(batch, reply.rejectedRecords);
    else if (reply.kind === "refused") this.#refused(batch, reply.reason);
    else this.#failed(batch, reply.reason, reply.retryAfterMs);
    this.#pump();
    if (this.#isIdle()) for (const resolve of this.#waiters.splice(0)) resolve();
  }

  #accepted(batch: readonly Entry[], rejectedRecords: number): void {
    const rejected = Math.min(rejectedRecords, batch.length);
    this.#failures = 0;
    this.sent += batch.length - rejected;
    this.lastFailure = rejected > 0 ? "partial success" : null;
    if (rejected > 0) this.#events.dropped("partial-success", rejected, "the collector could not use them");
  }

  #refused(batch: readonly Entry[], reason: string): void {
    this.lastFailure = reason;
    this.#events.dropped("rejected", batch.length, reason);
  }

  #failed(batch: readonly Entry[], reason: string, retryAfterMs: number): void {
    this.lastFailure = reason;
    this.#failures++;
    this.retries++;
    const again = batch.filter((entry) => nowMs() - entry.bornMs < MAX_AGE_MS);
    if (again.length < batch.length) this.#events.dropped("retries-exhausted", batch.length - again.length, reason);
    const dropped = this.#queue.putBack(again);
    if (dropped.length > 0) this.#events.dropped("queue-full", dropped.length, "the collector does not keep up");
    // Full jitter over a doubling range, so that many agents do not come back at the same moment; never before Retry-After.
    const rangeMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures - 1, 10));
    const pauseMs = retryAfterMs + rangeMs * (0.25 + 0.75 * Math.random());
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs() + pauseMs);
    if (this.#failures === 1) this.#events.retrying(reason);
  }

  #wakeAt(atMs: number): void {
    if (this.#timer !== null && this.#timerAtMs <= atMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#pump();
    }, Math.max(1, atMs - nowMs())).unref();
  }
}

/** The OTLP resource as JSON text; members without a value are left out. */
export function resourceText(members: Record<string, string | undefined>): string {
  const attributes = Object.entries(members).flatMap(([key, value]) =>
    value === undefined || value === "" ? [] : [{ key, value: { stringValue: value.slice(0, 256) } }],
  );
  return JSON.stringify({ attributes });
}

