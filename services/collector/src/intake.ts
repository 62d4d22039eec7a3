/** The collector's own steps without its server and its log: telemetry that was kept in a file, as it would have been recorded. */
import { type Action, decode as decodeRecord } from "@tripline/model";
import { runPipeline } from "@tripline/runtime";
import type { Signal } from "@tripline/semconv";
import type { Batch, Pipeline, StepDeps } from "./batch.ts";
import { createCleanNames } from "./clean-names.ts";
import type { CollectorDeps } from "./collector.ts";
import { createCounters } from "./counters.ts";
import { createFingerprints } from "./fingerprints.ts";
import { COLLECTOR_LIMITS } from "./limits.ts";
import { createSlabs } from "./slabs.ts";
import { decode } from "./steps/decode.ts";
import { encode } from "./steps/encode.ts";
import { identify } from "./steps/identify.ts";
import { map } from "./steps/map.ts";
import { redact } from "./steps/redact.ts";
import type { TokenBinding } from "./tokens.ts";

export interface TakenIn {
  readonly actions: readonly Action[];
  /** Reasons of what can never be an action: of the whole text, or item by item. From closed sets. */
  readonly rejected: readonly string[];
}

/** All but the last step, which makes durable. */
const READING: Pipeline = [decode, map, identify, redact, encode];

/** Answers the actions of one OTLP request in JSON, identified as if `caller` had sent it; never rejects for what it holds. */
export function createIntake(deps: Pick<CollectorDeps, "metrics" | "tenantKey" | "knownSecret" | "clock">): (signal: Signal, bytes: Uint8Array, caller: TokenBinding) => Promise<TakenIn> {
  const counters = createCounters(deps.metrics);
  const stepDeps: StepDeps = {
    eventLog: { append: () => Promise.reject(new Error("an intake appends nothing")) },
    knownSecret: (tenant, text) => deps.knownSecret(tenant, text),
    clock: () => deps.clock(),
    names: createCleanNames(() => deps.clock()),
    slabs: createSlabs(),
    limits: COLLECTOR_LIMITS,
    counters,
    fingerprints: createFingerprints((tenant) => deps.tenantKey(tenant)),
  };
  return async (signal, bytes, caller) => {
    const batch: Batch = { signal, encoding: "json", caller, body: { ok: true, bytes }, items: [], drafted: [], identities: [], actions: [], records: [], memory: null, rejected: [] };
    const result = await runPipeline(READING, batch, stepDeps, counters.steps);
    if (result.kind !== "done") return { actions: [], rejected: [result.reason] };
    const { records, memory, rejected } = result.item;
    const decoded = records.map(({ value }) => decodeRecord("actions", value));
    memory?.release();
    return {
      actions: decoded.flatMap((one) => (one.ok ? [one.value] : [])),
      rejected: [...rejected.map(({ reason }) => reason), ...decoded.flatMap((one) => (one.ok ? [] : [one.reason]))],
    };
  };
}
