import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framedBytes, readFrames, unpackRow, writeFrame } from "./framing.ts";

const record = fc.record({ key: fc.string({ unit: "binary", maxLength: 40 }), value: fc.uint8Array({ maxLength: 200 }) });

function pack(records: readonly { key: string; value: Uint8Array }[]): Buffer {
  const row = Buffer.alloc(records.reduce((sum, one) => sum + framedBytes(one), 0));
  let at = 0;
  records.forEach((one, delta) => (at = writeFrame(row, at, delta, one).end));
  expect(at).toBe(row.length);
  return row;
}

describe("row framing", () => {
  it("gives back keys and values of any bytes", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (records) => {
        const frames = readFrames(pack(records));
        // Lone surrogates have no UTF-8; the encoder's replacement is what every backend stores.
        expect(frames.map(({ key, value }) => ({ key, value }))).toEqual(records.map(({ key, value }) => ({ key: Buffer.from(key).toString(), value })));
      }),
    );
  });

  it("gives the part of a row that lies between a position and an end", () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), fc.nat(40), fc.nat(40), (records, position, until) => {
        const row = { base: 10, timestampMs: 5, payload: pack(records) };
        const offsets = unpackRow("actions", 2, row, position, until).map(({ offset }) => offset);
        expect(offsets).toEqual(records.map((_, delta) => 10 + delta).filter((offset) => offset >= position && offset < until));
      }),
    );
  });

  it("refuses a row that ends inside a frame", () => {
    const row = pack([{ key: "acme/a", value: new Uint8Array(50) }]);
    expect(() => readFrames(row.subarray(0, row.length - 1))).toThrow(RangeError);
    expect(() => readFrames(row.subarray(0, 5))).toThrow(RangeError);
  });
});
