export { createDetector, type DetectorConfig, type DetectorDeps } from "./detector.ts";
export { HotBaselines, type Turn } from "./hot-baselines.ts";
export { LIMITS as DETECTOR_LIMITS } from "./limits.ts";
