/** Waiting with an end: nothing here may hang on a broker that keeps its connections open and answers no more. */
import { setTimeout as sleep } from "node:timers/promises";
import { KAFKA_LIMITS } from "./options.ts";

export class NotInTimeError extends Error {
  constructor(what: string, timeoutMs: number) {
    super(`${what}: no answer in ${timeoutMs} ms`);
    this.name = "NotInTimeError";
  }
}

/** Rejects with NotInTimeError once the time is over; what was waited for goes on unseen. */
export async function bounded<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NotInTimeError(what, timeoutMs)), timeoutMs);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Pauses that double up to their bound, with jitter, so that many clients do not come back at the same moment. */
export class Backoff {
  #nextMs: number = KAFKA_LIMITS.retryMs;

  reset(): void {
    this.#nextMs = KAFKA_LIMITS.retryMs;
  }

  async pause(signal?: AbortSignal): Promise<void> {
    const waitMs = this.#nextMs * (0.5 + Math.random());
    this.#nextMs = Math.min(this.#nextMs * 2, KAFKA_LIMITS.retryMaxMs);
    await sleep(waitMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}
