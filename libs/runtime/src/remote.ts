/** What may be said and believed of a party outside: for how long it asks us to wait, and why it did not answer. */

/** `Retry-After` in milliseconds, from seconds or an HTTP date, at most `longestMs`; null when absent or unreadable. */
export function parseRetryAfter(header: string | null | undefined, nowMs: number, longestMs: number): number | null {
  if (header === null || header === undefined) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(0, Math.round(ms)), longestMs) : null;
}

/** The error's code, as `ECONNREFUSED`, else our own words: messages of the network layer may quote a URL or what was sent. */
export function failureReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^[A-Z0-9_]{1,64}$/.test(code) ? code : "connection failed";
}
