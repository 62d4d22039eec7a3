/**
 * Tripline's own metrics over OTLP: what Prometheus would scrape, pushed to the operator's backend. Metrics alone, never spans or
 * logs, and every request says whose it is: pointed at Tripline's own collector it is dropped there, so nothing feeds itself.
 */
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { OWN_TELEMETRY_HEADER } from "@tripline/collector";
import type { Metrics, Module } from "@tripline/runtime";
import type { TelemetryConfig } from "./deployment-config.ts";
import { createMetricProducer } from "./metric-producer.ts";
import { isNamed, readSecret } from "./named-secrets.ts";

/** One export, in milliseconds; the next one carries the same counts, so a failed one loses nothing. */
const EXPORT_MS = 5_000;
/** How long a stop waits for the last export, in milliseconds. */
const LAST_EXPORT_MS = 500;

export interface TelemetryDeps {
  readonly metrics: Metrics;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Which services this process runs, and its name among its like. */
  readonly service: string;
  readonly instance: string;
}

/** Null where no endpoint is configured. @throws TL_CONFIG_SECRET_MISSING */
export function createTelemetry(config: TelemetryConfig, deps: TelemetryDeps): Module | null {
  const { endpoint, authorizationEnv: env, authorizationFile: file, intervalMs } = config;
  if (endpoint === undefined) return null;
  const headers = { [OWN_TELEMETRY_HEADER]: deps.service, ...(isNamed({ env, file }) ? { authorization: readSecret({ env, file }) } : {}) };
  const exporter = new OTLPMetricExporter({ url: new URL("v1/metrics", `${endpoint.replace(/\/$/, "")}/`).href, headers, timeoutMillis: EXPORT_MS });
  const reader = new PeriodicExportingMetricReader({
    exporter, exportIntervalMillis: intervalMs, exportTimeoutMillis: EXPORT_MS, metricProducers: [createMetricProducer(deps)],
  });
  // Everything that the SDK would start by itself, from environment variables or by default, is named and left out.
  const sdk = new NodeSDK({
    autoDetectResources: false,
    resource: resourceFromAttributes({ "service.namespace": "tripline", "service.name": `tripline-${deps.service}`, "service.instance.id": deps.instance }),
    metricReaders: [reader],
    spanProcessors: [],
    logRecordProcessors: [],
    instrumentations: [],
    textMapPropagator: null,
  });
  let health = { ready: true, detail: "not started" };
  return {
    name: "telemetry",
    // A backend that is away is no reason to take this process out of service.
    health: () => health,
    start: async () => {
      sdk.start();
      health = { ready: true, detail: "exporting" };
    },
    stop: async () => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_EXPORT_MS).unref());
      await Promise.race([sdk.shutdown().catch(() => undefined), late]);
    },
  };
}
