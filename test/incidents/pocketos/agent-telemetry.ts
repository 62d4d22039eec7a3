/** How the agent's tools report: not at all, through Tripline's SDK, or through a stock OpenTelemetry SDK; only that one is loaded. */
import type { AgentSettings } from "./agent-events.ts";
import type { Tools } from "./agent-tools.ts";

export type Endpoint = NonNullable<AgentSettings["tripline"]>;

export interface Instrumented {
  readonly tools: Tools;
  /** Flushes what is still to be sent. */
  close(): Promise<void>;
}

export async function instrument(tools: Tools, { protection, tripline }: AgentSettings): Promise<Instrumented> {
  if (tripline === null || protection === "none" || protection === "gate") return { tools, close: () => Promise.resolve() };
  if (protection === "sdk") return (await import("./agent-sdk.ts")).instrumentSdk(tools, tripline);
  return (await import("./agent-otel.ts")).instrumentOtel(tools, tripline);
}
