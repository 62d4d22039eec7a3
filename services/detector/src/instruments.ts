import type { Counter, Metrics } from "@tripline/runtime";

export interface Instruments {
  readonly records: Counter;
  readonly findings: Counter;
  readonly checkpoints: Counter;
}

export function createInstruments(metrics: Metrics): Instruments {
  return {
    records: metrics.counter("tripline_detector_records_total", "Records that ended before the last step, by reason", ["step", "outcome", "reason"]),
    findings: metrics.counter("tripline_findings_total", "Findings by detector and weight", ["detector", "weight"]),
    checkpoints: metrics.counter("tripline_detector_checkpoints_total", "Checkpoints written"),
  };
}
