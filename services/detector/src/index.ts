export { createDetector, type DetectorConfig, type DetectorDeps } from "./detector.ts";
export { GROUP as DETECTOR_GROUP, HotBaselines, type Turn } from "./hot-baselines.ts";
export { LIMITS as DETECTOR_LIMITS } from "./limits.ts";
