/**
 * Many states as one buffer, so that ten thousand of them cross to the store's thread as one move instead of ten thousand
 * copies. Per state `u32 key bytes | u32 value bytes | key (UTF-8) | value`, little-endian; a deletion has no value bytes but
 * the mark below.
 */
import type { StateChange } from "../store.ts";

const HEADER_BYTES = 8;
const DELETED = 0xffffffff;

export function packStates(changes: readonly StateChange[]): ArrayBuffer {
  const keyBytes = changes.map(({ key }) => Buffer.byteLength(key));
  let size = 0;
  changes.forEach(({ value }, index) => (size += HEADER_BYTES + (keyBytes[index] ?? 0) + (value?.byteLength ?? 0)));
  const buffer = new ArrayBuffer(size);
  const bytes = Buffer.from(buffer);
  let at = 0;
  changes.forEach(({ key, value }, index) => {
    at = bytes.writeUInt32LE(keyBytes[index] ?? 0, at);
    at = bytes.writeUInt32LE(value === null ? DELETED : value.byteLength, at);
    at += bytes.write(key, at, "utf8");
    if (value === null) return;
    bytes.set(value, at);
    at += value.byteLength;
  });
  return buffer;
}

/** Values are views of the buffer, not copies. */
export function* unpackStates(buffer: ArrayBuffer): Generator<StateChange> {
  const bytes = Buffer.from(buffer);
  let at = 0;
  while (at < bytes.length) {
    const keyStart = at + HEADER_BYTES;
    const valueStart = keyStart + bytes.readUInt32LE(at);
    const length = bytes.readUInt32LE(at + 4);
    const key = bytes.toString("utf8", keyStart, valueStart);
    at = valueStart + (length === DELETED ? 0 : length);
    yield { key, value: length === DELETED ? null : new Uint8Array(buffer, valueStart, length) };
  }
}
