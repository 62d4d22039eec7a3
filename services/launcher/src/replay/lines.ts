/** Lines of a file, plain or gzip, in runs; memory is bounded by the longest line that is read. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import type { Readable } from "node:stream";
import { TriplineError } from "@tripline/model";

/** Longest line read, in characters: what the collector takes in one request. Longer ones are counted and passed by. */
export const LINE_CHARS = 4_194_304;
const CHUNK_BYTES = 262_144;

export interface Reading {
  /** Told the bytes of the file that have been read, as they lie on disk. */
  bytes(count: number): void;
  tooLong(): void;
}

/** Runs of whole lines without their ends; empty lines are left out. @throws TL_INPUT_INVALID for a file that cannot be read to its end */
export async function* linesOf(path: string, reading: Reading): AsyncGenerator<readonly string[]> {
  const packed = await isGzip(path);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  file.on("data", (chunk) => reading.bytes(chunk.length));
  file.pause();
  const stream: Readable = packed ? file.pipe(createGunzip()) : file;
  file.on("error", (error) => stream.destroy(error));
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  let skipping = false;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (skipping && lines.length > 0) {
        lines.shift();
        skipping = false;
      }
      if (rest.length > LINE_CHARS || skipping) {
        if (!skipping) reading.tooLong();
        skipping = true;
        rest = "";
      }
      if (lines.length > 0) yield lines.filter((line) => line !== "");
    }
  } catch {
    throw new TriplineError("TL_INPUT_INVALID", `--from: ${path} cannot be read to its end.`);
  } finally {
    file.destroy();
  }
  if (rest !== "" && !skipping) yield [rest];
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (file === null) throw new TriplineError("TL_INPUT_INVALID", `--from: ${path} cannot be opened.`);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
