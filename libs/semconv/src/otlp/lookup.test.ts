import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ATTRIBUTES } from "../semconv.ts";
import { AttributeTable } from "./attribute-table.ts";
import { rangeBuffer } from "./slices.ts";
import { StringCache } from "./string-cache.ts";

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

describe("the attribute table", () => {
  it("finds every name by its bytes, wherever they lie", () => {
    for (const name of ATTRIBUTES.names) {
      const bytes = new TextEncoder().encode(`??${name}!`);
      expect(ATTRIBUTES.slotAt(viewOf(bytes), 2, bytes.length - 1)).toBe(ATTRIBUTES.slotOf(name));
    }
  });

  it("never takes another key for a name: one byte changed, cut or added", () => {
    const near = fc.tuple(fc.constantFrom(...ATTRIBUTES.names), fc.nat(), fc.integer({ min: 0, max: 127 }), fc.constantFrom("change", "cut", "add")).map(([name, at, code, how]) => {
      const place = at % name.length;
      if (how === "cut") return name.slice(0, place) + name.slice(place + 1);
      return name.slice(0, place) + String.fromCharCode(code) + name.slice(how === "add" ? place : place + 1);
    });
    fc.assert(
      fc.property(near, (key) => {
        const bytes = new TextEncoder().encode(key);
        expect(ATTRIBUTES.slotAt(viewOf(bytes), 0, bytes.length)).toBe(ATTRIBUTES.slotOf(key));
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses names that it could not tell apart or hold", () => {
    expect(() => new AttributeTable(["abc"])).toThrow(RangeError);
    expect(() => new AttributeTable(Array.from({ length: 1_025 }, (_, i) => `name.${i}`))).toThrow(RangeError);
    expect(new AttributeTable(Array.from({ length: 1_024 }, (_, i) => `name.${i}`)).slotOf("name.1023")).toBe(1_023);
  });
});

describe("the string cache", () => {
  it("gives what plain decoding gives, however often texts push one another out", () => {
    const cache = new StringCache();
    const texts = fc.array(fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: "binary", maxLength: 30 }), fc.constantFrom("run_shell", "read_file")), { maxLength: 40 });
    fc.assert(
      fc.property(fc.oneof(texts.map((list) => list.map((one) => Buffer.from(one))), fc.array(fc.uint8Array({ maxLength: 50 }).map((one) => Buffer.from(one)), { maxLength: 40 })), (list) => {
        for (const bytes of list) expect(cache.text(rangeBuffer(bytes), viewOf(bytes), 0, bytes.length)).toBe(bytes.toString("utf8"));
      }),
      { numRuns: 500 },
    );
  });
});
