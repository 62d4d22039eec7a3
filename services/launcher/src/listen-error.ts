import { TriplineError } from "@tripline/model";
import type { LauncherConfig } from "./config.ts";

const LISTENING = ["ingest", "admin", "monitoring"] as const;

/** What an operator is told when an address cannot be listened at: the key that holds it. Any other error stays as it is. */
export function listenError(error: unknown, config: Pick<LauncherConfig, (typeof LISTENING)[number]>): unknown {
  if (!(error instanceof Error) || !("syscall" in error) || error.syscall !== "listen" || !("code" in error)) return error;
  const port = "port" in error ? error.port : undefined;
  const keys = LISTENING.filter((name) => config[name].port === port).map((name) => `${name}.port`);
  return new TriplineError("TL_CONFIG_ADDRESS", `${keys.length === 0 ? "Port" : keys.join(" or ")} ${String(port)}: ${String(error.code)}.`, { cause: error });
}
