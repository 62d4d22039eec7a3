/** What Tripline asks of a place that alerts go to: one method that delivers, and outcomes that say what to do next. */

export const ALERT_TYPES = [
  "breaker.tripped",
  "breaker.held",
  "breaker.released",
  "breaker.probing",
  "breaker.closed",
  "containment.verified",
  "containment.escalated",
  "finding.raised",
  "approval.waiting",
  "bypass.given",
  "bypass.ended",
] as const;
export type AlertType = (typeof ALERT_TYPES)[number];

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** One message for people on call. Everything an agent wrote is in `data`, as data; the title is our own fixed wording. */
export interface Alert {
  /** The same over all retries and restarts; letters, digits, `_` and `-` only. */
  readonly id: string;
  readonly type: AlertType;
  /** Epoch milliseconds of what is reported. */
  readonly atMs: number;
  readonly title: string;
  readonly data: { readonly [key: string]: JsonValue };
}

export type SendOutcome =
  | { readonly kind: "sent" }
  /** Not now. `afterMs`: not before this many milliseconds, where the receiver said so. */
  | { readonly kind: "retry"; readonly reason: string; readonly afterMs: number | null }
  /** Never: trying again would change nothing. */
  | { readonly kind: "rejected"; readonly reason: string };

/** For the generated document alone: see `SINK_DESCRIPTIONS`. */
export interface SinkDescription {
  readonly kind: string;
  /** What the receiver must be able to do. */
  readonly needs: readonly string[];
  /** An example of this sink's entry in the configuration, as YAML. */
  readonly example: string;
}

export interface AlertSink {
  readonly name: string;
  /** Delivers one alert, within its own time-out. Never throws; no reason ever holds a secret. */
  send(alert: Alert, signal: AbortSignal): Promise<SendOutcome>;
}
