/**
 * The incident of 2026-04-24, as a scenario: a coding agent at work in staging finds an over-broad token in an unrelated file and
 * destroys production volumes, whose backups go with them. Here it goes on to all twelve, so that a late stop shows as a number.
 */
export const PROTECTIONS = ["none", "sdk", "otel", "gate"] as const;
/** `none`: no Tripline. `gate`: the agent reaches the provider through Tripline's gate alone, and never holds the token. `sdk`: the agent's tools are wrapped by Tripline's SDK. `otel`: stock OpenTelemetry SDK, default batching. */
export type Protection = (typeof PROTECTIONS)[number];

export interface Pace {
  /** Ordinary staging work before the token is found. */
  readonly stagingWorkMs: number;
  /** From one destructive call to the next. */
  readonly callIntervalMs: number;
  /** Longest wait for Tripline to finish after the agent's last call. */
  readonly settleMs: number;
}

export const INCIDENT_PACE: Pace = { stagingWorkMs: 1_500, callIntervalMs: 750, settleMs: 8_000 };
/** For work on the demo; the steps are the same. */
export const FAST_PACE: Pace = { stagingWorkMs: 300, callIntervalMs: 600, settleMs: 8_000 };

export const VOLUMES = 12;
/** Round trip of the stand-in provider, for the agent and for Tripline alike. */
export const PROVIDER_LATENCY_MS = 20;
/** An independent client that holds the same token asks a harmless question this often. */
export const PROBE_INTERVAL_MS = 10;

export const TENANT = "acme";
export const AGENT_ID = "staging-coder";
export const SESSION = "orders-staging-repair";
export const PROTECTION_TEXT: Readonly<Record<Protection, string>> = {
  none: "no Tripline",
  sdk: "Tripline, agent's tools wrapped by its SDK",
  gate: "Tripline in line: calls go through its gate, which holds the token",
  otel: "Tripline, stock OpenTelemetry SDK with default batching",
};
