/**
 * Kafka's record batch (format v2), written in one go into one buffer. Each event stays a Kafka record of its own, with its own
 * offset, so any Kafka tool reads the topics; what is packed and compressed is the batch. kafkajs builds some twenty objects per
 * record for the same bytes.
 */
import { constants, zstdCompressSync } from "node:zlib";
import type { AppendRecord } from "../event-log.ts";
import { crc32c } from "./crc32c.ts";

export const BATCH_HEADER_BYTES = 61;
const MAGIC = 2;
const CODEC_ZSTD = 4;
/** Smaller ones gain nothing worth the call. */
const COMPRESS_FROM_BYTES = 1_024;
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Five varints of up to five bytes, the attributes, and the header count. */
const RECORD_OVERHEAD_BYTES = 27;

let scratch = Buffer.allocUnsafeSlow(524_288);

/** Most bytes that a record can take in a batch: UTF-8 takes at most three per UTF-16 unit. */
export const recordBound = ({ key, value }: AppendRecord): number => RECORD_OVERHEAD_BYTES + 3 * key.length + value.byteLength;

/** The bytes of one batch; `timestampMs` stands in until the broker puts its own time in. */
export function encodeBatch(records: readonly AppendRecord[], timestampMs: number): Buffer {
  const payload = encodeRecords(records);
  const packed = payload.length < COMPRESS_FROM_BYTES ? null : zstdCompressSync(payload, ZSTD);
  const body = packed !== null && packed.length < payload.length ? packed : payload;
  const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + body.length);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(body === payload ? 0 : CODEC_ZSTD, 21);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(BigInt(timestampMs), 27);
  batch.writeBigInt64BE(BigInt(timestampMs), 35);
  // No producer id: see the README on idempotent producers.
  batch.writeBigInt64BE(-1n, 43);
  batch.writeInt16BE(-1, 51);
  batch.writeInt32BE(-1, 53);
  batch.writeInt32BE(records.length, 57);
  batch.set(body, BATCH_HEADER_BYTES);
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
  return batch;
}

/** A view of memory that the next call overwrites. */
function encodeRecords(records: readonly AppendRecord[]): Buffer {
  const bound = records.reduce((sum, record) => sum + recordBound(record), 0);
  if (scratch.length < bound) scratch = Buffer.allocUnsafeSlow(bound);
  let at = 0;
  let lastKey = "";
  let lastKeyBytes = Buffer.alloc(0);
  records.forEach(({ key, value }, index) => {
    // Records of one agent come together.
    if (key !== lastKey) {
      lastKeyBytes = Buffer.from(key, "utf8");
      lastKey = key;
    }
    const keyLength = lastKeyBytes.length;
    // Attributes, a timestamp delta of 0 and a header count of 0: a byte each.
    const length = 3 + varintBytes(index) + varintBytes(keyLength) + keyLength + varintBytes(value.byteLength) + value.byteLength;
    at = writeVarint(scratch, at, length);
    scratch[at++] = 0;
    scratch[at++] = 0;
    at = writeVarint(scratch, at, index);
    at = writeVarint(scratch, at, keyLength);
    scratch.set(lastKeyBytes, at);
    at = writeVarint(scratch, at + keyLength, value.byteLength);
    scratch.set(value, at);
    at += value.byteLength;
    scratch[at++] = 0;
  });
  return scratch.subarray(0, at);
}

/** Kafka's zigzag varints, of what is never negative here. */
function writeVarint(into: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value * 2;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) into[at++] = (rest & 0x7f) | 0x80;
  into[at++] = rest;
  return at;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value * 2; rest > 0x7f; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
