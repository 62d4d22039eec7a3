export * from "./classify/verdict.ts";
export * from "./registry/registry.ts";
export * from "./registry/pattern.ts";
export * from "./detectors/detector.ts";
export * from "./breaker/breaker.ts";
export * from "./breaker/containment.ts";
export * from "./breaker/mass-trip.ts";
