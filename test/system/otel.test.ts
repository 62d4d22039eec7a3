import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { foundToken, railwayProvider, type Running, stagingAgent, startRunning } from "./running.ts";

let running: Running;
let provider: TracerProvider;

beforeAll(async () => {
  running = await startRunning({
    config: (railway) => ({
      agents: [stagingAgent("otel-agent"), stagingAgent("victim")],
      relays: [{ id: "gateway", agents: ["otel-agent"] }],
      providers: railwayProvider(railway),
      credentials: [foundToken(railway)],
    }),
  });
  process.env["OTEL_EXPORTER_OTLP_COMPRESSION"] = "gzip";
  const exporter = new OTLPTraceExporter({
    url: `${running.ingestUrl}/v1/traces`,
    headers: { authorization: `Bearer ${running.ingestToken("otel-agent")}` },
  });
  provider = new TracerProvider({ resource: resourceFromAttributes({ "service.name": "otel-agent", "deployment.environment.name": "staging" }), spanProcessors: [new SimpleSpanProcessor({ exporter })] });
});
afterAll(async () => {
  await provider.shutdown();
  await running.close();
});

function toolSpan(tool: string, args: object, extra: Record<string, string> = {}): void {
  const attributes = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool, "gen_ai.tool.call.id": `call-${tool}`, "gen_ai.tool.call.arguments": JSON.stringify(args), ...extra };
  provider.getTracer("agent").startSpan(`execute_tool ${tool}`, { attributes }).end();
}

const actionsOf = async (agent: string) => (await running.records("actions")).filter((action) => action.agent.id === agent);

describe("a stock OpenTelemetry exporter", () => {
  it("is understood: protobuf, gzip, GenAI conventions, and what is no action is counted and left", async () => {
    provider.getTracer("agent").startSpan("chat some-model", { attributes: { "gen_ai.operation.name": "chat" } }).end();
    toolSpan("read_file", { path: "README.md" });
    await vi.waitFor(async () => expect(await actionsOf("otel-agent")).toMatchObject([{ tool: "read_file", phase: "result", assurance: "channel", callId: "call-read_file", source: { dialect: "gen-ai", signal: "trace" } }]), 10_000);
  });

  it("cannot speak for another agent", async () => {
    toolSpan("write_file", { path: "a" }, { "gen_ai.agent.id": "victim", "gen_ai.agent.name": "victim" });
    await vi.waitFor(async () => expect((await actionsOf("otel-agent")).at(-1)).toMatchObject({ tool: "write_file", claimedAgent: "victim" }), 10_000);
    expect(await actionsOf("victim")).toEqual([]);
  });

  it("a found token in a shell command is recognised, traced to its owner, revoked and verified", async () => {
    const token = running.railway.token("domain-automation").secret;
    toolSpan("bash", { command: `curl -s ${running.railway.url} -H "Authorization: Bearer ${token}" -d '{"query":"mutation { volumeDelete(volumeId: \\"v\\") }"}'` });
    await vi.waitFor(async () => expect(await running.containment("otel-agent")).toMatchObject({ status: "verified", items: [{ credentialId: "found-token", reason: "foreign" }] }), 15_000);
    expect(JSON.stringify(await running.records("actions"))).not.toContain(token);
    const foreign = (await running.breaker("otel-agent"))?.trip?.findings.find((finding) => finding.detector === "foreign-credential");
    expect(foreign?.summary).toMatch(/found-token/);
  });
});
