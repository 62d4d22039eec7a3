/** What becomes of a delivery after an attempt. Pure, so that days of retries can be tried in a millisecond. */
import type { SendOutcome } from "@tripline/alerts";
import { LIMITS } from "./limits.ts";
import type { Delivery } from "./work.ts";

export interface Settled {
  readonly delivery: Delivery;
  /** Epoch milliseconds of the next attempt; null when there is none. */
  readonly nextAttemptMs: number | null;
}

export function settle(delivery: Delivery, outcome: SendOutcome, nowMs: number, random: number): Settled {
  const attempts = delivery.attempts + 1;
  if (outcome.kind === "sent") return { delivery: { ...delivery, attempts, state: "sent", lastReason: null }, nextAttemptMs: null };
  const failed = { ...delivery, attempts, lastReason: outcome.reason };
  if (outcome.kind === "rejected") return { delivery: { ...failed, state: "rejected" }, nextAttemptMs: null };
  if (nowMs - delivery.firstMs >= LIMITS.giveUpMs) return { delivery: { ...failed, state: "given-up" }, nextAttemptMs: null };
  return { delivery: failed, nextAttemptMs: nowMs + Math.max(backoffMs(attempts, random), outcome.afterMs ?? 0) };
}

/** Doubles up to a bound; half of it is random, so that alerts which failed together do not come back together. */
export function backoffMs(attempts: number, random: number): number {
  const full = Math.min(LIMITS.retryMs * 2 ** Math.min(attempts - 1, 30), LIMITS.retryMaxMs);
  return Math.round(full / 2 + (full / 2) * random);
}
