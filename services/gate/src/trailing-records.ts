/**
 * Records that follow their answers: kept, in order and within bounds, until the log has them. A log that refuses them is asked again, since what
 * has passed must be on record; whoever finds no room must not pass.
 */
import type { AppendRecord, EventLog } from "@tripline/event-log";
import { TriplineError } from "@tripline/model";
import type { Counter, Gauge, Logger, Metrics } from "@tripline/runtime";
import { setTimeout as sleep } from "node:timers/promises";
import type { GateLimits } from "./limits.ts";

interface Deps {
  readonly eventLog: Pick<EventLog, "append">;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly limits: Pick<GateLimits, "trailingRecords" | "trailingBytes" | "trailingWaiting" | "recordTimeoutMs">;
}

/** Of one append. */
const BATCH_RECORDS = 512;
const BATCH_BYTES = 1_048_576;
/** Before a refused append is tried again, at first and at most. */
const AGAIN_MS = 50;
const AGAIN_MOST_MS = 1_000;
/** The log will never take these. */
const NEVER = new Set(["TL_LOG_RECORD_SIZE", "TL_LOG_TOPIC", "TL_LOG_REFUSED"]);

export class TrailingRecords {
  readonly #deps: Deps;
  readonly #lost: Counter;
  readonly #refused: Counter;
  readonly #gauge: Gauge;
  readonly #stopping = new AbortController();
  readonly #waiting = new Set<(hasRoom: boolean) => void>();
  #queue: AppendRecord[] = [];
  /** Neither durable nor lost, those that are yet to be made among them. */
  #open = 0;
  #bytes = 0;
  #appending: Promise<void> | null = null;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#lost = deps.metrics.counter("tripline_gate_records_lost_total", "Records of decisions that the log does not have", ["reason"]);
    this.#refused = deps.metrics.counter("tripline_gate_reads_unrecordable_total", "Reads refused because so many records of reads waited for the log");
    this.#gauge = deps.metrics.gauge("tripline_gate_records_waiting", "Records of decisions that follow their answers and are not in the log yet");
  }

  /** Takes room for one record of something that passes, if need be after a wait. @throws TL_GATE_UNAVAILABLE where there is none in time */
  take(): Promise<void> | null {
    if (this.#waiting.size === 0 && this.#hasRoom() && !this.#stopping.signal.aborted) {
      this.#open += 1;
      return null;
    }
    return this.#takeLater();
  }

  /** Takes room for one record of a refusal. Nothing passed, so that without room it is counted alone; and it leaves half of the room to reads. */
  takeRefusal(): boolean {
    if (this.#open < this.#deps.limits.trailingRecords / 2 && this.#hasRoom()) {
      this.#open += 1;
      return true;
    }
    this.#lost.add(1, { reason: "too-many-waiting" });
    return false;
  }

  /** Fills the room that was taken. `make` may throw. */
  push(make: () => AppendRecord): void {
    try {
      if (this.#stopping.signal.aborted) throw new TriplineError("TL_LOG_CLOSED");
      const record = make();
      this.#queue.push(record);
      this.#bytes += record.value.byteLength;
    } catch (error) {
      this.#lose(error, 1);
      return this.#release(1, 0);
    }
    // All that is made in one turn of the event loop goes into one append, one write to disk.
    if (this.#appending === null) this.#appending = Promise.resolve().then(() => this.#append());
  }

  /** Resolves once all are in the log, or at the bound; what is not there by then is counted as lost. */
  async close(): Promise<void> {
    const late = sleep(this.#deps.limits.recordTimeoutMs, "late", { ref: false });
    const done = (async () => {
      // Those that are yet to be made come within a few turns.
      while (this.#open > 0 && !this.#stopping.signal.aborted) await (this.#appending ?? sleep(TURN_MS));
    })();
    if ((await Promise.race([done, late])) === "late") this.#lose(new TriplineError("TL_LOG_UNAVAILABLE"), this.#open);
    this.#stopping.abort();
    for (const answer of this.#waiting) answer(false);
  }

  #hasRoom(): boolean {
    const { trailingRecords, trailingBytes } = this.#deps.limits;
    return this.#open < trailingRecords && this.#bytes < trailingBytes;
  }

  async #takeLater(): Promise<void> {
    const { trailingWaiting, recordTimeoutMs } = this.#deps.limits;
    if (this.#waiting.size < trailingWaiting && !this.#stopping.signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      this.#waiting.add(resolve);
      const timer = setTimeout(resolve, recordTimeoutMs, false);
      const hasRoom = await promise;
      clearTimeout(timer);
      this.#waiting.delete(resolve);
      if (hasRoom) return;
    }
    this.#refused.add(1);
    throw new TriplineError("TL_GATE_UNAVAILABLE", "So many records of reads wait for the event log that no more reads pass.");
  }

  #release(count: number, bytes: number): void {
    this.#open -= count;
    this.#bytes -= bytes;
    this.#gauge.set(this.#open);
    for (const answer of this.#waiting) {
      if (!this.#hasRoom()) return;
      this.#waiting.delete(answer);
      // Taken here, so that nobody comes between.
      this.#open += 1;
      answer(true);
    }
  }

  async #append(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#nextBatch();
      this.#gauge.set(this.#open);
      await this.#appendAll(batch);
      this.#release(batch.length, bytesOf(batch));
    }
    this.#appending = null;
  }

  #nextBatch(): AppendRecord[] {
    let count = 0;
    let bytes = 0;
    for (const { value } of this.#queue) {
      if (count === BATCH_RECORDS || (count > 0 && bytes + value.byteLength > BATCH_BYTES)) break;
      count += 1;
      bytes += value.byteLength;
    }
    const batch = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    return batch;
  }

  /** Until the log has them, or says that it never will. The same bytes again: readers know a repeated record by its id. */
  async #appendAll(records: readonly AppendRecord[]): Promise<void> {
    const { signal } = this.#stopping;
    for (let pauseMs = AGAIN_MS; !signal.aborted; pauseMs = Math.min(AGAIN_MOST_MS, pauseMs * 2)) {
      const error = await this.#errorOf(records);
      if (error === null) return;
      if (error instanceof TriplineError && NEVER.has(error.code)) return this.#appendEach(records, error);
      if (pauseMs === AGAIN_MS) this.#deps.logger.warn({ reason: codeOf(error), count: records.length }, "records of decisions were not taken; trying again");
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #errorOf(records: readonly AppendRecord[]): Promise<unknown> {
    try {
      await this.#deps.eventLog.append("actions", records);
      return null;
    } catch (error) {
      return error ?? new Error("no reason");
    }
  }

  /** One that is never taken must not take others with it. */
  async #appendEach(records: readonly AppendRecord[], error: TriplineError): Promise<void> {
    if (records.length === 1) return this.#lose(error, 1);
    for (const record of records) await this.#appendAll([record]);
  }

  #lose(error: unknown, count: number): void {
    this.#lost.add(count, { reason: codeOf(error) });
    this.#deps.logger.error({ reason: codeOf(error), count }, "records of decisions are lost");
  }
}

const TURN_MS = 1;
const codeOf = (error: unknown): string => (error instanceof TriplineError ? error.code : "unknown");
const bytesOf = (records: readonly AppendRecord[]): number => records.reduce((sum, { value }) => sum + value.byteLength, 0);
