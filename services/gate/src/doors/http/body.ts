/** The body of a request as it is judged and as it is sent: the same bytes, decompressed, and readable or not. */
import type { IncomingMessage } from "node:http";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { TriplineError } from "@tripline/model";
import type { GateLimits } from "../../limits.ts";
import { headerOf, type HeaderList } from "./message.ts";

/** Null where there is none. @throws TL_GATE_INVALID for one that is too large, was cut off or cannot be decompressed */
export async function readBody(request: IncomingMessage, headers: HeaderList, limits: GateLimits): Promise<Buffer | null> {
  const length = headerOf(request.rawHeaders, "content-length");
  if (length === undefined && headerOf(request.rawHeaders, "transfer-encoding") === undefined) return null;
  if (Number(length ?? 0) > limits.bodyBytes) throw tooLarge(limits);
  const raw = await collect(request, limits.bodyBytes, () => tooLarge(limits));
  if (raw === null) return null;
  const coding = headerOf(headers, "content-encoding")?.trim().toLowerCase() ?? "identity";
  return coding === "identity" || coding === "" ? raw : decompress(raw, coding, limits);
}

/** The most that the body of this request may come to. */
export function bodyBound(request: IncomingMessage, headers: HeaderList, limits: Pick<GateLimits, "bodyBytes">): number {
  const length = headerOf(request.rawHeaders, "content-length");
  if (length === undefined) return headerOf(request.rawHeaders, "transfer-encoding") === undefined ? 0 : limits.bodyBytes;
  return headerOf(headers, "content-encoding") === undefined ? Math.min(Number(length), limits.bodyBytes) : limits.bodyBytes;
}

const tooLarge = (limits: GateLimits): TriplineError => new TriplineError("TL_GATE_INVALID", `The body has more than ${limits.bodyBytes} bytes.`);

type Bytes = Pick<IncomingMessage, "on" | "off" | "destroy">;

function collect(source: Bytes, most: number, tooMany: () => TriplineError): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const cutOff = (): void => reject(new TriplineError("TL_GATE_INVALID", "The body was cut off or cannot be decompressed."));
    source.on("data", (part: Buffer) => {
      size += part.length;
      if (size > most) return reject(tooMany());
      parts.push(part);
    });
    source.on("end", () => resolve(size === 0 ? null : parts.length === 1 ? parts[0]! : Buffer.concat(parts, size)));
    source.on("error", cutOff);
    source.on("close", cutOff);
  });
}

const DECOMPRESSORS: Readonly<Record<string, () => NodeJS.ReadWriteStream & { destroy(): unknown }>> = {
  gzip: () => createGunzip(), "x-gzip": () => createGunzip(), deflate: () => createInflate(), br: () => createBrotliDecompress(),
};

async function decompress(raw: Buffer, coding: string, limits: GateLimits): Promise<Buffer | null> {
  const make = Object.hasOwn(DECOMPRESSORS, coding) ? DECOMPRESSORS[coding] : undefined;
  if (make === undefined) throw new TriplineError("TL_GATE_INVALID", "The body's Content-Encoding is none of gzip, deflate and br: it could not be judged.");
  const stream = make();
  try {
    const most = Math.min(limits.bodyBytes, raw.length * limits.inflation);
    const collected = collect(stream as unknown as Bytes, most, () => new TriplineError("TL_GATE_INVALID", "The compressed body grows too much."));
    stream.end(raw);
    return await collected;
  } finally {
    stream.destroy();
  }
}
