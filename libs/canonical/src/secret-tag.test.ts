import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { halfSipHash, SECRET_TAGS, secretTagger } from "./secret-tag.ts";

const bytesOf = (hash: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(hash);
  return bytes.toString("hex");
};

describe("HalfSipHash-2-4", () => {
  // The first vectors of the authors' reference implementation: key 00 01 … 07, message 00 01 … of growing length.
  it("gives the authors' values", () => {
    const values = ["a9359f5b", "27475ab8", "fa62a603", "8afee704", "2a6e4689"];
    values.forEach((value, length) => {
      const message = String.fromCharCode(...Array.from({ length }, (_, index) => index));
      expect(bytesOf(halfSipHash(0x03020100, 0x07060504, message)), `${length} bytes`).toBe(value);
    });
  });

  it("hashes a text as its UTF-8 bytes, whatever its characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const asBytes = [...Buffer.from(text)].some((byte) => byte > 0x7f) ? bytewise(text) : halfSipHash(1, 2, text);
        expect(halfSipHash(1, 2, text)).toBe(asBytes);
      }),
    );
  });
});

describe("the tag of a secret", () => {
  const tag = secretTagger(new Uint8Array(32).fill(7));

  it("is the same for the same text and key, below its bound, and another under another key", () => {
    const other = secretTagger(new Uint8Array(32).fill(8));
    const texts = Array.from({ length: 200 }, (_, index) => `token-${index}`);
    for (const text of texts) {
      expect(tag(text)).toBe(tag(text));
      expect(tag(text)).toBeGreaterThanOrEqual(0);
      expect(tag(text)).toBeLessThan(SECRET_TAGS);
    }
    expect(texts.filter((text) => tag(text) === other(text)).length).toBeLessThan(5);
    expect(new Set(texts.map(tag)).size).toBeGreaterThan(190);
  });

  it("is not made with a key that could be guessed", () => {
    expect(() => secretTagger(new Uint8Array(8))).toThrow(RangeError);
  });
});

/** The algorithm once more over bytes, word by word. */
function bytewise(text: string): number {
  const bytes = Buffer.from(text);
  const tail = Buffer.alloc(4);
  bytes.copy(tail, 0, bytes.length & ~3);
  tail[3] = bytes.length & 0xff;
  const words = [...Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readInt32LE(index * 4)), tail.readInt32LE(0)];
  const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
  let [a, b, c, d] = [1, 2, 0x6c796765 ^ 1, 0x74656462 ^ 2];
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i += 1) {
      a = (a + b) | 0;
      c = (c + d) | 0;
      b = rotated(b, 5) ^ a;
      d = rotated(d, 8) ^ c;
      a = (rotated(a, 16) + d) | 0;
      c = (c + b) | 0;
      d = rotated(d, 7) ^ a;
      b = rotated(b, 13) ^ c;
      c = rotated(c, 16);
    }
  };
  for (const word of words) {
    d ^= word;
    rounds(2);
    a ^= word;
  }
  c ^= 0xff;
  rounds(4);
  return b ^ d;
}
