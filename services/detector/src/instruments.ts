import type { Counter, Gauge, Metrics } from "@tripline/runtime";

export interface Instruments {
  readonly records: Counter;
  readonly findings: Counter;
  readonly checkpoints: Counter;
  readonly calls: Counter;
  readonly agentHours: Counter;
  readonly alerts: Counter;
  readonly riskTrips: Counter;
  readonly hotAgents: Gauge;
  readonly evictedBytes: Gauge;
  readonly registryBytes: Gauge;
}

export function createInstruments(metrics: Metrics): Instruments {
  return {
    records: metrics.counter("tripline_detector_records_total", "Records that ended before the last step, by reason", ["step", "outcome", "reason"]),
    findings: metrics.counter("tripline_findings_total", "Findings by detector and weight", ["detector", "weight"]),
    checkpoints: metrics.counter("tripline_detector_checkpoints_total", "Checkpoints written"),
    calls: metrics.counter("tripline_assessed_calls_total", "Calls held against a baseline; what the budget of alerts is counted by"),
    agentHours: metrics.counter("tripline_agent_hours_total", "Hours of days on which agents acted, 24 from the first action of each; what the budget of false trips is counted by"),
    alerts: metrics.counter("tripline_finding_alerts_total", "Weighed findings that are alerts within the budget"),
    riskTrips: metrics.counter("tripline_risk_trips_total", "Trips on risk, right or wrong"),
    hotAgents: metrics.gauge("tripline_detector_hot_agents", "Baselines in memory"),
    evictedBytes: metrics.gauge("tripline_detector_evicted_bytes", "Baselines that left memory changed and wait for a checkpoint"),
    registryBytes: metrics.gauge("tripline_detector_registry_bytes", "Estimated memory of the registry, which counts against the detector's budget"),
  };
}
