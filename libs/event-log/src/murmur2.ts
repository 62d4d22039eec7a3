/**
 * The partitioner of Kafka's Java client (murmur2 of the key's UTF-8 bytes, sign bit cleared, modulo), so that a key has the
 * same partition whichever backend or client wrote it. Moving a deployment to Kafka therefore moves no key.
 */
const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const R = 24;

/** Signed 32-bit murmur2 of bytes, as Kafka computes it. */
export function murmur2(data: Uint8Array): number {
  const length = data.length;
  let h = SEED ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = byteAt(data, i) | (byteAt(data, i + 1) << 8) | (byteAt(data, i + 2) << 16) | (byteAt(data, i + 3) << 24);
    k = Math.imul(k, M);
    k ^= k >>> R;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  // The tail bytes fall through in the original: third, second, first.
  const rest = length - whole;
  if (rest >= 3) h ^= byteAt(data, whole + 2) << 16;
  if (rest >= 2) h ^= byteAt(data, whole + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ byteAt(data, whole), M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}

const byteAt = (data: Uint8Array, index: number): number => data[index] ?? 0;

// Keys are `tenant/agent`, bounded by the model; longer ones take the allocating path.
const SCRATCH_BYTES = 4_096;
const scratch = new Uint8Array(SCRATCH_BYTES);
const encoder = new TextEncoder();

/** Partition of a key, 0 to `partitions` - 1. */
export function partitionOf(key: string, partitions: number): number {
  if (key !== lastKey) {
    lastHash = murmur2(keyBytes(key)) & 0x7fffffff;
    lastKey = key;
  }
  return lastHash % partitions;
}

// Records of one agent come together.
let lastKey = "";
let lastHash = murmur2(new Uint8Array()) & 0x7fffffff;

function keyBytes(key: string): Uint8Array {
  if (key.length * 3 > SCRATCH_BYTES) return encoder.encode(key);
  return scratch.subarray(0, encoder.encodeInto(key, scratch).written);
}
