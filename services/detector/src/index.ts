export { createDetector, type DetectorConfig, type DetectorDeps } from "./detector.ts";
