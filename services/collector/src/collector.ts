/** The collector: OTLP over HTTP in, facts in the log out. */
import type { EventLog } from "@tripline/event-log";
import type { Metrics, Module } from "@tripline/runtime";
import { createAdmission } from "./admission.ts";
import type { Pipeline, StepDeps } from "./batch.ts";
import { createCleanNames } from "./clean-names.ts";
import { createCounters } from "./counters.ts";
import { createExport } from "./export.ts";
import { createFingerprints } from "./fingerprints.ts";
import { COLLECTOR_LIMITS, type CollectorLimits } from "./limits.ts";
import { createOtlpServer } from "./otlp-http.ts";
import { PIPELINE } from "./pipeline.ts";
import { createSlabs } from "./slabs.ts";
import { watchStandstill } from "./standstill.ts";
import type { TokenTable } from "./tokens.ts";

export interface CollectorConfig {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly limits?: Partial<CollectorLimits>;
}

export interface CollectorDeps {
  readonly config: CollectorConfig;
  readonly eventLog: Pick<EventLog, "append">;
  readonly tokens: TokenTable;
  /** Key of the tenant's credential fingerprints; at least 16 bytes, the same for the life of the tenant. */
  tenantKey(tenant: string): Uint8Array;
  /** Whether this text is the secret of a credential in the tenant's inventory: it is then redacted wherever it stands. */
  knownSecret(tenant: string, text: string): boolean;
  readonly metrics: Metrics;
  /** Epoch milliseconds. */
  clock(): number;
}

export interface Collector extends Module {
  /** `http://host:port`, once started. */
  url(): string;
}

/**
 * Builds the collector; nothing listens before `start`. `stop` refuses new requests and finishes those in hand. `start` rejects
 * with the system's error where the address cannot be used. Another `pipeline` than the collector's own is for measuring.
 */
export function createCollector(deps: CollectorDeps, pipeline: Pipeline = PIPELINE): Collector {
  const limits: CollectorLimits = { ...COLLECTOR_LIMITS, ...deps.config.limits };
  const counters = createCounters(deps.metrics);
  const fingerprints = createFingerprints((tenant) => deps.tenantKey(tenant));
  const admission = createAdmission(limits, counters);
  const stepDeps: StepDeps = {
    eventLog: deps.eventLog,
    knownSecret: (tenant, text) => deps.knownSecret(tenant, text),
    clock: () => deps.clock(),
    names: createCleanNames(() => deps.clock()),
    slabs: createSlabs(),
    limits,
    counters,
    fingerprints,
  };
  const standstill = watchStandstill();
  const handle = createExport({ ...stepDeps, tokens: deps.tokens, admission, pipeline, standstill });
  const server = createOtlpServer(deps.config, limits, handle, () => counters.dropped("own-telemetry", 1));
  return {
    name: "collector",
    start: () => server.listen(),
    stop: async () => {
      await server.close();
      standstill.stop();
    },
    health: () =>
      server.listening() ? { ready: true, detail: `listening, ${admission.requests()} requests in flight` } : { ready: false, detail: "not listening" },
    url: () => server.url(),
  };
}
