export { startTripline, type Tripline } from "./compose.ts";
export { LauncherConfig } from "./config.ts";
