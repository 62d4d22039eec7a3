/** Replies in the encoding of the request: ExportXServiceResponse, or google.rpc.Status for errors. */
import { ERRORS, type ErrorCode } from "@tripline/model";
import type { Signal } from "@tripline/semconv";
import type { Encoding } from "./batch.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const MEDIA_TYPES: Readonly<Record<Encoding, string>> = { protobuf: "application/x-protobuf", json: "application/json" };
const encoder = new TextEncoder();

/** 200; with `rejected` > 0 a partial success, which clients must not send again. */
export function success(signal: Signal, encoding: Encoding, rejected: number, message: string): Reply {
  const headers = { "content-type": MEDIA_TYPES[encoding] };
  if (encoding === "json") {
    const count = signal === "trace" ? "rejectedSpans" : "rejectedLogRecords";
    const body = rejected === 0 ? {} : { partialSuccess: { [count]: String(rejected), errorMessage: message } };
    return { status: 200, headers, body: encoder.encode(JSON.stringify(body)) };
  }
  // partial_success = 1 { rejected = 1 (int64), error_message = 2 }
  const body = rejected === 0 ? new Uint8Array() : field(1, Buffer.concat([Buffer.from([0x08]), varint(rejected), field(2, encoder.encode(message))]));
  return { status: 200, headers, body };
}

/** An error of the table. The message names no value of the request. */
export function failure(code: ErrorCode, encoding: Encoding, retryAfterMs: number | null): Reply {
  const { status, text, next } = ERRORS[code];
  const message = `${code}: ${text} ${next}`;
  const headers: Record<string, string> = { "content-type": MEDIA_TYPES[encoding] };
  if (retryAfterMs !== null) headers["retry-after"] = String(Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  if (status === 401) headers["www-authenticate"] = "Bearer";
  const rpc = RPC_CODES.get(status) ?? RPC_UNKNOWN;
  const body = encoding === "json" ? encoder.encode(JSON.stringify({ code: rpc, message })) : Buffer.concat([Buffer.from([0x08, rpc]), field(2, encoder.encode(message))]);
  return { status, headers, body };
}

const RPC_UNKNOWN = 2;
/** HTTP status to google.rpc.Code. */
const RPC_CODES: ReadonlyMap<number, number> = new Map([
  [400, 3],
  [401, 16],
  [404, 5],
  [405, 12],
  [413, 8],
  [415, 3],
  [429, 8],
  [503, 14],
]);

function field(number: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([number * 8 + 2]), varint(payload.length), payload]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
