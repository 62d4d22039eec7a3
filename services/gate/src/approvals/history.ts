/**
 * The approvals as the log has them, read as it grows. The store says who may execute; the log has the last word: of several claims of one
 * approval the first in the log stands, and none that comes after its end. So a store that was put back to an earlier day executes nothing again.
 */
import { isSettled } from "@tripline/core";
import { type Appended, type EventLog, type Followed, follow, type Item } from "@tripline/event-log";
import type { Approval } from "@tripline/model";
import type { Logger, Metrics } from "@tripline/runtime";
import { setTimeout as sleep } from "node:timers/promises";
import type { GateLimits } from "../limits.ts";

interface Known {
  version: number;
  /** Place of the first claim, if nothing had ended it before. */
  claim: string | null;
  isOver: boolean;
  expiresAtMs: number;
}

interface Deps {
  readonly eventLog: EventLog;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: () => number;
  readonly limits: GateLimits;
  /** Told of each record as it is read. */
  readonly heard: (approval: Approval) => void;
}

/** What expired so long ago is forgotten: by its own expiry it is not executed any more. */
const FORGET_MS = 86_400_000;
const SWEEP_EVERY = 4_096;

export class History {
  readonly #deps: Deps;
  readonly #known = new Map<string, Known>();
  readonly #passed = new Map<number, number>();
  readonly #stopping = new AbortController();
  readonly #waiting = new Set<() => void>();
  #followed: Followed | null = null;
  #sinceSweep = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Resolves when all that the log held has been read. */
  async start(): Promise<void> {
    const { eventLog, metrics, logger } = this.#deps;
    this.#passed.clear();
    this.#followed = await follow(eventLog, "approvals", { from: "start", passed: (partition, offset) => this.#reached(partition, offset) }, (items) => this.#apply(items), (record, reason) => {
      metrics.counter("tripline_undecodable_records_total", "Records that could not be decoded", ["topic", "reason"]).add(1, { topic: "approvals", reason });
      logger.error({ topic: "approvals", partition: record.partition, offset: record.offset, reason }, "record cannot be decoded");
    });
    await this.#followed.caughtUp;
    this.#followed.done.catch(() => this.#again());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#followed?.close().catch(() => undefined);
  }

  /** Newest version in the log; 0 where it has none. */
  version(id: string): number {
    return this.#known.get(id)?.version ?? 0;
  }

  /** True if the claim at this place is the one that stands. False where the log does not show it in time. */
  async stands(id: string, at: Appended, signal: AbortSignal): Promise<boolean> {
    const isRead = (): boolean => (this.#passed.get(at.partition) ?? 0) > at.offset;
    const deadline = sleep(this.#deps.limits.recordTimeoutMs, "late", { signal, ref: false }).catch(() => "late");
    for (let waited = ""; !isRead() && waited !== "late"; ) waited = await Promise.race([this.#next(), deadline]);
    return isRead() && this.#known.get(id)?.claim === placeOf(at);
  }

  /** Resolves when something more has been read. */
  #next(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting.add(() => resolve("more"));
    return promise;
  }

  #reached(partition: number, offset: number): void {
    this.#passed.set(partition, offset);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #apply(items: readonly Item<Approval>[]): void {
    for (const { payload, record } of items) {
      this.#deps.heard?.(payload);
      const known = this.#known.get(payload.id) ?? { version: 0, claim: null, isOver: false, expiresAtMs: 0 };
      // Read again from the start, a claim is found at its own place: nothing changes.
      if (payload.status === "executing" && !known.isOver) known.claim ??= placeOf(record);
      if (isSettled(payload)) known.isOver = true;
      known.version = Math.max(known.version, payload.version);
      known.expiresAtMs = Math.max(known.expiresAtMs, payload.expiresAtMs);
      this.#known.set(payload.id, known);
      this.#deps.heard(payload);
      this.#sinceSweep += 1;
    }
    if (this.#sinceSweep < SWEEP_EVERY) return;
    this.#sinceSweep = 0;
    const before = this.#deps.clock() - FORGET_MS;
    for (const [id, { expiresAtMs }] of this.#known) if (expiresAtMs < before) this.#known.delete(id);
  }

  async #again(): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    this.#deps.logger.error({ topic: "approvals" }, "the gate no longer reads approvals; starting again, and nothing approved is executed meanwhile");
    await this.#followed?.close().catch(() => undefined);
    await sleep(this.#deps.limits.readAgainMs, undefined, { signal }).then(() => this.start()).catch(() => this.#again());
  }
}

const placeOf = ({ partition, offset }: { readonly partition: number; readonly offset: number }): string => `${partition}/${offset}`;
