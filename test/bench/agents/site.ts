/** Brokers and a database of the benchmark's own, and the shipped configuration pointed at them. */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type EventLog, type EventLogOptions, openEventLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import { freePort } from "../../servers/free-port.ts";
import type { InstancePlan } from "../../faults/kafka/instance.ts";
import { requireKafka } from "../../servers/kafka.ts";
import { type PostgresServer, requirePostgres, startPostgres } from "../../servers/postgres.ts";
import { TENANT } from "./traffic.ts";

export const PARTITIONS = 48;
const TOPIC_PREFIX = "agents.";
const SCHEMA = "agents";

export interface Site {
  readonly log: EventLogOptions & { readonly kind: "kafka" };
  readonly postgres: PostgresServer;
  readonly eventLog: EventLog;
  readonly store: Store;
}

/** Everything ends with `stack`. @throws where a machine has no Kafka or PostgreSQL */
export async function openSite(dir: string, stack: AsyncDisposableStack): Promise<Site> {
  const what = "pnpm bench agents";
  const [install] = await requireKafka(what, { ours: true });
  const [binaries] = requirePostgres(what);
  if (install === undefined || binaries === undefined) throw new Error("a real Kafka and a real PostgreSQL are needed");
  const kafka = await install.start({ nodes: 1 });
  stack.defer(() => kafka.stop());
  const postgres = await startPostgres(binaries);
  stack.defer(() => postgres.stop());
  const log = { kind: "kafka", brokers: kafka.brokers, clientId: "bench", topicPrefix: TOPIC_PREFIX, partitions: PARTITIONS, replicationFactor: 1 } as const;
  const deps = { metrics: createMetrics(), clock: () => Date.now() };
  const eventLog = await openEventLog(log, deps);
  stack.defer(() => eventLog.close());
  const passwordFile = join(dir, "store-password");
  await writeFile(passwordFile, postgres.password, { mode: 0o600 });
  const { host, port, database, superuser: user } = postgres;
  const store = await openStore({ kind: "postgres", host, port, database, user, passwordFile, schema: SCHEMA }, deps);
  stack.defer(() => store.close());
  return { log, postgres, eventLog, store };
}

export interface DetectorPlan extends InstancePlan {
  readonly metricsUrl: string;
}

/** The shipped configuration, and over it what a site says. */
export async function detectorPlan(dir: string, { log, postgres }: Site, memoryBytes: number): Promise<DetectorPlan> {
  const monitoring = { host: "127.0.0.1", port: await freePort() };
  const { host, port, database, superuser: user } = postgres;
  const file = join(dir, "site.json");
  const site = {
    tenant: TENANT, dataDir: join(dir, "data"), monitoring, detector: { memoryBytes },
    eventLog: { brokers: log.brokers, topicPrefix: TOPIC_PREFIX, partitions: PARTITIONS, replicationFactor: 1 },
    store: { host, port, database, user, schema: SCHEMA },
  };
  await writeFile(file, JSON.stringify(site));
  const shipped = fileURLToPath(new URL("../../../services/launcher/config/detector.yaml", import.meta.url));
  const env = { TRIPLINE_MASTER_KEY: randomBytes(32).toString("hex"), TRIPLINE_STORE_PASSWORD: postgres.password };
  return { name: "detector-0", target: "detector", configs: [shipped, file], env, log: join(dir, "detector.log"), metricsUrl: `http://${monitoring.host}:${monitoring.port}/metrics` };
}
