/**
 * Bodies in AWS's own chunks (`aws-chunked`), as its SDKs send streams: taken apart, so that they are judged and signed anew in one piece. Signatures of
 * single chunks are by the client's own key, which means nothing. A checksum that trails becomes a header field, for the service to check.
 */
import { TriplineError } from "@tripline/model";
import { headerOf, type HeaderList } from "./message.ts";

export interface Whole {
  readonly headers: HeaderList;
  readonly body: Buffer | null;
}

const invalid = (detail: string): TriplineError => new TriplineError("TL_GATE_INVALID", `The body's AWS chunks: ${detail}`);

const SIZE = /^([0-9a-f]{1,8})(?:;chunk-signature=[0-9a-f]{64})?$/i;
const MAX_LINE = 256;
const MAX_TRAILERS = 4;
const CHECKSUM = /^(x-amz-checksum-(?:crc32|crc32c|crc64nvme|sha1|sha256)) ?: ?([A-Za-z0-9+/]{1,128}={0,2})$/;
const SIGNATURE = /^x-amz-trailer-signature ?: ?[0-9a-f]{64}$/;
/** Of the chunks alone. */
const FRAMING: ReadonlySet<string> = new Set(["content-encoding", "x-amz-trailer", "x-amz-decoded-content-length", "x-amz-content-sha256"]);

/** AWS's own least size of a chunk makes of the largest body far fewer. */
const MAX_CHUNKS = 4_096;

export const isAwsChunked = (headers: HeaderList): boolean => headerOf(headers, "content-encoding")?.trim().toLowerCase() === "aws-chunked";

export const withoutFraming = (headers: HeaderList): HeaderList => headers.filter((_, at) => !FRAMING.has(headers[at - (at % 2)]!.toLowerCase()));

/** @throws TL_GATE_INVALID where the chunks can be read in more than one way */
export function unchunked(headers: HeaderList, body: Buffer | null): Whole {
  if (headerOf(headers, "x-amz-content-sha256")?.startsWith("STREAMING-") !== true) throw invalid("the request does not say that it has them.");
  if (body === null) throw invalid("there are none.");
  const { parts, size, end } = chunks(body);
  const stated = headerOf(headers, "x-amz-decoded-content-length");
  if (stated !== undefined && stated !== String(size)) throw invalid("they do not have the length that the request states.");
  const checksums = trailers(body, end, headerOf(headers, "x-amz-trailer")?.toLowerCase() ?? null);
  return { headers: [...withoutFraming(headers), ...checksums], body: size === 0 ? null : Buffer.concat(parts, size) };
}

/** `end`: after the line of the last one. */
function chunks(body: Buffer): { readonly parts: readonly Buffer[]; readonly size: number; readonly end: number } {
  const parts: Buffer[] = [];
  let size = 0;
  for (let at = 0; ; ) {
    const { line, next } = lineAt(body, at);
    const length = Number.parseInt(SIZE.exec(line)?.[1] ?? "", 16);
    if (Number.isNaN(length)) throw invalid("a length is none.");
    if (length === 0) return { parts, size, end: next };
    at = next + length + 2;
    if (at > body.length || body[at - 2] !== 0x0d || body[at - 1] !== 0x0a) throw invalid("one is longer or shorter than it says.");
    if (parts.length === MAX_CHUNKS) throw invalid("there are too many.");
    parts.push(body.subarray(next, next + length));
    size += length;
  }
}

/** Only what the request announced. */
function trailers(body: Buffer, from: number, announced: string | null): string[] {
  const found: string[] = [];
  let at = from;
  for (let count = 0; count <= MAX_TRAILERS; count += 1) {
    const { line, next } = lineAt(body, at);
    at = next;
    if (line === "") {
      if (at !== body.length) throw invalid("something follows the last one.");
      if (announced !== null && found[0] !== announced) throw invalid("what the request announces does not trail.");
      return found;
    }
    const [, name = "", value = ""] = CHECKSUM.exec(line) ?? [];
    const isChecksum = name !== "" && name === announced && found.length === 0;
    if (isChecksum) found.push(name, value);
    else if (!SIGNATURE.test(line)) throw invalid("what trails is no checksum that the request announces.");
  }
  throw invalid("too much trails.");
}

function lineAt(body: Buffer, from: number): { readonly line: string; readonly next: number } {
  const end = body.subarray(from, from + MAX_LINE).indexOf("\r\n");
  if (end < 0) throw invalid("a line does not end.");
  return { line: body.toString("latin1", from, from + end), next: from + end + 2 };
}
