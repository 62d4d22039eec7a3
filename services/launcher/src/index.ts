export { startTripline, type Tripline } from "./compose.ts";
export { LauncherConfig } from "./config.ts";
export { mergedFiles } from "./commands/options.ts";
