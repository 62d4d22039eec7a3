/**
 * The two requests that carry records, Produce v7 and Fetch v11 (Kafka 2.4 and newer, 4.x included), in the form that kafkajs's
 * connections send. Errors of single partitions are answered, not thrown: kafkajs throws on the first, and takes the others' results
 * along.
 */
import { EncoderClass, type ProtocolRequest } from "./kafkajs-internals.ts";

const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: "Produce" };
const FETCH = { apiKey: 1, apiVersion: 11, apiName: "Fetch" };

export interface ProducePart {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}
export interface ProduceResult {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: number;
  /** -1 where the topic keeps the producer's time. */
  readonly appendTimeMs: number;
}

/** One batch per topic-partition. Acknowledged by all replicas in sync. */
export function produceRequest(parts: readonly ProducePart[], timeoutMs: number): ProtocolRequest<readonly ProduceResult[]> {
  const head = Buffer.alloc(8);
  head.writeInt16BE(-1, 0);
  head.writeInt16BE(-1, 2);
  head.writeInt32BE(timeoutMs, 4);
  const chunks = [head, ...byTopic(parts, (topicParts) => topicParts.flatMap(({ partition, batch }) => [int32(partition), int32(batch.length), batch]))];
  return exchange(PRODUCE, Buffer.concat(chunks), (reader) =>
    reader.topics((topic) => ({ topic, partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.int64(), appendTimeMs: reader.int64(), logStart: reader.int64() })),
  );
}

export interface FetchPart {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}
export interface FetchResult {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly recordSet: Buffer;
}
export interface FetchBounds {
  readonly waitMs: number;
  readonly bytes: number;
  readonly partitionBytes: number;
}

export function fetchRequest(parts: readonly FetchPart[], { waitMs, bytes, partitionBytes }: FetchBounds): ProtocolRequest<readonly FetchResult[]> {
  const head = Buffer.alloc(25);
  head.writeInt32BE(-1, 0);
  head.writeInt32BE(waitMs, 4);
  head.writeInt32BE(1, 8);
  head.writeInt32BE(bytes, 12);
  // Isolation level 0: nobody writes transactions here. No fetch session: id 0, epoch -1.
  head.writeInt32BE(-1, 21);
  const encodePart = ({ partition, offset }: FetchPart): Buffer[] => {
    const part = Buffer.alloc(28);
    part.writeInt32BE(partition, 0);
    part.writeInt32BE(-1, 4);
    part.writeBigInt64BE(BigInt(offset), 8);
    part.writeBigInt64BE(-1n, 16);
    part.writeInt32BE(partitionBytes, 24);
    return [part];
  };
  // After the topics: no forgotten ones, no rack.
  const chunks = [head, ...byTopic(parts, (topicParts) => topicParts.flatMap(encodePart)), int32(0), Buffer.alloc(2)];
  return exchange(FETCH, Buffer.concat(chunks), (reader) => {
    reader.int32();
    const errorCode = reader.int16();
    reader.int32();
    if (errorCode !== 0) throw new RangeError(`Fetch was answered with code ${errorCode}`);
    return reader.topics((topic) => {
      const result = { topic, partition: reader.int32(), errorCode: reader.int16() };
      reader.skip(24);
      // Null where none: a count of -1.
      reader.skip(16 * Math.max(0, reader.int32()));
      reader.int32();
      return { ...result, recordSet: reader.bytes() };
    });
  });
}

function exchange<T>(api: { apiKey: number; apiVersion: number; apiName: string }, payload: Buffer, read: (reader: Reader) => T): ProtocolRequest<T> {
  return {
    request: { ...api, expectResponse: () => true, encode: async () => new EncoderClass().writeBuffer(payload) },
    response: { decode: async (answer) => ({ result: read(new Reader(answer)) }), parse: async (decoded) => (decoded as { result: T }).result },
  };
}

function byTopic<T extends { readonly topic: string }>(parts: readonly T[], encode: (parts: readonly T[]) => Buffer[]): Buffer[] {
  const groups = Map.groupBy(parts, ({ topic }) => topic);
  return [int32(groups.size), ...[...groups].flatMap(([topic, topicParts]) => [text(topic), int32(topicParts.length), ...encode(topicParts)])];
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Reads what the protocol is made of; throws RangeError at the end of the bytes. */
class Reader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  int16(): number {
    this.#at += 2;
    return this.#buffer.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#buffer.readInt32BE(this.#at - 4);
  }

  int64(): number {
    this.#at += 8;
    return Number(this.#buffer.readBigInt64BE(this.#at - 8));
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    this.#at += length;
    if (this.#at > this.#buffer.length) throw new RangeError("answer ends too early");
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  /** An array of topics, each with an array of partitions; one result per partition. */
  topics<T>(partition: (topic: string) => T): T[] {
    const results: T[] = [];
    for (let topics = this.int32(); topics > 0; topics--) {
      const length = this.int16();
      this.#at += length;
      const topic = this.#buffer.toString("utf8", this.#at - length, this.#at);
      for (let partitions = this.int32(); partitions > 0; partitions--) results.push(partition(topic));
    }
    return results;
  }
}
