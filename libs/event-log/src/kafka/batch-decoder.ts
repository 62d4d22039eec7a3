/** Reading Kafka's record batches (format v2), with a bound on what compression may hide, and a reason for each that cannot be read. */
import { constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { Topic } from "@tripline/model";
import type { LogRecord } from "../event-log.ts";
import { BATCH_HEADER_BYTES } from "./batch-encoder.ts";
import { crc32c } from "./crc32c.ts";
import { KAFKA_LIMITS } from "./options.ts";

/** Before the length field ends: offset (8) and length (4). */
const PREFIX_BYTES = 12;
const MAGIC = 2;
const CODECS = { none: 0, gzip: 1, zstd: 4 } as const;
const CODEC_MASK = 0x07;
const LOG_APPEND_TIME = 0x08;
const CONTROL = 0x20;
/** 8 MiB: what a decoder must reserve for a batch. */
const ZSTD_WINDOW_LOG = 23;

/** One batch as it came from a broker: a view of its bytes, checked for completeness only. */
export interface RawBatch {
  readonly bytes: Buffer;
  readonly baseOffset: number;
  /** The offset after its last record, also where compaction removed that one. */
  readonly nextOffset: number;
}

/** `damaged`: the bytes are not those that were written. The others are as written, and nobody can read them. */
export type Unreadable = "damaged" | "old-format" | "unknown-codec" | "too-large" | "malformed";
export type Decoded = { readonly kind: "records"; readonly records: readonly LogRecord[] } | { readonly kind: "unreadable"; readonly reason: Unreadable };

/** The whole batches of a record set; an unfinished last one is cut off, as brokers send it. */
export function splitBatches(recordSet: Buffer): RawBatch[] {
  const batches: RawBatch[] = [];
  for (let at = 0; at + PREFIX_BYTES <= recordSet.length; ) {
    const end = at + PREFIX_BYTES + recordSet.readInt32BE(at + 8);
    if (end <= at + PREFIX_BYTES || end > recordSet.length) break;
    const bytes = recordSet.subarray(at, end);
    const baseOffset = Number(bytes.readBigInt64BE(0));
    // In the old format a batch has no last offset; it is told as unreadable, and stepped over by one.
    const lastDelta = bytes.length >= BATCH_HEADER_BYTES && bytes[16] === MAGIC ? bytes.readInt32BE(23) : 0;
    batches.push({ bytes, baseOffset, nextOffset: baseOffset + lastDelta + 1 });
    at = end;
  }
  return batches;
}

/** Records of a batch from `position` on; none for a control batch, which transactions of others may leave behind. */
export function decodeBatch(topic: Topic, partition: number, { bytes, baseOffset }: RawBatch, position: number): Decoded {
  if (bytes.length < BATCH_HEADER_BYTES || bytes[16] !== MAGIC) return { kind: "unreadable", reason: "old-format" };
  if (crc32c(bytes, 21, bytes.length) !== bytes.readUInt32BE(17)) return { kind: "unreadable", reason: "damaged" };
  const attributes = bytes.readInt16BE(21);
  if ((attributes & CONTROL) !== 0) return { kind: "records", records: [] };
  const payload = unpack(attributes & CODEC_MASK, bytes.subarray(BATCH_HEADER_BYTES));
  if (typeof payload === "string") return { kind: "unreadable", reason: payload };
  const appendTime = (attributes & LOG_APPEND_TIME) !== 0;
  const baseTimestampMs = Number(bytes.readBigInt64BE(appendTime ? 35 : 27));
  try {
    const reader = new RecordReader(payload);
    const records: LogRecord[] = [];
    for (let left = bytes.readInt32BE(57); left > 0; left--) {
      const record = reader.next();
      const offset = baseOffset + record.offsetDelta;
      if (offset < position) continue;
      const timestampMs = appendTime ? baseTimestampMs : baseTimestampMs + record.timestampDelta;
      records.push({ topic, partition, offset, key: record.key, timestampMs, value: record.value });
    }
    return { kind: "records", records };
  } catch (error) {
    if (error instanceof RangeError) return { kind: "unreadable", reason: "malformed" };
    throw error;
  }
}

function unpack(codec: number, body: Buffer): Buffer | Unreadable {
  const bound = { maxOutputLength: KAFKA_LIMITS.decodedBatchBytes };
  try {
    if (codec === CODECS.none) return body.length > bound.maxOutputLength ? "too-large" : body;
    if (codec === CODECS.gzip) return gunzipSync(body, bound);
    if (codec === CODECS.zstd) return zstdDecompressSync(body, { ...bound, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } });
    return "unknown-codec";
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? "too-large" : "malformed";
  }
}

interface RawRecord {
  offsetDelta: number;
  timestampDelta: number;
  key: string;
  value: Uint8Array;
}

/** Throws RangeError when the bytes end too early or say what cannot be. */
class RecordReader {
  readonly #bytes: Buffer;
  #at = 0;
  #key = "";
  #keyStart = 0;
  #keyEnd = -1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): RawRecord {
    const length = this.#varint();
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw new RangeError("record beyond the end of its batch");
    this.#at++;
    const timestampDelta = this.#varint();
    const offsetDelta = this.#varint();
    const key = this.#takeKey(this.#varint());
    const valueLength = Math.max(0, this.#varint());
    if (this.#at + valueLength > end) throw new RangeError("value beyond the end of its record");
    const value = new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, valueLength);
    // Headers, if any, are nothing that we wrote.
    this.#at = end;
    return { offsetDelta, timestampDelta, key, value };
  }

  /** Records of one agent come together: the last key is compared before it is decoded anew. */
  #takeKey(length: number): string {
    if (length < 0) return "";
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError("key beyond the end of its record");
    if (this.#keyEnd >= 0 && this.#bytes.compare(this.#bytes, this.#keyStart, this.#keyEnd, start, this.#at) === 0) return this.#key;
    this.#key = this.#bytes.toString("utf8", start, this.#at);
    this.#keyStart = start;
    this.#keyEnd = this.#at;
    return this.#key;
  }

  /** Zigzag; timestamps may take more than 32 bits, so no bit operations past the first four bytes. */
  #varint(): number {
    let result = 0;
    let factor = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError("batch ends inside a number");
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) return result % 2 === 0 ? result / 2 : -(result + 1) / 2;
      factor *= 128;
    }
    throw new RangeError("number of too many bytes");
  }
}
