/** How a request reaches the collector. */

/** What came of one request. `retry` says whether the same body may be sent again, and after how long at the earliest. */
export type Reply =
  | { kind: "accepted"; rejectedRecords: number }
  | { kind: "retry"; reason: string; retryAfterMs: number }
  | { kind: "refused"; reason: string };

export interface Transport {
  /** Starts the request before it returns; the promise never rejects. */
  send(body: string): Promise<Reply>;
  /** Whether open sockets keep the process alive: only while flushing. */
  hold(keepAlive: boolean): void;
  close(): void;
}

/** A request unanswered for so long is repeated. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** Longest answer that is read; an OTLP answer has a few bytes. */
export const MAX_REPLY_BYTES = 65_536;
/** Longest pause that a collector can ask for. */
export const MAX_RETRY_AFTER_MS = 60_000;
/** OTLP/HTTP: only these say "the same again, later". */
const RETRIED = new Set([429, 502, 503, 504]);

/** Judges an answer by the rules of OTLP/HTTP; a partial success is final. */
export function replyOf(status: number, retryAfter: string | null, body: string, nowMs: number): Reply {
  if (status >= 200 && status < 300) return { kind: "accepted", rejectedRecords: rejectedIn(body) };
  if (RETRIED.has(status)) return { kind: "retry", reason: `status ${status}`, retryAfterMs: retryAfterMs(retryAfter, nowMs) };
  return { kind: "refused", reason: `status ${status}` };
}

/** `Retry-After` in seconds or as a date; 0 when absent or unreadable. */
function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  const ms = /^\s*\d{1,9}\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : 0;
}

function rejectedIn(body: string): number {
  if (!body.includes("partialSuccess")) return 0;
  try {
    const reply = JSON.parse(body) as { partialSuccess?: { rejectedLogRecords?: unknown } };
    const rejected = Number(reply.partialSuccess?.rejectedLogRecords ?? 0);
    return Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0;
  } catch {
    return 0;
  }
}
