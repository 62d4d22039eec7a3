/** What the breaker asks of the gate's lease door, with each answer sorted into what it proves. */
import type { Exchange, JsonClient } from "../http/json-client.ts";

export type LeaseAnswer =
  | { readonly kind: "answered"; readonly body: Readonly<Record<string, unknown>> }
  /** The control token was not accepted: the gate has another key. */
  | { readonly kind: "refused" }
  | { readonly kind: "failed"; readonly effect: "none" | "unknown"; readonly reason: string; readonly retryAfterMs: number | null };

/** `null` as client: it is not known where the gate is. */
export async function askGate(client: JsonClient | null, control: string, body: object, signal: AbortSignal): Promise<LeaseAnswer> {
  if (client === null) return failed("none", "it is not known where the gate is, or it has not started");
  return sortLeaseAnswer(await client.post({ authorization: `Bearer ${control}` }, body, signal));
}

export function sortLeaseAnswer(exchange: Exchange): LeaseAnswer {
  if (exchange.kind === "not-sent") return failed("none", exchange.reason);
  if (exchange.kind === "no-answer") return failed("unknown", exchange.reason);
  const { status, retryAfterMs, text } = exchange;
  if (status === 401 || status === 403) return { kind: "refused" };
  if (status === 429) return { ...failed("none", "rate limited (HTTP 429)"), retryAfterMs };
  const body = status === 200 ? objectOf(text) : null;
  return body === null ? { ...failed("unknown", status === 200 ? "the answer is not the gate's" : `HTTP ${status}`), retryAfterMs } : { kind: "answered", body };
}

const failed = (effect: "none" | "unknown", reason: string) => ({ kind: "failed", effect, reason, retryAfterMs: null }) as const;

export function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
