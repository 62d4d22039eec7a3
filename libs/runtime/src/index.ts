export * from "./module.ts";
export * from "./pipeline.ts";
export * from "./metrics.ts";
export * from "./config.ts";
export * from "./logger.ts";
export * from "./remote.ts";
export * from "./supervisor.ts";
export * from "./monitoring.ts";
export { reachOf, type Reach } from "./address.ts";
