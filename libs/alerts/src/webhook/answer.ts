/** What an HTTP answer means for an alert. Losing one is worse than sending it for days, so only what cannot change is rejected. */
import { parseRetryAfter } from "@tripline/runtime";
import type { SendOutcome } from "../sink.ts";

/** Longest Retry-After believed: a receiver cannot silence alerts for longer. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** The receiver understood and does not want this alert: malformed, gone, too large, wrong type, unusable. */
const FINAL = new Set([400, 410, 413, 415, 422]);

export function outcomeOf(status: number, retryAfter: string | null, nowMs: number): SendOutcome {
  if (status >= 200 && status < 300) return { kind: "sent" };
  if (status === 410) return { kind: "rejected", reason: "the receiver wants no more alerts (HTTP 410)" };
  if (FINAL.has(status)) return { kind: "rejected", reason: `HTTP ${status}` };
  const redirected = status >= 300 && status < 400 ? "; redirects are not followed" : "";
  return { kind: "retry", reason: `HTTP ${status}${redirected}`, afterMs: parseRetryAfter(retryAfter, nowMs, MAX_RETRY_AFTER_MS) };
}
