/** Two instances of every service with the shipped configurations, on brokers and a database of their own. */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type EventLog, openEventLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import { type KafkaCluster, requireKafka } from "../../servers/kafka.ts";
import { type PostgresServer, requirePostgres, startPostgres } from "../../servers/postgres.ts";
import { freePort } from "../../servers/free-port.ts";
import type { FaultsWorld } from "../world.ts";
import { Instance } from "./instance.ts";

const TARGETS = ["breaker", "detector", "notifier", "collector"] as const;
const INSTANCES = 2;
/** Until all processes say that they run, on a machine that is busy. */
const START_MS = 120_000;
export const TOPIC_PREFIX = "faults.";
const SCHEMA = "faults";

export interface Servers {
  readonly kafka: KafkaCluster;
  readonly postgres: PostgresServer;
  stop(): Promise<void>;
}

/** Null where a machine cannot supply them, which is said loudly; throws under CI. */
export async function startServers(what: string): Promise<Servers | null> {
  const [install] = await requireKafka(what, { ours: true });
  const [binaries] = requirePostgres(what);
  if (install === undefined || binaries === undefined) return null;
  const [kafka, postgres] = await Promise.all([install.start({ nodes: 3 }), startPostgres(binaries, { settings: ["max_connections=128"] })]);
  return { kafka, postgres, stop: async () => void (await Promise.all([kafka.stop(), postgres.stop()])) };
}

/** What a site's own configuration says of log and store. */
export function siteOf({ kafka, postgres }: Servers, partitions: number): Record<string, unknown> {
  return {
    eventLog: { kind: "kafka", brokers: kafka.brokers, topicPrefix: TOPIC_PREFIX, partitions, replicationFactor: 3 },
    store: { kind: "postgres", host: postgres.host, port: postgres.port, database: postgres.database, user: postgres.superuser, schema: SCHEMA },
    monitoring: { host: "127.0.0.1", port: 0 },
  };
}

export interface Deployment {
  readonly instances: readonly Instance[];
  readonly collectorUrls: readonly string[];
  readonly adminUrls: readonly string[];
  stop(): Promise<void>;
}

const shipped = (name: string): string => fileURLToPath(new URL(`../../../services/launcher/config/${name}.yaml`, import.meta.url));

/** Starts all processes at once; rejects when one does not come up. Ports are fixed for every life of a process. */
export async function startDeployment(dir: string, world: Pick<FaultsWorld, "configFile" | "env">, { postgres }: Servers): Promise<Deployment> {
  const env = { ...world.env, TRIPLINE_MASTER_KEY: randomBytes(32).toString("hex"), TRIPLINE_STORE_PASSWORD: postgres.password };
  const urls = { collector: [] as string[], breaker: [] as string[] };
  const instances: Instance[] = [];
  mkdirSync(join(dir, "instances"), { recursive: true });
  for (const target of TARGETS) {
    for (let number = 0; number < INSTANCES; number += 1) {
      const name = `${target}-${number}`;
      const [ingest, admin] = [await freePort(), await freePort()];
      // A client id of its own tells who owns what in the group.
      const own = { ingest: { host: "127.0.0.1", port: ingest }, admin: { host: "127.0.0.1", port: admin }, eventLog: { clientId: name } };
      const config = join(dir, "instances", `${name}.json`);
      writeFileSync(config, JSON.stringify({ ...own, dataDir: "../data" }));
      if (target === "collector") urls.collector.push(`http://127.0.0.1:${ingest}`);
      if (target === "breaker") urls.breaker.push(`http://127.0.0.1:${admin}`);
      instances.push(new Instance({ name, target, env, configs: [shipped(target), world.configFile, config], log: join(dir, "instances", `${name}.log`) }));
    }
  }
  const stop = async (): Promise<void> => void (await Promise.all(instances.map((instance) => instance.end("SIGKILL"))));
  const late = new Promise<false>((resolve) => setTimeout(resolve, START_MS, false).unref());
  const started = await Promise.all(instances.map((instance) => Promise.race([instance.start(), late])));
  if (started.includes(false)) {
    const away = instances.filter((_, at) => started[at] === false).map(({ name }) => name);
    await stop();
    throw new Error(`not every process came up: ${away.join(", ")}; see ${join(dir, "instances")}`);
  }
  return { instances, collectorUrls: urls.collector, adminUrls: urls.breaker, stop };
}

/** The log, read as any other process would. */
export function openLog({ kafka }: Servers, partitions: number): Promise<EventLog> {
  const options = { kind: "kafka", brokers: kafka.brokers, clientId: "account", topicPrefix: TOPIC_PREFIX, partitions, replicationFactor: 3 } as const;
  return openEventLog(options, { metrics: createMetrics(), clock: () => Date.now() });
}

/** The store, looked into from outside. */
export function openDatabase({ postgres }: Servers, dir: string): Promise<Store> {
  const passwordFile = join(dir, "store-password");
  writeFileSync(passwordFile, postgres.password, { mode: 0o600 });
  const { host, port, database, superuser: user } = postgres;
  return openStore({ kind: "postgres", host, port, database, user, passwordFile, schema: SCHEMA }, { metrics: createMetrics() });
}
