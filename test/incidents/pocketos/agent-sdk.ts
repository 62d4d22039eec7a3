/** The agent's tools as Tripline's SDK wraps them: as its README shows, and nothing else. */
import { createTripline } from "@tripline/sdk";
import type { Endpoint, Instrumented } from "./agent-telemetry.ts";
import type { Tools } from "./agent-tools.ts";
import { AGENT_ID, SESSION } from "./scenario.ts";

/** Longest wait for the last reports at the agent's end. */
const FLUSH_MS = 2_000;

export function instrumentSdk(tools: Tools, { collectorUrl, ingestToken }: Endpoint): Instrumented {
  const tripline = createTripline({ endpoint: collectorUrl, ingestToken, agent: { name: AGENT_ID }, environment: "staging", session: SESSION });
  return {
    tools: {
      read_file: tripline.wrapTool("read_file", tools.read_file),
      edit_file: tripline.wrapTool("edit_file", tools.edit_file),
      http_request: tripline.wrapTool("http_request", tools.http_request),
    },
    close: async () => void (await tripline.shutdown(FLUSH_MS)),
  };
}
