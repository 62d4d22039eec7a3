/**
 * Time rules. Windows use event time clamped to [receive − 5 min, receive]; expiry, decay and approvals use receive time.
 * Receive time is the log record's timestamp: set once, when the record became durable, and the same in every replay.
 */
export const MAX_EVENT_AGE_MS = 5 * 60_000;

export interface ClampedTime {
  readonly ms: number;
  /** True when the sender's clock was outside the window and its value was not used. */
  readonly clamped: boolean;
}

/** Both in epoch milliseconds: `eventMs` as the sender reports it, `receiveMs` the record's timestamp. */
export function clampEventTime(eventMs: number, receiveMs: number): ClampedTime {
  if (eventMs > receiveMs) return { ms: receiveMs, clamped: true };
  if (eventMs < receiveMs - MAX_EVENT_AGE_MS) return { ms: receiveMs - MAX_EVENT_AGE_MS, clamped: true };
  return { ms: eventMs, clamped: false };
}
