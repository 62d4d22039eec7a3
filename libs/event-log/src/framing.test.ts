import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framedBytes, readFrames, unpackRow, writeFrame } from "./framing.ts";

const record = fc.record({ key: fc.string({ unit: "binary", maxLength: 40 }), value: fc.uint8Array({ maxLength: 200 }) });

function pack(records: readonly { key: string; value: Uint8Array }[]): Buffer {
  const row = Buffer.alloc(records.reduce((sum, one) => sum + framedBytes(one), 0));
  let at = 0;
  records.forEach((one, delta) => (at = writeFrame(row, at, delta, one)));
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

  it("stops unpacking at a bound of records or bytes, and always gives one", () => {
    const records = Array.from({ length: 9 }, (_, n) => ({ key: `acme/${n % 2}`, value: new Uint8Array(100) }));
    const row = { base: 10, timestampMs: 5, payload: pack(records) };
    const offsets = (bound: { records: number; bytes: number }) => unpackRow("actions", 2, row, 12, 19, bound).map(({ offset }) => offset);
    expect(offsets({ records: 3, bytes: Infinity })).toEqual([12, 13, 14]);
    expect(offsets({ records: Infinity, bytes: 101 })).toEqual([12, 13]);
    expect(offsets({ records: Infinity, bytes: 1 })).toEqual([12]);
    expect(offsets({ records: 7, bytes: 700 })).toEqual([12, 13, 14, 15, 16, 17, 18]);
  });

  it("refuses a row that ends inside a frame", () => {
    const row = pack([{ key: "acme/a", value: new Uint8Array(50) }]);
    expect(() => readFrames(row.subarray(0, row.length - 1))).toThrow(RangeError);
    expect(() => readFrames(row.subarray(0, 5))).toThrow(RangeError);
    const whole = { base: 0, timestampMs: 0 };
    expect(() => unpackRow("actions", 0, { ...whole, payload: row.subarray(0, row.length - 1) }, 0, 9)).toThrow(RangeError);
    expect(() => unpackRow("actions", 0, { ...whole, payload: row.subarray(0, 5) }, 0, 9)).toThrow(RangeError);
  });
});
