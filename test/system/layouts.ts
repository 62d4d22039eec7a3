/**
 * The deployments that the system suite runs on, with the configuration files that are shipped: everything in one process, or two
 * instances of every service on a real Kafka and PostgreSQL. SYSTEM_LAYOUT chooses; a suite does not see which it is. Gates are among them
 * where a suite asks for one.
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../servers/free-port.ts";
import { deleteTopics, type KafkaCluster, requireKafka } from "../servers/kafka.ts";
import { type PostgresServer, requirePostgres, startPostgres } from "../servers/postgres.ts";

const TARGETS = ["breaker", "detector", "notifier", "collector"] as const;
const INSTANCES = 2;
/** Fewer than shipped: topics are made anew for every suite. */
const PARTITIONS = 12;

export interface LayoutProcess {
  readonly name: string;
  readonly config: string;
  readonly args: readonly string[];
  /** What holds for this process alone, over the site's. */
  readonly own: Record<string, unknown>;
}

export interface Layout {
  /** Arguments of each process after the shipped and the site's configuration file. */
  readonly processes: readonly LayoutProcess[];
  /** What a site's own file says beside its agents. */
  readonly site: Record<string, unknown>;
  readonly env: Record<string, string>;
  dispose(): Promise<void>;
}

const NODES = process.env["SYSTEM_KAFKA_NODES"] === "1" ? 1 : 3;

const shipped = (name: string): string => fileURLToPath(new URL(`../../services/launcher/config/${name}.yaml`, import.meta.url));
const LOOPBACK = { host: "127.0.0.1", port: 0 };

/** A fresh one; on Kafka its topics and tables are its own. */
export async function openLayout({ gate = false }: { readonly gate?: boolean } = {}): Promise<Layout> {
  const listening = { ingest: LOOPBACK, admin: LOOPBACK, monitoring: LOOPBACK };
  if (process.env["SYSTEM_LAYOUT"] !== "kafka") return { processes: [{ name: "all", config: shipped("all"), args: ["up"], own: {} }], site: listening, env: {}, dispose: () => Promise.resolve() };
  const { kafka, postgres } = await servers();
  const name = `system_${randomBytes(4).toString("hex")}`;
  return {
    processes: await processes(gate),
    site: {
      ...listening,
      eventLog: { kind: "kafka", brokers: kafka.brokers, topicPrefix: `${name}.`, partitions: PARTITIONS, replicationFactor: Math.min(3, kafka.brokers.length) },
      store: { kind: "postgres", host: postgres.host, port: postgres.port, database: postgres.database, user: postgres.superuser, schema: name },
    },
    env: { TRIPLINE_MASTER_KEY: randomBytes(32).toString("hex"), TRIPLINE_STORE_PASSWORD: postgres.password },
    dispose: async () => {
      await deleteTopics(kafka, `${name}.`);
      await postgres.query(`DROP SCHEMA IF EXISTS ${name} CASCADE`);
    },
  };
}

async function processes(gate: boolean): Promise<LayoutProcess[]> {
  const targets = gate ? [...TARGETS, "gate" as const] : TARGETS;
  // Breakers ask one of the gates, as they would ask the balancer before all of them: so its port must be known before it starts.
  const port = gate ? await freePort() : 0;
  const atGate = { providers: { gate: { kind: "gate", url: `http://127.0.0.1:${port}` } } };
  const ownOf = (target: string, index: number): Record<string, unknown> => {
    if (target === "gate") return { gate: { host: "127.0.0.1", port: index === 0 ? port : 0, approvals: { port: 0 } } };
    return gate && target === "breaker" ? atGate : {};
  };
  return targets.flatMap((target) =>
    Array.from({ length: INSTANCES }, (_, index) => ({ name: `${target}-${index}`, config: shipped(target), args: ["up", `--target=${target}`, `--instance=${target}-${index}`], own: ownOf(target, index) })),
  );
}

/** Arguments that name a process's configuration files, the site's among them; its own is put beside that. JSON is YAML. */
export function configArgs({ name, config, own }: LayoutProcess, siteFile: string): string[] {
  const files = [config, siteFile];
  if (Object.keys(own).length > 0) {
    const file = join(dirname(siteFile), `${name}.yaml`);
    writeFileSync(file, JSON.stringify(own));
    files.push(file);
  }
  return files.flatMap((file) => ["--config", file]);
}

interface Servers {
  readonly kafka: KafkaCluster;
  readonly postgres: PostgresServer;
}

let started: Promise<Servers> | null = null;

function servers(): Promise<Servers> {
  return (started ??= start());
}

async function start(): Promise<Servers> {
  const [install] = await requireKafka("the system suite on Kafka");
  const [binaries] = requirePostgres("the system suite on PostgreSQL");
  if (install === undefined || binaries === undefined) throw new Error("the layout needs Kafka and PostgreSQL");
  const [kafka, postgres] = await Promise.all([install.start({ nodes: NODES }), startPostgres(binaries)]);
  return { kafka, postgres };
}

/** Ends the servers that layouts share. */
export async function stopServers(): Promise<void> {
  const running = await started?.catch(() => null);
  started = null;
  await Promise.all([running?.kafka.stop(), running?.postgres.stop()]);
}

/** True where both servers can be had; says loudly what is skipped where not, and throws under CI. */
export async function canRunOnKafka(): Promise<boolean> {
  const installs = await requireKafka("the system suite with two instances of every service");
  return installs.length > 0 && requirePostgres("the system suite with two instances of every service").length > 0;
}
