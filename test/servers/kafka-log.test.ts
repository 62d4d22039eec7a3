/** The Kafka event log on real brokers: the battery of every log, unchanged. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "vitest";
import { openEventLog } from "@tripline/event-log";
import { describeEventLog } from "@tripline/event-log/battery";
import { createMetrics } from "@tripline/runtime";
import { deleteTopics, type KafkaCluster, requireKafka } from "./kafka.ts";

const installs = await requireKafka("the event log on Kafka", { versions: "all" });

describe.each(installs)("on Kafka $version", (install) => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    cluster = await install.start();
  }, 90_000);
  afterAll(() => cluster.stop());

  describeEventLog("kafka", async () => {
    // A deployment of its own for each test, as if the cluster were shared.
    const topicPrefix = `test-${randomBytes(6).toString("hex")}.`;
    const options = { kind: "kafka", brokers: cluster.brokers, clientId: "battery", topicPrefix, replicationFactor: 1 } as const;
    return {
      open: () => openEventLog(options, { metrics: createMetrics(), clock: () => Date.now() }),
      dispose: () => deleteTopics(cluster, topicPrefix),
    };
  });
});

if (installs.length === 0) it.skip("SKIPPED: the event log on Kafka needs Apache Kafka", () => undefined);
