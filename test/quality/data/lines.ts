/** Lines of a file, compressed or not, each within a bound. */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

/** Bounds of what one file may hold. Nothing is measured on a part of a file without saying so. */
export interface LineBounds {
  /** Longer lines are dropped as they stream by, and told as such. */
  readonly lineBytes: number;
  /** Past either of these the file is refused. A small compressed file may inflate to any size. */
  readonly lines: number;
  readonly fileBytes: number;
}

export const LINE_BOUNDS: LineBounds = { lineBytes: 1_048_576, lines: 2_000_000, fileBytes: 2_147_483_648 };

export type Line =
  | { readonly kind: "text"; readonly number: number; readonly text: string }
  | { readonly kind: "unreadable"; readonly number: number; readonly reason: "too-long" | "not-utf8" };

/** Data that cannot be measured at all; its message is for whoever named the data. */
export class DataError extends Error {
  override readonly name = "DataError";
}

const NEWLINE = 0x0a;

/** Every line that is not empty. @throws {DataError} where the file cannot be read to its end within the bounds. */
export async function* linesOf(path: string, bounds: LineBounds = LINE_BOUNDS): AsyncGenerator<Line> {
  const splitter = new Splitter(bounds);
  let bytes = 0;
  try {
    for await (const chunk of bytesOf(path)) {
      bytes += chunk.length;
      if (bytes > bounds.fileBytes) throw new DataError(`${path} holds more than ${bounds.fileBytes} bytes.`);
      yield* splitter.split(chunk);
      if (splitter.number > bounds.lines) throw new DataError(`${path} holds more than ${bounds.lines} lines.`);
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  yield* splitter.end();
}

function bytesOf(path: string): AsyncIterable<Buffer> {
  const file = createReadStream(path);
  if (!path.endsWith(".gz")) return file as AsyncIterable<Buffer>;
  // The callback keeps an error from going unheard; the reader of the inflated stream gets it as well.
  return pipeline(file, createGunzip(), () => {});
}

class Splitter {
  number = 0;
  readonly #bounds: LineBounds;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true });
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(bounds: LineBounds) {
    this.#bounds = bounds;
  }

  *split(chunk: Buffer): Generator<Line> {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, at));
      yield* this.end();
      from = at + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  /** The line gathered so far. */
  *end(): Generator<Line> {
    const [pending, bytes] = [this.#pending, this.#pendingBytes];
    this.#pending = [];
    this.#pendingBytes = 0;
    this.number += 1;
    if (bytes > this.#bounds.lineBytes) yield { kind: "unreadable", number: this.number, reason: "too-long" };
    else if (bytes > 0) yield this.#decoded(Buffer.concat(pending));
  }

  #keep(bytes: Buffer): void {
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > this.#bounds.lineBytes) this.#pending = [];
    else if (bytes.length > 0) this.#pending.push(bytes);
  }

  #decoded(bytes: Buffer): Line {
    try {
      return { kind: "text", number: this.number, text: this.#utf8.decode(bytes) };
    } catch {
      return { kind: "unreadable", number: this.number, reason: "not-utf8" };
    }
  }
}
