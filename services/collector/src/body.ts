/** The body of an export request, decompressed, within every bound; or why not. */
import { gunzip } from "node:zlib";
import { promisify } from "node:util";
import type { ErrorCode } from "@tripline/model";
import type { Ticket } from "./admission.ts";
import type { CollectorLimits } from "./limits.ts";

/** A body in hand. Whoever has no more use for its bytes lets go of them: what is held while the disk is awaited becomes old garbage. */
export interface HeldBody {
  readonly ok: true;
  bytes: Uint8Array;
}

export type Body = HeldBody | { readonly ok: false; readonly code: ErrorCode };

export interface BodySource {
  readonly contentLength: number | null;
  readonly contentEncoding: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

const gunzipAsync = promisify(gunzip);
const refuse = (code: ErrorCode): Body => ({ ok: false, code });

/**
 * Reads and decompresses one body. Memory is taken from `ticket` before it is used: never more is held than was granted.
 * Rejects when the client goes away.
 */
export async function readBody(source: BodySource, limits: CollectorLimits, ticket: Ticket): Promise<Body> {
  const encoding = source.contentEncoding.trim().toLowerCase();
  // A list means nested encodings: a bomb in a bomb. Nobody needs it.
  if (encoding !== "" && encoding !== "identity" && encoding !== "gzip") return refuse("TL_INGEST_ENCODING");
  if (source.contentLength !== null && source.contentLength > limits.bodyBytes) return refuse("TL_INGEST_TOO_LARGE");
  if (!ticket.hold(source.contentLength ?? 0)) return refuse("TL_INGEST_OVERLOADED");
  const sent = await collect(source.chunks, limits.bodyBytes, ticket);
  if (!sent.ok || encoding !== "gzip") return sent;
  return decompress(sent.bytes, limits, ticket);
}

async function collect(chunks: AsyncIterable<Uint8Array>, maxBytes: number, ticket: Ticket): Promise<Body> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxBytes) return refuse("TL_INGEST_TOO_LARGE");
    if (!ticket.hold(length)) return refuse("TL_INGEST_OVERLOADED");
    parts.push(chunk);
  }
  return { ok: true, bytes: parts.length === 1 ? parts[0]! : Buffer.concat(parts, length) };
}

/** Off the main thread, and stopped by zlib itself as soon as the output passes its bound. */
async function decompress(bytes: Uint8Array, limits: CollectorLimits, ticket: Ticket): Promise<Body> {
  const byRatio = Math.max(limits.ratioFreeBytes, bytes.length * limits.ratio);
  const maxOutputLength = Math.min(limits.decompressedBytes, byRatio);
  if (!ticket.hold(bytes.length + maxOutputLength)) return refuse("TL_INGEST_OVERLOADED");
  try {
    const output = await gunzipAsync(bytes, { maxOutputLength });
    ticket.hold(output.length);
    return { ok: true, bytes: output };
  } catch (error) {
    if (!isTooLarge(error)) return refuse("TL_INGEST_MALFORMED");
    return refuse(byRatio < limits.decompressedBytes ? "TL_INGEST_RATIO" : "TL_INGEST_TOO_LARGE");
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}
