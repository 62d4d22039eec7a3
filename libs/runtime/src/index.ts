export * from "./module.ts";
export * from "./pipeline.ts";
export * from "./metrics.ts";
