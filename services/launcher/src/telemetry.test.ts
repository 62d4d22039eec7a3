import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createCollector, OWN_TELEMETRY_HEADER } from "@tripline/collector";
import { createMetrics } from "@tripline/runtime";
import { afterEach, describe, expect, it } from "vitest";
import { createTelemetry } from "./telemetry.ts";

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

let server: Server | undefined;
afterEach(() => void server?.close());

async function backend(): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => {
      received.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

const deps = (metrics = createMetrics()) => ({ metrics, clock: () => Date.now(), service: "breaker", instance: "breaker-0" });

describe("Tripline's own telemetry", () => {
  it("goes nowhere unless an endpoint is configured", () => {
    expect(createTelemetry({ intervalMs: 1_000 }, deps())).toBeNull();
  });

  it("carries counts by reason and latencies as OTLP metrics, says whose it is, and goes out once more at the stop", async () => {
    const { url, received } = await backend();
    process.env["TELEMETRY_TEST_AUTHORIZATION"] = "Bearer for-the-backend";
    const metrics = createMetrics();
    metrics.counter("tripline_collector_dropped_total", "Items dropped", ["reason"]).add(3, { reason: "no-tool" });
    metrics.histogram("tripline_trip_to_revocation_ms", "Trip to revocation").observe(42);
    const telemetry = createTelemetry({ endpoint: `${url}/otlp/`, authorizationEnv: "TELEMETRY_TEST_AUTHORIZATION", intervalMs: 60_000 }, deps(metrics));
    await telemetry?.start();
    await telemetry?.stop();
    expect(received).toHaveLength(1);
    const [sent] = received;
    expect(sent?.path).toBe("/otlp/v1/metrics");
    expect(sent?.headers).toMatchObject({ [OWN_TELEMETRY_HEADER]: "breaker", authorization: "Bearer for-the-backend", "content-type": "application/x-protobuf" });
    // Names and labels are plain text in protobuf.
    const text = sent?.body.toString("latin1") ?? "";
    for (const part of ["tripline_collector_dropped_total", "no-tool", "tripline_trip_to_revocation_ms", "tripline-breaker", "breaker-0"]) expect(text).toContain(part);
    expect(text).not.toContain("for-the-backend");
  });

  it("pointed at Tripline's own collector is thrown away there, whatever it authenticates with", async () => {
    const metrics = createMetrics();
    const appended: string[] = [];
    const collector = createCollector({
      config: { host: "127.0.0.1", port: 0 }, metrics, clock: () => Date.now(), tenantKey: () => new Uint8Array(32), knownSecret: () => false,
      eventLog: { append: (topic) => (appended.push(topic), Promise.resolve([])) },
      tokens: { lookup: () => ({ tenant: "acme", kind: "agent", agent: "coder", agents: [] }) },
    });
    await collector.start();
    process.env["TELEMETRY_TEST_AUTHORIZATION"] = "Bearer an-agents-ingest-token";
    const telemetry = createTelemetry({ endpoint: collector.url(), authorizationEnv: "TELEMETRY_TEST_AUTHORIZATION", intervalMs: 60_000 }, deps(metrics));
    await telemetry?.start();
    await telemetry?.stop();
    await collector.stop();
    expect(appended).toEqual([]);
    expect(await metrics.render()).toMatch(/tripline_collector_dropped_total\{reason="own-telemetry"\} 1/);
  });

  it("is no reason to be slow to stop when its backend is away", async () => {
    const telemetry = createTelemetry({ endpoint: "http://127.0.0.1:9", intervalMs: 60_000 }, deps());
    await telemetry?.start();
    const startMs = performance.now();
    await telemetry?.stop();
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(telemetry?.health()).toMatchObject({ ready: true });
  });
});
