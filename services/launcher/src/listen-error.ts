import { TriplineError } from "@tripline/model";
import type { LauncherConfig } from "./config.ts";

const LISTENING = ["ingest", "admin", "monitoring"] as const;
type Listening = Pick<LauncherConfig, (typeof LISTENING)[number] | "gate">;

/** What an operator is told when an address cannot be listened at: the key that holds it. Any other error stays as it is. */
export function listenError(error: unknown, config: Listening): unknown {
  if (!(error instanceof Error) || !("syscall" in error) || error.syscall !== "listen" || !("code" in error)) return error;
  const { gate } = config;
  const path = "address" in error ? error.address : undefined;
  if (typeof path === "string" && path === gate?.socket) return new TriplineError("TL_CONFIG_ADDRESS", `gate.socket ${path}: ${String(error.code)}.`, { cause: error });
  const port = "port" in error ? error.port : undefined;
  const ports = [
    ...LISTENING.map((name) => [`${name}.port`, config[name].port] as const),
    ["gate.port", gate?.port], ["gate.forward.port", gate?.forward?.port], ["gate.approvals.port", gate?.approvals.port], ["gate.tls.port", gate?.tls?.port], ["gate.tls.forwardPort", gate?.tls?.forwardPort],
  ] as const;
  const keys = ports.filter(([, configured]) => configured !== undefined && configured === port).map(([key]) => key);
  return new TriplineError("TL_CONFIG_ADDRESS", `${keys.length === 0 ? "Port" : keys.join(" or ")} ${String(port)}: ${String(error.code)}.`, { cause: error });
}
