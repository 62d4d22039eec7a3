/**
 * One end of a log, in a process of its own: a writer or a reader, of Tripline's event log (`packed`) or of kafkajs by itself, which
 * stores one event per record. Both move the same records in the same batches, and look at nothing but their length.
 */
import { createInterface } from "node:readline";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { openEventLog } from "@tripline/event-log";
import type { Topic } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import kafkajs from "kafkajs";
import { type CorpusBatch, readCorpus } from "./corpus.ts";

export type SideKind = "packed" | "kafkajs" | "kafkajs-zstd";

/** First argument. */
export interface SideSetup {
  readonly kind: SideKind;
  readonly role: "writer" | "reader";
  readonly brokers: readonly string[];
  /** Of Tripline's log. */
  readonly topicPrefix: string;
  /** kafkajs's, which is there already. */
  readonly topic: string;
  readonly partitions: number;
  readonly corpusFile: string;
}

/** Ends once this many records were written, or read since the process began. */
export interface SideTask {
  readonly records: number;
}

export interface SideAnswer {
  readonly records: number;
  readonly bytes: number;
}

/** Batches on their way at a time, as the load has requests. */
const AT_ONCE = 16;
const GROUP = "bench";

const setup = JSON.parse(process.argv[2] ?? "") as SideSetup;

type Write = (batch: CorpusBatch) => Promise<unknown>;

async function packedLog() {
  const { brokers, topicPrefix, partitions, role } = setup;
  return openEventLog({ kind: "kafka", brokers, clientId: role, topicPrefix, partitions, replicationFactor: 1 }, { metrics: createMetrics(), clock: () => Date.now() });
}

function kafkaClient(): InstanceType<typeof kafkajs.Kafka> {
  const { Kafka, logLevel, CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
  });
  return new Kafka({ brokers: [...setup.brokers], clientId: setup.role, logLevel: logLevel.ERROR });
}

async function openWriter(): Promise<Write> {
  if (setup.kind === "packed") {
    const log = await packedLog();
    return ({ key, values }) => log.append("actions", values.map((value) => ({ key, value })));
  }
  const producer = kafkaClient().producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const { CompressionTypes } = kafkajs;
  const compression = setup.kind === "kafkajs" ? CompressionTypes.None : CompressionTypes.ZSTD;
  return ({ key, values }) => producer.send({ topic: setup.topic, acks: -1, compression, messages: values.map((value) => ({ key, value: value as Buffer })) });
}

async function openReader(take: (bytes: number) => void): Promise<void> {
  if (setup.kind === "packed") {
    const log = await packedLog();
    await log.consume(GROUP, ["actions"], {
      assigned: async () => new Map<Topic, number>(),
      batch: async (records) => records.forEach(({ value }) => take(value.byteLength)),
      revoked: async () => undefined,
    });
    return;
  }
  const consumer = kafkaClient().consumer({ groupId: `${setup.topic}-${GROUP}` });
  await consumer.connect();
  await consumer.subscribe({ topic: setup.topic, fromBeginning: true });
  const joined = new Promise<void>((resolve) => void consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({ eachBatch: async ({ batch }) => batch.messages.forEach(({ value }) => take(value?.byteLength ?? 0)) });
  await joined;
}

async function writer(): Promise<(task: SideTask) => Promise<SideAnswer>> {
  const batches = readCorpus(setup.corpusFile).map(({ key, values }) => ({ key, values: values.map((value) => Buffer.from(value)) }));
  const write = await openWriter();
  return async ({ records: wanted }) => {
    let [next, records, bytes] = [0, 0, 0];
    const worker = async (): Promise<void> => {
      while (records < wanted) {
        const batch = batches[next++ % batches.length];
        if (batch === undefined) throw new RangeError("an empty corpus");
        records += batch.values.length;
        bytes += batch.values.reduce((sum, value) => sum + value.byteLength, 0);
        await write(batch);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return { records, bytes };
  };
}

async function reader(): Promise<(task: SideTask) => Promise<SideAnswer>> {
  let [records, bytes] = [0, 0];
  let whole = { at: Number.POSITIVE_INFINITY, resolve: (): void => undefined };
  await openReader((size) => {
    records += 1;
    bytes += size;
    if (records === whole.at) whole.resolve();
  });
  return async ({ records: at }) => {
    if (records < at) await new Promise<void>((resolve) => (whole = { at, resolve }));
    return { records, bytes };
  };
}

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const run = await (setup.role === "writer" ? writer() : reader());
say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) say(await run(JSON.parse(line) as SideTask));
process.exit();
