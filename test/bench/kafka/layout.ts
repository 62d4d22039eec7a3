/**
 * One broker, one PostgreSQL, and the product's own processes with the shipped configurations: a collector with a detector behind it,
 * and a collector with nobody behind it. One broker keeps all copies alike for everyone who is compared.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type EventLog, openEventLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import kafkajs from "kafkajs";
import { type KafkaCluster, requireKafka } from "../../servers/kafka.ts";
import { type PostgresServer, requirePostgres, startPostgres } from "../../servers/postgres.ts";
import { type Running, startProcess } from "./process.ts";
import { AGENTS, agentName } from "./traffic.ts";

/** Of every topic. Fewer than shipped, since four logs share one small broker. */
export const PARTITIONS = 12;
const TENANT = "bench";
const MAIN = fileURLToPath(new URL("../../../services/launcher/src/main.ts", import.meta.url));
const LOOPBACK = { host: "127.0.0.1", port: 0 };

export interface Servers {
  readonly kafka: KafkaCluster;
  readonly postgres: PostgresServer;
}

export async function startServers(stack: AsyncDisposableStack): Promise<Servers> {
  const [install] = await requireKafka("pnpm bench kafka", { ours: true });
  const [binaries] = requirePostgres("pnpm bench kafka");
  if (install === undefined || binaries === undefined) throw new Error("a real Kafka and a real PostgreSQL are needed");
  const kafka = await install.start({ nodes: 1 });
  stack.defer(() => kafka.stop());
  const postgres = await startPostgres(binaries);
  stack.defer(() => postgres.stop());
  return { kafka, postgres };
}

/** What `tripline up --json` says once it runs, as far as it matters here. */
interface Greeting {
  readonly ingestUrl: string | null;
}

export type Service = Running<Greeting>;

export interface Deployment {
  readonly collector: Service;
  /** Null where nobody reads. */
  readonly detector: Service | null;
  readonly ingestUrl: string;
  readonly eventLog: EventLog;
  readonly store: Store;
}

/** Ingest tokens of the agents, by their numbers; the same for every deployment. */
export const makeTokens = (): string[] => Array.from({ length: AGENTS }, () => randomBytes(24).toString("hex"));

export interface Plan {
  readonly name: string;
  readonly withDetector: boolean;
  readonly tokens: readonly string[];
  readonly dir: string;
}

/** Starts it, and ends it with the stack. */
export async function startDeployment(stack: AsyncDisposableStack, servers: Servers, { name, withDetector, tokens, dir }: Plan): Promise<Deployment> {
  const site = join(dir, `${name}.json`);
  mkdirSync(dir, { recursive: true });
  writeFileSync(site, JSON.stringify(configuration(servers, name, dir)));
  const env = {
    TRIPLINE_MASTER_KEY: randomBytes(32).toString("hex"),
    TRIPLINE_STORE_PASSWORD: servers.postgres.password,
    ...Object.fromEntries(tokens.map((token, index) => [tokenVariable(index), token])),
  };
  const up = (target: string): Promise<Service> => startProcess<Greeting>(`${name} ${target}`, [MAIN, "--json", "--config", shipped(target), "--config", site, "up", `--target=${target}`, `--instance=${target}-0`], env);
  // It publishes who the agents are, which the others wait for; what it does then is not measured here.
  const breaker = await up("breaker");
  await breaker.end();
  const collector = await up("collector");
  stack.defer(() => collector.end());
  const detector = withDetector ? await up("detector") : null;
  stack.defer(async () => detector?.end());
  const eventLog = await openLog(servers, name);
  stack.defer(() => eventLog.close());
  const store = await openDatabase(servers, name, dir);
  stack.defer(() => store.close());
  return { collector, detector, ingestUrl: collector.greeting.ingestUrl ?? "", eventLog, store };
}

const shipped = (target: string): string => fileURLToPath(new URL(`../../../services/launcher/config/${target}.yaml`, import.meta.url));
const tokenVariable = (index: number): string => `BENCH_INGEST_${index}`;
export const prefixOf = (name: string): string => `${name}.`;

function configuration({ kafka, postgres }: Servers, name: string, dir: string): Record<string, unknown> {
  return {
    tenant: TENANT,
    dataDir: join(dir, "data"),
    ingest: LOOPBACK,
    admin: LOOPBACK,
    monitoring: LOOPBACK,
    agents: Array.from({ length: AGENTS }, (_, index) => ({ id: agentName(index), owner: "platform-team", environment: "staging", ingestTokenEnv: tokenVariable(index) })),
    eventLog: { kind: "kafka", brokers: kafka.brokers, topicPrefix: prefixOf(name), partitions: PARTITIONS, replicationFactor: 1 },
    store: { kind: "postgres", host: postgres.host, port: postgres.port, database: postgres.database, user: postgres.superuser, schema: name },
  };
}

function openLog({ kafka }: Servers, name: string): Promise<EventLog> {
  const options = { kind: "kafka", brokers: kafka.brokers, clientId: "bench", topicPrefix: prefixOf(name), partitions: PARTITIONS, replicationFactor: 1 } as const;
  return openEventLog(options, { metrics: createMetrics(), clock: () => Date.now() });
}

function openDatabase({ postgres }: Servers, name: string, dir: string): Promise<Store> {
  const passwordFile = join(dir, `${name}-password`);
  writeFileSync(passwordFile, postgres.password, { mode: 0o600 });
  const { host, port, database, superuser: user } = postgres;
  return openStore({ kind: "postgres", host, port, database, user, passwordFile, schema: name }, { metrics: createMetrics() });
}

/** A topic for those who make none themselves, with the settings that Tripline's own have here. */
export async function createTopic({ kafka }: Servers, topic: string): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [...kafka.brokers], clientId: "bench", logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }] });
  await admin.disconnect();
}

/** Records in a topic. */
export async function countRecords({ kafka }: Servers, topic: string): Promise<number> {
  const admin = new kafkajs.Kafka({ brokers: [...kafka.brokers], clientId: "bench", logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
}
