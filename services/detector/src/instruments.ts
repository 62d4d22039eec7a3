import type { Counter, Gauge, Metrics } from "@tripline/runtime";

export interface Instruments {
  readonly records: Counter;
  readonly findings: Counter;
  readonly checkpoints: Counter;
  readonly hotAgents: Gauge;
  readonly evictedBytes: Gauge;
  readonly registryBytes: Gauge;
}

export function createInstruments(metrics: Metrics): Instruments {
  return {
    records: metrics.counter("tripline_detector_records_total", "Records that ended before the last step, by reason", ["step", "outcome", "reason"]),
    findings: metrics.counter("tripline_findings_total", "Findings by detector and weight", ["detector", "weight"]),
    checkpoints: metrics.counter("tripline_detector_checkpoints_total", "Checkpoints written"),
    hotAgents: metrics.gauge("tripline_detector_hot_agents", "Baselines in memory"),
    evictedBytes: metrics.gauge("tripline_detector_evicted_bytes", "Baselines that left memory changed and wait for a checkpoint"),
    registryBytes: metrics.gauge("tripline_detector_registry_bytes", "Estimated memory of the registry, which counts against the detector's budget"),
  };
}
