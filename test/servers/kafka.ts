/**
 * A real Apache Kafka for tests: the brokers that KAFKA_BROKERS names, else our own from Maven jars under Java, in KRaft mode, on
 * loopback only. Neither to be had: throws under CI=true, and elsewhere says loudly what is skipped.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import type { Certificates } from "./certificates.ts";
import { freePort } from "./free-port.ts";
import { type KafkaNode, prepareNode, removeDirectory } from "./kafka-broker.ts";
import { kafkaJars, KAFKA_VERSIONS } from "./kafka-jars.ts";
import { nodeProperties, type NodePorts, secureFormat } from "./kafka-properties.ts";

export type { KafkaNode } from "./kafka-broker.ts";

export interface KafkaCluster {
  readonly version: string;
  readonly brokers: readonly string[];
  /** Addresses of the listener with TLS and SASL; empty unless asked for. */
  readonly secureBrokers: readonly string[];
  /** Empty for brokers that are not ours. */
  readonly nodes: readonly KafkaNode[];
  /** Resolves when this many brokers, all by default, are members again. */
  ready(count?: number): Promise<void>;
  /** Rejects where a broker of ours failed by itself: what the test saw then was the broker's doing. */
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly nodes?: 1 | 3;
  /** Adds a listener with TLS, SCRAM-SHA-256/512 and (unsigned) OAUTHBEARER. */
  readonly secure?: { readonly certificates: Certificates; readonly user: string; readonly password: string };
}

export interface KafkaInstall {
  /** Of the jars; `KAFKA_BROKERS` for brokers that are not ours. */
  readonly version: string;
  start(options?: ClusterOptions): Promise<KafkaCluster>;
}

/** Three nodes start one after another on a busy machine. */
const READY_TIMEOUT_MS = 60_000;
const SHARED_MEMORY = "/dev/shm";
const ENOUGH_BYTES = 4 * 1_073_741_824;

/**
 * What to test with: the newest version first. `ours` asks for brokers that may be killed, so KAFKA_BROKERS does not count then.
 * Empty where there is none and CI is not set.
 */
export async function requireKafka(what: string, options: { readonly ours?: boolean; readonly versions?: "newest" | "all" } = {}): Promise<readonly KafkaInstall[]> {
  const given = process.env["KAFKA_BROKERS"];
  if (given !== undefined && given !== "" && options.ours !== true) return [external(given.split(",").map((one) => one.trim()))];
  const versions = options.versions === "all" ? KAFKA_VERSIONS.toReversed() : KAFKA_VERSIONS.slice(-1);
  try {
    execFileSync("java", ["-version"], { stdio: "ignore" });
    const installs: KafkaInstall[] = [];
    for (const version of versions) installs.push(own(version, await kafkaJars(version)));
    return installs;
  } catch (error) {
    const advice = `Set KAFKA_BROKERS, or install Java 17 and let Maven Central be reached. (${String(error).slice(0, 200)})`;
    if (process.env["CI"] === "true") throw new Error(`No Kafka for: ${what}. ${advice}`, { cause: error });
    console.warn(`SKIPPED, no Kafka: ${what}. ${advice}`);
    return [];
  }
}

function external(brokers: readonly string[]): KafkaInstall {
  const ready = (): Promise<void> => untilMembers(brokers, 1, () => "");
  const cluster: KafkaCluster = { version: "KAFKA_BROKERS", brokers, secureBrokers: [], nodes: [], ready, stop: () => Promise.resolve() };
  return { version: cluster.version, start: () => ready().then(() => cluster) };
}

const own = (version: string, jars: string): KafkaInstall => ({ version, start: (options = {}) => startCluster(version, jars, options) });

async function startCluster(version: string, jars: string, { nodes: count = 1, secure }: ClusterOptions): Promise<KafkaCluster> {
  const directory = mkdtempSync(join(dataFolder(), "tripline-kafka-"));
  const random = randomBytes(16);
  // In text it must not begin with a hyphen: the formatting tool would take it for an option.
  random[0]! &= 0x7f;
  const clusterId = random.toString("base64url");
  const ports: NodePorts[] = [];
  for (let id = 1; id <= count; id++) ports.push({ id, broker: await freePort(), controller: await freePort(), secure: await freePort() });
  const nodes: KafkaNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => (count === 1 ? node.stop() : node.kill())));
    removeDirectory(directory);
    const faults = nodes.flatMap((node) => node.faults().map((fault) => `node ${node.id}: ${fault}`));
    if (faults.length > 0) throw new Error(`Kafka ${version} failed under the test. ${faults.join("; ")}`);
  };
  try {
    for (const port of ports) {
      const properties = nodeProperties(port, ports, directory, secure);
      const formatArguments = secure === undefined ? [] : secureFormat(secure);
      nodes.push(await prepareNode({ id: port.id, address: `127.0.0.1:${port.broker}`, jars, directory, clusterId, properties, formatArguments }));
    }
    for (const node of nodes) node.start();
    const brokers = nodes.map(({ address }) => address);
    const ready = (members = count as number): Promise<void> => untilMembers(brokers, members, () => nodes.map((node) => node.lastWords()).join("\n"));
    await ready();
    return { version, brokers, secureBrokers: secure === undefined ? [] : ports.map(({ secure: port }) => `127.0.0.1:${port}`), nodes, ready, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

/**
 * Memory where there is enough of it: brokers sync and map some files for each of thousands of partitions. A killed process loses
 * nothing that the system has, be it for a disk or for memory.
 */
function dataFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    return bavail * bsize >= ENOUGH_BYTES ? SHARED_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

async function untilMembers(brokers: readonly string[], count: number, lastWords: () => string): Promise<void> {
  const endMs = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const admin = new Kafka({ brokers: [...brokers], clientId: "readiness", logLevel: logLevel.NOTHING, connectionTimeout: 1_000, requestTimeout: 3_000, retry: { retries: 0 } }).admin();
    try {
      await admin.connect();
      if ((await admin.describeCluster()).brokers.length >= count) return;
    } catch (error) {
      if (performance.now() > endMs) throw new Error(`Kafka was not ready in ${READY_TIMEOUT_MS} ms. ${lastWords()}`, { cause: error });
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
    if (performance.now() > endMs) throw new Error(`Fewer than ${count} brokers in ${READY_TIMEOUT_MS} ms. ${lastWords()}`);
    await sleep(100);
  }
}

/** Gives back what a test made: thousands of partitions would otherwise pile up in one broker. */
export async function deleteTopics({ brokers }: KafkaCluster, prefix: string): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], clientId: "cleaning", logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
  if (topics.length > 0) await admin.deleteTopics({ topics, timeout: 20_000 });
  await admin.disconnect();
}
