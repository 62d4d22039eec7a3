import { Kafka, logLevel, type Message } from "kafkajs";
import { describe, expect, it } from "vitest";
import { repositoryUrl } from "./kafka-jars.ts";
import { type KafkaCluster, requireKafka } from "./kafka.ts";

const client = ({ brokers }: KafkaCluster): Kafka => new Kafka({ brokers: [...brokers], clientId: "test", logLevel: logLevel.NOTHING });

async function produce(cluster: KafkaCluster, topic: string, messages: Message[]): Promise<void> {
  const producer = client(cluster).producer({ createPartitioner: () => () => 0 });
  await producer.connect();
  await producer.send({ topic, messages, acks: -1 });
  await producer.disconnect();
}

async function consume(cluster: KafkaCluster, topic: string, count: number): Promise<string[]> {
  const consumer = client(cluster).consumer({ groupId: `reads-${topic}-${Math.random()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value));
        if (values.length === count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return values;
}

async function createTopic(cluster: KafkaCluster, topic: string): Promise<void> {
  const admin = client(cluster).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
}

const ours = await requireKafka("brokers as the tests start them", { ours: true, versions: "all" });

describe.each(ours)("Kafka $version", (install) => {
  it("takes and gives records with one node, and keeps them over a kill", async () => {
    const cluster = await install.start();
    try {
      const [node] = cluster.nodes;
      await createTopic(cluster, "facts");
      await produce(cluster, "facts", [{ value: "one" }, { value: "two" }]);
      expect(await consume(cluster, "facts", 2)).toEqual(["one", "two"]);
      await node?.kill();
      expect(node?.running).toBe(false);
      node?.start();
      await cluster.ready();
      await produce(cluster, "facts", [{ value: "three" }]);
      expect(await consume(cluster, "facts", 3)).toEqual(["one", "two", "three"]);
    } finally {
      await cluster.stop();
    }
    expect(cluster.nodes.some(({ running }) => running)).toBe(false);
  }, 90_000);
});

describe.each(ours.slice(0, 1))("Kafka $version with three nodes", (install) => {
  it("goes on with two of them", async () => {
    const cluster = await install.start({ nodes: 3 });
    try {
      await createTopic(cluster, "facts");
      await cluster.nodes[0]?.kill();
      await produce(cluster, "facts", [{ value: "with two" }]);
      expect(await consume(cluster, "facts", 1)).toEqual(["with two"]);
      cluster.nodes[0]?.start();
      await cluster.ready();
    } finally {
      await cluster.stop();
    }
  }, 120_000);
});

describe("where the jars come from", () => {
  const mirror = (of: string, url: string): string => `<settings><!-- <mirror><mirrorOf>*</mirrorOf><url>https://commented.example</url></mirror> --><mirrors><mirror><mirrorOf>${of}</mirrorOf><url> ${url} </url></mirror></mirrors></settings>`;

  it("is the environment's choice, then the mirror of Maven's settings, never that of another repository, and is asked for where nobody names it", () => {
    const settings = [mirror("external:http:*", "https://blocked.example"), mirror("central", "https://mirror.example/maven/")];
    expect(repositoryUrl({ MAVEN_REPOSITORY_URL: "https://chosen.example/" }, settings)).toBe("https://chosen.example");
    expect(repositoryUrl({}, settings)).toBe("https://mirror.example/maven");
    expect(() => repositoryUrl({ MAVEN_HOME: "/nowhere" }, [mirror("other", "https://other.example")])).toThrow(/MAVEN_REPOSITORY_URL/);
  });
});
