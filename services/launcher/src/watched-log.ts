/**
 * An event log whose troubles are seen: one line when it stops taking or giving records and one when it does so again, and a service
 * that is not ready meanwhile. A log far away fails by answering nothing, which no single append or read tells in time.
 */
import type { EventLog } from "@tripline/event-log";
import { TriplineError } from "@tripline/model";
import type { Logger, Module } from "@tripline/runtime";

/** How often it is looked at, and how often it is asked for its ends, in milliseconds. */
const LOOK_MS = 1_000;
const ASK_MS = 10_000;
/** An append or an answer that takes longer is in trouble, whatever becomes of it. */
const SLOW_MS = 5_000;
/** A refused append counts this long: with nothing appended since, nobody knows better. */
const REFUSED_MS = 15_000;
/** Refusals that are the log's own; others are the record's. */
const TROUBLES: ReadonlySet<string> = new Set(["TL_LOG_UNAVAILABLE", "TL_LOG_FULL", "TL_LOG_REFUSED"]);

export interface WatchedLog {
  readonly log: EventLog;
  readonly module: Module;
  /** Looks now; a timer does so every LOOK_MS. */
  look(): Promise<void>;
}

export interface WatchOptions {
  /**
   * Ready in trouble too, and saying so: for a collector, which answers 503 with Retry-After then. Taken out of its Service as not ready,
   * its senders would be refused a connection instead.
   */
  readonly staysReady: boolean;
}

/** `nowMs`: monotonic milliseconds. */
export function watchLog(log: EventLog, logger: Logger, nowMs: () => number, { staysReady }: WatchOptions = { staysReady: false }): WatchedLog {
  const watch = new Watch(log, logger, nowMs);
  let timer: NodeJS.Timeout | undefined;
  return {
    log: {
      partitions: log.partitions,
      partitionOf: (key) => log.partitionOf(key),
      append: (topic, records) => watch.appending(log.append(topic, records)),
      consume: (group, topics, handlers) => log.consume(group, topics, handlers),
      read: (topic, options, batch) => log.read(topic, options, batch),
      ends: (topic) => log.ends(topic),
      trouble: () => watch.trouble(),
      close: () => log.close(),
    },
    module: {
      name: "event-log",
      start: () => {
        timer = setInterval(() => void watch.look(), LOOK_MS);
        timer.unref();
        return Promise.resolve();
      },
      stop: () => {
        clearInterval(timer);
        return Promise.resolve();
      },
      health: () => {
        const trouble = watch.trouble();
        return { ready: trouble === null || staysReady, detail: trouble ?? "takes and gives records" };
      },
    },
    look: () => watch.look(),
  };
}

class Watch {
  readonly #log: EventLog;
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  /** When those that are under way began; oldest first. */
  readonly #appends = new Map<symbol, number>();
  #refused: { readonly code: string; readonly atMs: number } | null = null;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #askingSinceMs: number | null = null;
  #unanswered: string | null = null;
  #troubleSinceMs: number | null = null;

  constructor(log: EventLog, logger: Logger, nowMs: () => number) {
    this.#log = log;
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  async appending<T>(append: Promise<T>): Promise<T> {
    const id = Symbol("append");
    this.#appends.set(id, this.#nowMs());
    try {
      const appended = await append;
      this.#refused = null;
      return appended;
    } catch (error) {
      if (error instanceof TriplineError && TROUBLES.has(error.code)) this.#refused = { code: error.code, atMs: this.#nowMs() };
      throw error;
    } finally {
      this.#appends.delete(id);
    }
  }

  async look(): Promise<void> {
    const asked = this.#ask();
    const trouble = this.trouble();
    const nowMs = this.#nowMs();
    if (trouble !== null && this.#troubleSinceMs === null) {
      this.#troubleSinceMs = nowMs;
      this.#logger.error({ trouble }, "the event log is in trouble; nothing is acknowledged that it did not take");
    } else if (trouble === null && this.#troubleSinceMs !== null) {
      this.#logger.warn({ afterMs: Math.round(nowMs - this.#troubleSinceMs) }, "the event log takes and gives records again");
      this.#troubleSinceMs = null;
    }
    await asked;
  }

  async #ask(): Promise<void> {
    const nowMs = this.#nowMs();
    if (this.#askingSinceMs !== null || nowMs - this.#askedAtMs < ASK_MS) return;
    this.#askedAtMs = nowMs;
    this.#askingSinceMs = nowMs;
    this.#unanswered = await this.#log.ends("actions").then(
      () => null,
      (error: unknown) => (error instanceof TriplineError ? error.code : "unknown"),
    );
    this.#askingSinceMs = null;
  }

  /** In words; null while there is none. */
  trouble(): string | null {
    const nowMs = this.#nowMs();
    const [oldestMs = nowMs] = this.#appends.values();
    if (nowMs - oldestMs > SLOW_MS) return `an append has waited for ${Math.round((nowMs - oldestMs) / 1_000)} s`;
    if (this.#refused !== null && nowMs - this.#refused.atMs < REFUSED_MS) return `appends are refused: ${this.#refused.code}`;
    if (this.#askingSinceMs !== null && nowMs - this.#askingSinceMs > SLOW_MS) return "it does not say how far its partitions go";
    return this.#unanswered === null ? this.#log.trouble() : `its partitions cannot be asked for: ${this.#unanswered}`;
  }
}
