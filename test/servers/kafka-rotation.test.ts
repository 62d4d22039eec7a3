/** A password that is replaced while Tripline runs, and brokers that restart one after another as they do for an upgrade. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEventLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";
import { Kafka, logLevel } from "kafkajs";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { type KafkaCluster, requireKafka } from "./kafka.ts";
import { changePassword } from "./kafka-scram.ts";

const installs = await requireKafka("a rotated SASL password", { ours: true });
const USER = "tripline";
const KEYS = Array.from({ length: 40 }, (_, n) => `acme/agent-${n}`);

describe.each(installs)("on Kafka $version", (install) => {
  let cluster: KafkaCluster | undefined;
  let certificates: Certificates | null;
  let password = "the-first-password";
  beforeAll(async () => {
    certificates = makeCertificates("Kafka over TLS");
    if (certificates !== null) cluster = await install.start({ nodes: 3, secure: { certificates, user: USER, password } });
  }, 120_000);
  afterAll(() => cluster?.stop(), 60_000);

  it("appends to every partition once its password was replaced and the brokers have restarted", async () => {
    if (certificates === null || cluster === undefined) return;
    const log = await openEventLog(
      {
        kind: "kafka", clientId: "rotated", brokers: cluster.secureBrokers, partitions: 12, appendTimeoutMs: 15_000,
        ssl: { ca: certificates.ca }, sasl: { mechanism: "scram-sha-512", username: USER, password: () => password },
      },
      { metrics: createMetrics(), clock: () => Date.now() },
    );
    // Only a copy in sync becomes the leader: the first one restarted leads partitions again when the second one is killed.
    const admin = new Kafka({ brokers: [...cluster.brokers], clientId: "watcher", logLevel: logLevel.NOTHING }).admin();
    const fewestInSync = async (): Promise<number> => {
      const { topics } = await admin.fetchTopicMetadata({ topics: ["tripline.actions"] });
      return Math.min(...topics.flatMap(({ partitions }) => partitions.map(({ isr }) => isr.length)));
    };
    await admin.connect();
    const refused = async (): Promise<number> => {
      const outcomes = await Promise.allSettled(KEYS.map((key) => log.append("actions", [{ key, value: Buffer.from("x") }])));
      return outcomes.filter(({ status }) => status === "rejected").length;
    };
    await expect.poll(refused, { timeout: 60_000 }).toBe(0);
    password = "the-second-password";
    await changePassword(cluster.brokers[0] ?? "", USER, password);
    for (const node of cluster.nodes.slice(0, 2)) {
      await node.kill();
      // Its partitions go to others, to which there may be no connection yet.
      await refused();
      node.start();
      await cluster.ready();
      await expect.poll(fewestInSync, { timeout: 60_000, interval: 500 }).toBe(3);
    }
    expect(await refused()).toBe(0);
    await admin.disconnect();
    await log.close();
  }, 240_000);
});

if (installs.length === 0) it.skip("SKIPPED: a rotated SASL password needs Apache Kafka", () => undefined);
