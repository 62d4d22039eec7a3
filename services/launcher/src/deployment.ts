/** There are two deployments: one process on the embedded log and SQLite, or many on Kafka and PostgreSQL. Anything else is refused. */
import { hostname } from "node:os";
import { TriplineError } from "@tripline/model";
import type { LauncherConfig } from "./config.ts";
import { ALL_TARGETS, needsStore, type Target } from "./targets.ts";

/** As ids in the configuration: the name stands in keys of the store. */
const INSTANCE = /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/;
/** The one process of the embedded log has the same name for ever, since its reading positions lie under it. */
const ONLY_INSTANCE = "0";

/** True where log and store are shared with other processes. */
export function isShared(config: Pick<LauncherConfig, "eventLog">): boolean {
  return config.eventLog.kind === "kafka";
}

/**
 * @throws TL_CONFIG_INVALID for a log and a store that do not belong together, for a part of the services on the embedded log, and for
 * brokers that would be sent a password in the clear
 */
export function checkDeployment(config: LauncherConfig, targets: ReadonlySet<Target>): void {
  const { eventLog, store, keys } = config;
  checkBrokers(eventLog);
  if (needsStore(targets) && (eventLog.kind === "kafka") !== (store.kind === "postgres")) {
    throw new TriplineError("TL_CONFIG_INVALID", `eventLog.kind ${eventLog.kind} and store.kind ${store.kind} do not belong together: one process is embedded and sqlite, many are kafka and postgres.`);
  }
  if (targets.has("gate") && targets.size < ALL_TARGETS.size && config.gate === undefined) throw new TriplineError("TL_CONFIG_INVALID", "--target=gate: the configuration has no section `gate`.");
  if (!isShared(config)) {
    if (targets.size < ALL_TARGETS.size) {
      const parts = [...targets].join(",");
      throw new TriplineError("TL_CONFIG_INVALID", `--target=${parts}: the embedded log and the SQLite store belong to one process, which runs all services. For more processes set eventLog.kind: kafka and store.kind: postgres.`);
    }
    return;
  }
  checkAuthority(config, targets);
  const needsMaster = targets.has("breaker") || (targets.has("gate") && config.gate !== undefined) || (targets.has("collector") && keys.fingerprintEnv === undefined && keys.fingerprintFile === undefined);
  if (needsMaster && keys.masterEnv === undefined && keys.masterFile === undefined && keys.masterWrappedFile === undefined) {
    throw new TriplineError("TL_CONFIG_INVALID", "At /keys: processes on Kafka share one master key, so that they know a secret by the same fingerprint; name it under keys.masterEnv, keys.masterFile or keys.masterWrappedFile.");
  }
}

/** Agents trust one authority; of several gates each would make its own, and a new one wherever its files are not kept. */
function checkAuthority({ gate }: LauncherConfig, targets: ReadonlySet<Target>): void {
  if (!targets.has("gate") || gate === undefined || gate.authority !== undefined || (gate.forward === undefined && gate.tls === undefined)) return;
  throw new TriplineError("TL_CONFIG_INVALID", "At /gate/authority: gates on Kafka share one certificate authority for their forward proxies and doors over TLS; name its certificateFile and keyFile.");
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):\d+$/u;
/** These send the secret itself; SCRAM proves that it knows it. */
const TELLING: ReadonlySet<unknown> = new Set(["plain", "oauthbearer"]);

function checkBrokers(eventLog: LauncherConfig["eventLog"]): void {
  if (eventLog.kind !== "kafka") return;
  const { brokers, tls, sasl } = eventLog;
  if (tls === undefined && TELLING.has(sasl?.mechanism) && !brokers.every((broker) => LOOPBACK.test(broker))) {
    throw new TriplineError("TL_CONFIG_INVALID", `At /eventLog/tls: sasl.mechanism ${String(sasl?.mechanism)} would send its secret in the clear; give tls ({} for the system's authorities), or use scram-sha-512.`);
  }
  if ((tls?.certFile === undefined) !== (tls?.keyFile === undefined)) throw new TriplineError("TL_CONFIG_INVALID", "At /eventLog/tls: certFile and keyFile belong together.");
}

/**
 * Name of this process among its like, the same at each start: `--instance`, else TRIPLINE_INSTANCE, else the host's name.
 * @throws TL_CONFIG_INVALID
 */
export function instanceName(config: Pick<LauncherConfig, "eventLog">, given: string | undefined): string {
  if (!isShared(config)) return ONLY_INSTANCE;
  const name = given ?? process.env["TRIPLINE_INSTANCE"] ?? hostname();
  if (!INSTANCE.test(name)) throw new TriplineError("TL_CONFIG_INVALID", "--instance: letters, digits and . _ : @ + - only, at most 128 of them.");
  return name;
}
