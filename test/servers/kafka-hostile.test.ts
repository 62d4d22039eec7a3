/** What others may put into our topics, or do to them, and what users configure: told, counted, and never the end of reading. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type EventLog, type EventLogDeps, follow, type KafkaOptions, type LogRecord, openEventLog, type Subscription } from "@tripline/event-log";
import { decode, encode } from "@tripline/model";
import { createMetrics, type Metrics } from "@tripline/runtime";
import kafkajs, { type AclEntry, Kafka, logLevel, type Message } from "kafkajs";
import { makeCertificates, type Certificates } from "./certificates.ts";
import { deleteTopics, type KafkaCluster, requireKafka } from "./kafka.ts";

const installs = await requireKafka("hostile records, TLS and SASL", { ours: true });
const { CompressionCodecs, CompressionTypes } = kafkajs;
const USER = { user: "tripline", password: "passwords-may-have-any-length" };
const text = ({ value }: LogRecord): string => Buffer.from(value).toString("utf8");
let made = 0;

/** Valid Snappy without any compression: literals only. Our readers have no such codec. */
function snappy(payload: Buffer): Buffer {
  const length = Buffer.from([(payload.length & 0x7f) | 0x80, payload.length >> 7]);
  return Buffer.concat([length, Buffer.from([61 << 2, (payload.length - 1) & 0xff, (payload.length - 1) >> 8]), payload]);
}
CompressionCodecs[CompressionTypes.Snappy] = () => ({ compress: async ({ buffer }: { buffer: Buffer }) => snappy(buffer), decompress: async () => Buffer.alloc(0) });

describe.each(installs)("on Kafka $version", (install) => {
  let cluster: KafkaCluster;
  let certificates: Certificates | null;
  beforeAll(async () => {
    certificates = makeCertificates("Kafka over TLS");
    cluster = await install.start(certificates === null ? {} : { secure: { certificates, ...USER } });
  }, 90_000);
  afterAll(() => cluster?.stop(), 60_000);

  async function withLog(run: (tools: { log: EventLog; metrics: Metrics; prefix: string }) => Promise<void>, options: Partial<KafkaOptions> = {}, logger?: EventLogDeps["logger"]): Promise<void> {
    const prefix = `hostile-${made++}.`;
    const metrics = createMetrics();
    const log = await openEventLog({ kind: "kafka", brokers: cluster.brokers, clientId: "hostile", topicPrefix: prefix, replicationFactor: 1, partitions: 2, ...options }, { metrics, clock: () => Date.now(), ...(logger === undefined ? {} : { logger }) });
    try {
      await run({ log, metrics, prefix });
    } finally {
      await log.close();
      await deleteTopics(cluster, prefix);
    }
  }

  const kafka = (): Kafka => new Kafka({ brokers: [...cluster.brokers], clientId: "stranger", logLevel: logLevel.NOTHING });

  async function strangerSends(topic: string, partition: number, messages: Message[], compression = CompressionTypes.None): Promise<void> {
    const producer = kafka().producer({ createPartitioner: () => () => partition });
    await producer.connect();
    await producer.send({ topic, messages, compression });
    await producer.disconnect();
  }

  /** Reads a topic from its start until it has seen `last`. */
  async function readUntil(log: EventLog, topic: "actions" | "actions.dead", last: (record: LogRecord) => boolean): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const subscription = await log.read(topic, { from: "start" }, async (batch) => {
      records.push(...batch);
      if (batch.some(last)) resolve();
    });
    await Promise.race([promise, subscription.done]);
    await subscription.close();
    return records;
  }

  it("reads on behind a batch of an unknown codec and a bomb, and dead-letters both", async () => {
    await withLog(async ({ log, metrics, prefix }) => {
      const [first] = await log.append("actions", [{ key: "acme/a", value: Buffer.from("before") }]);
      const partition = first?.partition ?? 0;
      // Zeros compress to nothing: the brokers' bound on a batch, which is on compressed bytes, does not see them.
      await strangerSends(`${prefix}actions`, partition, [{ key: "x", value: Buffer.alloc(6 * 1_048_576) }], CompressionTypes.GZIP);
      await strangerSends(`${prefix}actions`, partition, ["y", "z"].map((value) => ({ key: "x", value: value.padEnd(100) })), CompressionTypes.Snappy);
      await strangerSends(`${prefix}actions`, partition, [{ key: "acme/a", value: "plain" }], CompressionTypes.GZIP);
      await log.append("actions", [{ key: "acme/a", value: Buffer.from("after") }]);
      const records = await readUntil(log, "actions", (record) => text(record) === "after");
      expect(records.map((record) => [record.offset, text(record)])).toEqual([[0, "before"], [4, "plain"], [5, "after"]]);
      const rendered = await metrics.render();
      expect(rendered).toContain('tripline_event_log_poison_records_total{topic="actions",reason="too-large"} 1');
      expect(rendered).toContain('tripline_event_log_poison_records_total{topic="actions",reason="unknown-codec"} 2');
      const [letter] = await readUntil(log, "actions.dead", () => true);
      const decoded = decode("actions.dead", letter?.value ?? new Uint8Array());
      expect(decoded.ok && decoded.value).toMatchObject({ reason: "TL_RECORD_UNDECODABLE", topic: "actions", payload: "" });
    });
  });

  it("comes to the end behind a transaction's marker and behind a batch that nobody can read, with nothing after them", async () => {
    await withLog(async ({ log, prefix }) => {
      const seen: string[] = [];
      const catchUp = async (): Promise<void> => {
        const followed = await follow(log, "clock", { from: "start" }, (items) => void seen.push(...items.map(({ payload }) => String(payload.atMs))), () => undefined);
        await followed.caughtUp;
        await followed.close();
      };
      const [first] = await log.append("clock", [{ key: "acme", value: encode("clock", { v: 1, atMs: 1 }) }]);
      const partition = first?.partition ?? 0;
      // As tools that mirror topics write.
      const producer = kafka().producer({ transactionalId: prefix, idempotent: true, maxInFlightRequests: 1, createPartitioner: () => () => partition });
      await producer.connect();
      const transaction = await producer.transaction();
      await transaction.send({ topic: `${prefix}clock`, messages: [{ key: "acme", value: Buffer.from(encode("clock", { v: 1, atMs: 2 })) }] });
      await transaction.commit();
      await producer.disconnect();
      await expect.poll(async () => (await log.ends("clock")).get(partition)?.high, { timeout: 10_000 }).toBe(3);
      await catchUp();
      expect(seen).toEqual(["1", "2"]);
      await strangerSends(`${prefix}clock`, partition, [{ key: "x", value: "x".padEnd(100) }], CompressionTypes.Snappy);
      await catchUp();
      expect(seen).toEqual(["1", "2", "1", "2"]);
    });
  }, 30_000);

  it("goes on at the first kept record when retention was faster, and counts what was skipped", async () => {
    await withLog(async ({ log, metrics, prefix }) => {
      const [appended] = await log.append("actions", Array.from({ length: 10 }, (_, n) => ({ key: "acme/a", value: Buffer.from(String(n)) })));
      const partition = appended?.partition ?? 0;
      const admin = kafka().admin();
      await admin.connect();
      await admin.fetchTopicOffsets(`${prefix}actions`);
      await admin.deleteTopicRecords({ topic: `${prefix}actions`, partitions: [{ partition, offset: "6" }] });
      await admin.disconnect();
      const records: LogRecord[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      const subscription = await log.read("actions", { from: new Map([[partition, 2]]), partitions: [partition] }, async (batch) => {
        records.push(...batch);
        if (batch.at(-1)?.offset === 9) resolve();
      });
      await promise;
      await subscription.close();
      expect(records.map(text)).toEqual(["6", "7", "8", "9"]);
      expect(await metrics.render()).toContain('tripline_event_log_skipped_records_total{topic="actions"} 4');
    });
  });

  it("refuses topics that others made with other partitions, or with settings that lose facts", async () => {
    await withLog(async ({ prefix }) => {
      const reopen = (options: Partial<KafkaOptions>): Promise<EventLog> =>
        openEventLog({ kind: "kafka", brokers: cluster.brokers, clientId: "again", topicPrefix: prefix, replicationFactor: 1, partitions: 2, ...options }, { metrics: createMetrics(), clock: () => Date.now() });
      await expect(reopen({ partitions: 3 })).rejects.toMatchObject({ code: "TL_LOG_PARTITIONS" });
      await expect(reopen({ topicPrefix: "many-copies.", replicationFactor: 3 })).rejects.toMatchObject({ code: "TL_LOG_TOPIC_CONFIG" });
      const admin = kafka().admin();
      await admin.connect();
      await admin.alterConfigs({ validateOnly: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: `${prefix}grants`, configEntries: [{ name: "retention.ms", value: "1000" }] }] });
      await admin.disconnect();
      // Brokers take a changed setting over a moment after they confirmed it.
      await vi.waitFor(async () => {
        const outcome = await reopen({}).then((log) => log.close(), (error: unknown) => error);
        expect(outcome).toMatchObject({ code: "TL_LOG_TOPIC_CONFIG" });
        expect(String(outcome)).toContain("grants: ");
      }, { timeout: 10_000, interval: 200 });
    });
  });

  it("refuses appends at once when the queue is full, and in time when no broker answers", async () => {
    await withLog(async ({ log }) => {
      const large = { key: "acme/a", value: new Uint8Array(200_000) };
      const appends = Array.from({ length: 10 }, () => log.append("actions", [large]).then(() => "durable", (error: { code: string }) => error.code));
      const outcomes = await Promise.all(appends);
      expect(outcomes).toContain("TL_LOG_FULL");
      expect(outcomes).toContain("durable");
      const [node] = cluster.nodes;
      node?.pause();
      const startedMs = performance.now();
      const refusal = await log.append("actions", [large]).catch((error: unknown) => error).finally(() => node?.resume());
      expect(refusal).toMatchObject({ code: "TL_LOG_UNAVAILABLE" });
      // Three seconds and what a busy machine adds.
      expect(performance.now() - startedMs).toBeLessThan(10_000);
      await expect(log.append("actions", [large])).resolves.toHaveLength(1);
    }, { queueBytes: 1_000_000, appendTimeoutMs: 3_000 });
  }, 60_000);

  const secure = (sasl: KafkaOptions["sasl"]): Partial<KafkaOptions> => ({ brokers: cluster.secureBrokers, ssl: { ca: certificates?.ca ?? "" }, ...(sasl === undefined ? {} : { sasl }) });
  const token = (name: string): string => [{ alg: "none" }, { sub: name, exp: Math.floor(Date.now() / 1_000) + 300, iat: Math.floor(Date.now() / 1_000) }].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".").concat(".");
  const mechanisms: readonly [string, KafkaOptions["sasl"]][] = [
    ["SCRAM-SHA-256", { mechanism: "scram-sha-256", username: USER.user, password: () => USER.password }],
    ["SCRAM-SHA-512", { mechanism: "scram-sha-512", username: USER.user, password: async () => USER.password }],
    ["OAUTHBEARER", { mechanism: "oauthbearer", token: async () => token("tripline") }],
  ];

  it.each(mechanisms)("appends, reads and joins a group over TLS with %s", async (_, sasl) => {
    if (certificates === null) return;
    await withLog(async ({ log }) => {
      await log.append("actions", [{ key: "acme/a", value: Buffer.from("secret road") }]);
      expect((await readUntil(log, "actions", () => true)).map(text)).toEqual(["secret road"]);
      const { promise, resolve } = Promise.withResolvers<string>();
      const member = await log.consume("readers", ["actions"], { assigned: async () => new Map(), batch: async ([record]) => resolve(record === undefined ? "" : text(record)), revoked: async () => undefined });
      expect(await promise).toBe("secret road");
      await member.close();
    }, secure(sasl));
  });

  const scram = (): Partial<KafkaOptions> => secure({ mechanism: "scram-sha-512", username: USER.user, password: () => USER.password });

  /** Takes rights from our user, and gives them back when `run` has settled. */
  async function denied(what: Pick<AclEntry, "resourceType" | "resourceName" | "operation">, run: () => Promise<void>): Promise<void> {
    const admin = kafka().admin();
    await admin.connect();
    const acl: AclEntry = { ...what, principal: `User:${USER.user}`, host: "*", permissionType: kafkajs.AclPermissionTypes.DENY, resourcePatternType: kafkajs.ResourcePatternTypes.PREFIXED };
    // Where there is any rule, what none allows is forbidden.
    const rest: AclEntry = { ...acl, operation: kafkajs.AclOperationTypes.ALL, permissionType: kafkajs.AclPermissionTypes.ALLOW };
    try {
      await admin.createAcls({ acl: [rest, acl] });
      await run();
    } finally {
      await admin.deleteAcls({ filters: [acl, rest] });
      await admin.disconnect();
    }
  }

  it("reads on when a right that was taken away comes back, and says so, as for a group that cannot be joined", async () => {
    if (certificates === null) return;
    const told: string[] = [];
    const tell = (level: string) => (fields: object) => void told.push(`${level} ${(fields as { what: string }).what}`);
    const logger = { error: tell("error"), warn: tell("warn") } as unknown as NonNullable<EventLogDeps["logger"]>;
    const wait = { timeout: 20_000 };
    await withLog(async ({ log, prefix }) => {
      const seen: string[] = [];
      const append = (value: string) => log.append("actions", [{ key: "acme/a", value: Buffer.from(value) }]);
      const reader = await log.read("actions", { from: "start" }, async (records) => void seen.push(...records.map(text)));
      await append("before");
      await expect.poll(() => seen, wait).toEqual(["before"]);
      await denied({ resourceType: kafkajs.AclResourceTypes.TOPIC, resourceName: prefix, operation: kafkajs.AclOperationTypes.READ }, async () => {
        await expect.poll(() => told, wait).toEqual([`error reading ${prefix}actions`]);
        expect(log.trouble()).toBe(`the brokers refuse reading ${prefix}actions (TOPIC_AUTHORIZATION_FAILED)`);
        await append("meanwhile");
        expect(seen).toEqual(["before"]);
      });
      await expect.poll(() => seen, wait).toEqual(["before", "meanwhile"]);
      expect(told).toEqual([`error reading ${prefix}actions`, `warn reading ${prefix}actions`]);
      expect(log.trouble()).toBeNull();
      await reader.close();
      told.length = 0;
      let joining: Promise<Subscription> | undefined;
      await denied({ resourceType: kafkajs.AclResourceTypes.GROUP, resourceName: prefix, operation: kafkajs.AclOperationTypes.READ }, async () => {
        joining = log.consume("readers", ["actions"], { assigned: async () => new Map(), batch: async () => undefined, revoked: async () => undefined });
        await expect.poll(() => told, wait).toEqual([`error joining the group ${prefix}readers`]);
      });
      const member = await joining;
      expect(told).toEqual([`error joining the group ${prefix}readers`, `warn joining the group ${prefix}readers`]);
      await member?.close();
    }, scram(), logger);
  }, 90_000);

  it("refuses at once to open without the rights for its topics, and names the right; and names a certificate that it does not trust", async () => {
    if (certificates === null) return;
    const open = (options: Partial<KafkaOptions>): Promise<unknown> =>
      openEventLog({ kind: "kafka", clientId: "refused", brokers: cluster.brokers, replicationFactor: 1, partitions: 2, topicPrefix: "forbidden.", ...options }, { metrics: createMetrics(), clock: () => Date.now() }).catch((error: unknown) => error);
    await denied({ resourceType: kafkajs.AclResourceTypes.TOPIC, resourceName: "forbidden.", operation: kafkajs.AclOperationTypes.ALL }, async () => {
      const refusal = await open(scram());
      expect(refusal).toMatchObject({ code: "TL_LOG_REFUSED" });
      expect(String(refusal)).toContain("TOPIC_AUTHORIZATION_FAILED");
    });
    const now = performance.now.bind(performance);
    let asked = 0;
    // As if the first attempt took as long as all may.
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + (asked++ === 0 ? 0 : 40_000));
    const untrusted = await open({ ...scram(), ssl: true }).finally(() => clock.mockRestore());
    expect(untrusted).toMatchObject({ code: "TL_LOG_UNAVAILABLE" });
    expect(String(untrusted)).toMatch(/(SELF_SIGNED|UNABLE_TO)\w+ at 127/u);
  }, 60_000);

  it("says nothing of the password when it is refused", async () => {
    if (certificates === null) return;
    const password = "wrong-and-never-to-be-shown";
    const refusal = await openEventLog(
      { kind: "kafka", clientId: "refused", brokers: cluster.brokers, replicationFactor: 1, ...secure({ mechanism: "scram-sha-512", username: USER.user, password: () => password }) },
      { metrics: createMetrics(), clock: () => Date.now() },
    ).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "TL_LOG_REFUSED" });
    const told: string[] = [];
    for (let error: unknown = refusal; error instanceof Error; error = error.cause) told.push(error.message, error.stack ?? "", JSON.stringify(error));
    expect(told.join("\n")).not.toContain(password);
  });
});

if (installs.length === 0) it.skip("SKIPPED: hostile brokers and batches needs Apache Kafka", () => undefined);
