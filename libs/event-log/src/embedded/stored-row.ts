/**
 * A row's payload as it lies in the file: compressed where that pays. Records of one agent repeat their names and forms, so that
 * compressing costs less than what SQLite and the kernel then do not have to copy (measured), and the log takes less of the disk.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** Below this the fixed cost of a compression outweighs what it saves. */
const MIN_BYTES = 4_096;
/** Above every row: one is closed at 256 KiB, and then holds at most one record more. */
const MAX_ROW_BYTES = 4 * 1_048_576;
/** Level 1 with a hash table that stays in the processor's first cache, since what repeats is near and long: a quarter less work (measured). */
const PARAMETERS = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_hashLog]: 12, [constants.ZSTD_c_minMatch]: 7 };
/** One buffer for all of a usual row's output, instead of several that are joined. */
const OUTPUT_BYTES = 65_536;

/**
 * Begins every zstd frame, little-endian (RFC 8878 §3.1.1). An uncompressed row begins with the place of its first record in the
 * row, which is below the number of its records: never this much.
 */
const ZSTD_MAGIC = 0xfd2fb528;

/** The same bytes, or fewer. */
export function toStored(payload: Uint8Array): Uint8Array {
  if (payload.byteLength < MIN_BYTES) return payload;
  // Its size told beforehand, zstd takes no more memory than the row needs.
  const compressed = zstdCompressSync(payload, { params: PARAMETERS, pledgedSrcSize: payload.byteLength, chunkSize: OUTPUT_BYTES });
  return compressed.byteLength < payload.byteLength ? compressed : payload;
}

/** What `toStored` was given, in memory of its own. Its checksum must have been checked. Throws where it cannot be decompressed. */
export function fromStored(stored: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  if (stored.byteLength < 4 || view.getUint32(0, true) !== ZSTD_MAGIC) return stored;
  // Copied out of Node's pool, if it came from there: the caller moves the memory to another thread.
  const whole = zstdDecompressSync(stored, { maxOutputLength: MAX_ROW_BYTES });
  return whole.byteLength === whole.buffer.byteLength ? whole : new Uint8Array(whole);
}
