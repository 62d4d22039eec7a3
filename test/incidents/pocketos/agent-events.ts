/** What the agent process says about itself, one JSON line each. Tripline never reads this; only the demo does. */
export type AgentEvent =
  | { readonly kind: "work"; readonly atMs: number; readonly tool: string; readonly detail: string }
  | { readonly kind: "found"; readonly atMs: number; readonly file: string }
  | { readonly kind: "sent"; readonly atMs: number; readonly call: number; readonly volumeId: string; readonly volume: string }
  | { readonly kind: "answered"; readonly atMs: number; readonly call: number; readonly outcome: "deleted" | "refused" | "failed" | "held"; readonly detail: string }
  | { readonly kind: "done"; readonly atMs: number };

export interface AgentSettings {
  readonly protection: "none" | "sdk" | "otel" | "gate";
  readonly workspace: string;
  readonly railwayUrl: string;
  /** Base address of Tripline's collector and the agent's ingest token; null without Tripline. */
  readonly tripline: { readonly collectorUrl: string; readonly ingestToken: string } | null;
  readonly stagingWorkMs: number;
  readonly callIntervalMs: number;
}
