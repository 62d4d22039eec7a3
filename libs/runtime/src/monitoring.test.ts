import { afterEach, describe, expect, it } from "vitest";
import { createMetrics, createMonitoring, type Health, type MonitoringServer } from "./index.ts";

let server: MonitoringServer | undefined;
afterEach(() => server?.stop());

async function serve(health: Map<string, Health>) {
  const metrics = createMetrics({ process: true });
  server = createMonitoring({ host: "127.0.0.1", port: 0, metrics, health: () => health });
  await server.start();
  const url = server.url();
  return { metrics, get: async (path: string) => fetch(`${url}${path}`) };
}

describe("monitoring", () => {
  it("is live at once, and ready when every module is, naming what is missing", async () => {
    const health = new Map<string, Health>([["detector", { ready: false, detail: "reads the registry" }]]);
    const { get } = await serve(health);
    expect((await get("/livez")).status).toBe(200);
    const waiting = await get("/readyz");
    expect([waiting.status, await waiting.json()]).toEqual([503, { ready: false, modules: { detector: { ready: false, detail: "reads the registry" } } }]);
    health.set("detector", { ready: true, detail: "judging" });
    expect((await get("/readyz")).status).toBe(200);
  });

  it("shows counts, readiness and the process as Prometheus text", async () => {
    const { metrics, get } = await serve(new Map([["breaker", { ready: true, detail: "" }]]));
    metrics.counter("tripline_test_total", "help", ["reason"]).add(2, { reason: "full" });
    const text = await (await get("/metrics")).text();
    expect(text).toMatch(/tripline_test_total\{reason="full"\} 2/);
    expect(text).toMatch(/tripline_ready\{module="breaker"\} 1/);
    expect(text).toMatch(/process_resident_memory_bytes \d/);
  });

  it("takes no body and knows no other path", async () => {
    const { get } = await serve(new Map());
    expect((await get("/v1/commands")).status).toBe(404);
    expect((await fetch(`${server?.url()}/livez`, { method: "POST", body: "reset" })).status).toBeGreaterThanOrEqual(400);
  });
});

describe("metrics as values", () => {
  it("gives counters, gauges and whole histograms, labels apart", async () => {
    const metrics = createMetrics();
    metrics.counter("c_total", "c", ["reason"]).add(3, { reason: "full" });
    metrics.gauge("g", "g").set(-2);
    const histogram = metrics.histogram("h_ms", "h", ["step"], [10, 100]);
    for (const value of [1, 10, 11, 1_000]) histogram.observe(value, { step: "a" });
    histogram.observe(50, { step: "b" });
    expect(await metrics.families()).toEqual([
      { name: "c_total", help: "c", kind: "counter", points: [{ labels: { reason: "full" }, value: 3 }], histograms: [] },
      { name: "g", help: "g", kind: "gauge", points: [{ labels: {}, value: -2 }], histograms: [] },
      {
        name: "h_ms", help: "h", kind: "histogram", points: [],
        histograms: [
          { labels: { step: "a" }, bounds: [10, 100], counts: [2, 1, 1], sum: 1_022, count: 4 },
          { labels: { step: "b" }, bounds: [10, 100], counts: [0, 1, 0], sum: 50, count: 1 },
        ],
      },
    ]);
  });
});
