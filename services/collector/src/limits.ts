/** Bounds of the collector. No key of the configuration sets them: whoever builds a collector may. */
export interface CollectorLimits {
  /** Body as sent. */
  readonly bodyBytes: number;
  /** Body after decompression. */
  readonly decompressedBytes: number;
  /** Decompressed to compressed, above `ratioFreeBytes`. */
  readonly ratio: number;
  readonly ratioFreeBytes: number;
  /** Bodies held at one time, counted at their largest possible size after decompression. */
  readonly bytesInFlight: number;
  readonly requestsInFlight: number;
  readonly connections: number;
  /** Spans or log records of one request. */
  readonly items: number;
  /** Attributes of one item or resource. */
  readonly attributes: number;
  readonly depth: number;
  /** From the first byte of a request to its last; a slower client is cut. */
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly keepAliveMs: number;
  /** What is not durable by then is refused for now. OTLP exporters give up after 10 s unless told otherwise, and would hear nothing. */
  readonly durableMs: number;
  /** Told to clients in Retry-After. */
  readonly retryAfterMs: number;
}

const MEBIBYTE = 1_048_576;

export const COLLECTOR_LIMITS: CollectorLimits = {
  bodyBytes: 4 * MEBIBYTE,
  decompressedBytes: 20 * MEBIBYTE,
  ratio: 100,
  ratioFreeBytes: MEBIBYTE,
  bytesInFlight: 256 * MEBIBYTE,
  requestsInFlight: 256,
  connections: 1_024,
  items: 20_000,
  attributes: 256,
  depth: 32,
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 10_000,
  keepAliveMs: 65_000,
  durableMs: 8_000,
  retryAfterMs: 1_000,
};

/** Characters of one value that are looked at; what lies beyond is cut before redaction, and the value marked as truncated. */
export const VALUE_CHARS = 262_144;
/** Dead letters hold at most this much redacted text, so that its base64 fits the model's bound. */
export const DEAD_PAYLOAD_BYTES = 48_000;
/** Longest time that one request holds the loop before others get a turn. */
export const SLICE_MS = 5;
