/** From the configuration to log and store. What the configuration only points to (secrets, certificates) is read here. */
import { type EventLog, type EventLogDeps, type EventLogOptions, type KafkaSasl, openEventLog } from "@tripline/event-log";
import { TriplineError } from "@tripline/model";
import type { Logger, Metrics, Module } from "@tripline/runtime";
import { openStore, type Store, type StoreOptions } from "@tripline/store";
import type { LauncherConfig } from "./config.ts";
import type { DataDir } from "./data-dir.ts";
import type { EventLogConfig } from "./deployment-config.ts";
import { meterLog } from "./metered-log.ts";
import { readNamedFile, readSecret } from "./named-secrets.ts";
import { watchLog } from "./watched-log.ts";
import { needsStore, type Target } from "./targets.ts";

export interface Backends {
  readonly eventLog: EventLog;
  /** Tells how the log does. */
  readonly watch: Module;
  /** Null where no service of this process keeps anything: a collector that agents reach holds no way into the store. */
  readonly store: Store | null;
  /** Closes both, the log first: nothing is read any more when the store goes. */
  close(): Promise<void>;
}

/** Opens what the targets need, or nothing. Rejects with the codes of `openEventLog` and `openStore`. */
export async function openBackends(config: LauncherConfig, targets: ReadonlySet<Target>, dataDir: () => DataDir, deps: EventLogDeps & { readonly metrics: Metrics; readonly logger: Logger }): Promise<Backends> {
  const watched = watchLog(await openEventLog(logOptions(config.eventLog, () => dataDir().file("log")), deps), deps.logger, () => performance.now(), { staysReady: targets.size === 1 && targets.has("collector") });
  const eventLog = meterLog(watched.log, deps.metrics, deps.clock);
  const watch = watched.module;
  if (!needsStore(targets)) return { eventLog, watch, store: null, close: () => eventLog.close() };
  const options: StoreOptions = config.store.kind === "sqlite" ? { ...config.store, path: dataDir().file("store.db") } : config.store;
  const store = await openStore(options, deps).catch(async (error: unknown) => {
    await eventLog.close();
    throw error;
  });
  return {
    eventLog,
    watch,
    store,
    close: async () => {
      await eventLog.close();
      await store.close();
    },
  };
}

/** @throws TL_CONFIG_SECRET_MISSING */
export function logOptions(config: EventLogConfig, dir: () => string): EventLogOptions {
  if (config.kind === "embedded") return { ...config, dir: dir() };
  const { tls, sasl, ...rest } = config;
  return {
    ...rest,
    ...(tls === undefined ? {} : { ssl: { ...pem("ca", tls.caFile), ...pem("cert", tls.certFile), ...pem("key", tls.keyFile) } }),
    ...(sasl === undefined ? {} : { sasl: saslOf(sasl) }),
  };
}

function pem<N extends string>(name: N, file: string | undefined): { [K in N]?: string } {
  return (file === undefined ? {} : { [name]: readNamedFile(file).toString("utf8") }) as { [K in N]?: string };
}

type Sasl = NonNullable<Extract<EventLogConfig, { kind: "kafka" }>["sasl"]>;

/** The secret is read for each connection, so that a replaced one is used without a restart; once here, so that a missing one is told at the start. */
function saslOf({ mechanism, username, passwordEnv, passwordFile }: Sasl): KafkaSasl {
  const secret = (): string => readSecret({ env: passwordEnv, file: passwordFile });
  secret();
  if (mechanism === "oauthbearer") return { mechanism, token: () => Promise.resolve(secret()) };
  if (username === undefined) throw new TriplineError("TL_CONFIG_INVALID", `At /eventLog/sasl/username: it is needed with ${String(mechanism)}.`);
  return { mechanism, username, password: secret };
}
