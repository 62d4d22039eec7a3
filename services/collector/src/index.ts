export { createCollector, type Collector, type CollectorConfig, type CollectorDeps } from "./collector.ts";
export type { TokenBinding, TokenTable } from "./tokens.ts";
export { COLLECTOR_LIMITS, type CollectorLimits } from "./limits.ts";
export type { Batch, Pipeline, StepDeps } from "./batch.ts";
export { PIPELINE } from "./pipeline.ts";
export { OWN_TELEMETRY_HEADER } from "./own-telemetry.ts";
export { createIntake, type TakenIn } from "./intake.ts";
