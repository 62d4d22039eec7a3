/** Frames of the decide API's socket: four bytes of length, the most significant first, then so many bytes of JSON. */
export const LENGTH_BYTES = 4;

/** Null: a frame is longer than it may be, and nothing after it can be found. */
export type Take = (chunk: Buffer) => Buffer[] | null;

/** Cuts a stream into frames. What has come of an unfinished one is kept as it came, so that many small chunks cost no more than one. */
export function frameReader(maxBytes: number): Take {
  let chunks: Buffer[] = [];
  let held = 0;
  let needed = LENGTH_BYTES;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    if (held < needed) return [];
    const frames: Buffer[] = [];
    const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks, held);
    let at = 0;
    for (;;) {
      if (bytes.length - at < LENGTH_BYTES) {
        needed = LENGTH_BYTES;
        break;
      }
      const length = bytes.readUInt32BE(at);
      if (length > maxBytes) return null;
      needed = LENGTH_BYTES + length;
      if (bytes.length - at < needed) break;
      frames.push(bytes.subarray(at + LENGTH_BYTES, at + needed));
      at += needed;
    }
    held = bytes.length - at;
    chunks = held === 0 ? [] : [bytes.subarray(at)];
    return frames;
  };
}

export function frameOf(body: unknown): Buffer {
  const text = JSON.stringify(body);
  const bytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + bytes);
  frame.writeUInt32BE(bytes, 0);
  frame.write(text, LENGTH_BYTES, "utf8");
  return frame;
}
