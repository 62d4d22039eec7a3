/** The agent's tools as a stock OpenTelemetry SDK sees them: no line of Tripline. */
import { SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Endpoint, Instrumented } from "./agent-telemetry.ts";
import type { Tools } from "./agent-tools.ts";
import { AGENT_ID, SESSION } from "./scenario.ts";

/** Names follow the GenAI semantic conventions for tool execution; batching is the SDK's default. */
export function instrumentOtel(tools: Tools, { collectorUrl, ingestToken }: Endpoint): Instrumented {
  const exporter = new OTLPTraceExporter({ url: `${collectorUrl}/v1/traces`, headers: { authorization: `Bearer ${ingestToken}` } });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": AGENT_ID, "deployment.environment.name": "staging" }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer("agent-runtime");
  return {
    tools: {
      read_file: traced(tracer, "read_file", tools.read_file),
      edit_file: traced(tracer, "edit_file", tools.edit_file),
      http_request: traced(tracer, "http_request", tools.http_request),
    },
    close: () => provider.shutdown(),
  };
}

let calls = 0;

function traced<A>(tracer: Tracer, name: string, run: (args: A) => Promise<string>): (args: A) => Promise<string> {
  return async (args) => {
    calls += 1;
    const attributes = {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": name,
      "gen_ai.tool.type": "function",
      "gen_ai.tool.call.id": `call-${calls}`,
      "gen_ai.conversation.id": SESSION,
      "gen_ai.agent.name": AGENT_ID,
      "gen_ai.tool.call.arguments": JSON.stringify(args),
    };
    const span = tracer.startSpan(`execute_tool ${name}`, { kind: SpanKind.INTERNAL, attributes });
    try {
      const result = await run(args);
      span.setAttribute("gen_ai.tool.call.result", result);
      return result;
    } catch (error) {
      span.setAttribute("error.type", error instanceof Error ? error.name : "unknown");
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };
}
