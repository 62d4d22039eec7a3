import { setTimeout as sleep } from "node:timers/promises";
import type { EventLog } from "@tripline/event-log";
import { type Topic, TriplineError } from "@tripline/model";
import type { Logger } from "@tripline/runtime";
import { LIMITS } from "./limits.ts";

interface Deps {
  readonly logger: Logger;
  /** Aborted when the service stops. */
  readonly stopping: AbortSignal;
}

/**
 * Repeats a write until it is durable or the service stops: a breaker that cannot record must neither act nor forget. What is
 * written carries deterministic ids, so a write that did take effect before its error only repeats itself.
 */
export async function untilDurable<T>(deps: Deps, what: string, write: () => Promise<T>): Promise<T> {
  for (let waitMs: number = LIMITS.appendRetryMs; ; waitMs = Math.min(waitMs * 2, LIMITS.appendRetryMaxMs)) {
    try {
      return await write();
    } catch (error) {
      if (deps.stopping.aborted) throw error;
      deps.logger.error({ what, reason: error instanceof TriplineError ? error.code : error instanceof Error ? error.name : "unknown" }, "cannot write; trying again");
      await sleep(waitMs, undefined, { signal: deps.stopping }).catch(() => Promise.reject(error));
    }
  }
}

/** For orders that somebody waits for: given up after LIMITS.commandWaitMs, lest a reset be applied long after it was given up. @throws TL_ORDER_UNRECORDED */
export async function appendOrRefuse(deps: Deps & { readonly eventLog: EventLog }, topic: Topic, key: string, value: Uint8Array): Promise<void> {
  const stopping = AbortSignal.any([deps.stopping, AbortSignal.timeout(LIMITS.commandWaitMs)]);
  await appendUntilDurable({ logger: deps.logger, eventLog: deps.eventLog, stopping }, topic, key, value).catch((cause: unknown) => {
    throw new TriplineError("TL_ORDER_UNRECORDED", cause instanceof TriplineError ? `The event log said ${cause.code}.` : "", { cause });
  });
}

/** Appends one record; see `untilDurable`. */
export async function appendUntilDurable(deps: Deps & { readonly eventLog: EventLog }, topic: Topic, key: string, value: Uint8Array): Promise<void> {
  await untilDurable(deps, topic, () => deps.eventLog.append(topic, [{ key, value }]));
}
