import { type AlertSink, openSink } from "@tripline/alerts";
import type { LauncherConfig } from "./config.ts";
import { readSecret } from "./named-secrets.ts";

/** Every configured alert sink. @throws TL_CONFIG_SECRET_MISSING */
export function openSinks(config: LauncherConfig): AlertSink[] {
  return Object.entries(config.alerts).map(([name, sink]) => openSink(name, sink, { readSecret, nowMs: () => Date.now() }));
}
