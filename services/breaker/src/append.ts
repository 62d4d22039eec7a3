import type { Topic } from "@tripline/model";
import type { Logger } from "@tripline/runtime";
import type { EventLog } from "@tripline/event-log";
import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS } from "./limits.ts";

/**
 * Appends one record, and goes on trying until it is durable or the service stops: a breaker that cannot record must neither
 * act nor forget. Records carry deterministic ids, so an append that did take effect after an error only repeats itself.
 */
export async function appendUntilDurable(
  deps: { eventLog: EventLog; logger: Logger; stopping: AbortSignal },
  topic: Topic,
  key: string,
  value: Uint8Array,
): Promise<void> {
  for (let waitMs: number = LIMITS.appendRetryMs; ; waitMs = Math.min(waitMs * 2, LIMITS.appendRetryMaxMs)) {
    try {
      await deps.eventLog.append(topic, [{ key, value }]);
      return;
    } catch (error) {
      if (deps.stopping.aborted) throw error;
      deps.logger.error({ topic, reason: error instanceof Error ? error.name : "unknown" }, "cannot append; trying again");
      await sleep(waitMs, undefined, { signal: deps.stopping });
    }
  }
}
