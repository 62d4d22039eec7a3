import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSlabs, SLAB_BYTES, SLABS_KEPT, type SlabWriter } from "./slabs.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.tuple(fc.constantFrom("a", "é", "✓", "𝄞", "\ud800"), fc.integer({ min: 1, max: 60_000 })).map(([unit, count]) => unit.repeat(count)),
);

const put = (writer: SlabWriter, value: string) => writer.write(value.length * 3, (into, at) => at + into.write(value, at))!;

describe("slabs", () => {
  it("hold every text of a request as UTF-8, side by side, until it is released", () => {
    const slabs = createSlabs();
    fc.assert(
      fc.property(fc.array(fc.array(text, { maxLength: 12 }), { maxLength: 4 }), (requests) => {
        const open = requests.map((texts) => {
          const writer = slabs.open();
          return { writer, texts, written: texts.map((one) => put(writer, one)) };
        });
        for (const { texts, written } of open) expect(written.map((bytes) => Buffer.from(bytes).toString())).toEqual(texts.map((one) => one.toWellFormed()));
        for (const { writer } of open) writer.release();
      }),
      { numRuns: 40 },
    );
  });

  it("are used again once released, and not before", () => {
    const slabs = createSlabs();
    const first = slabs.open();
    const held = put(first, "first");
    expect(put(slabs.open(), "second").buffer).not.toBe(held.buffer);
    first.release();
    first.release();
    const third = put(slabs.open(), "third");
    expect(third.buffer).toBe(held.buffer);
    expect(put(slabs.open(), "fourth").buffer).not.toBe(third.buffer);
  });

  it("keep nothing of what its writer gives up", () => {
    const writer = createSlabs().open();
    const kept = put(writer, "kept");
    expect(writer.write(10, () => -1)).toBeNull();
    expect(writer.write(SLAB_BYTES + 1, () => -1)).toBeNull();
    expect(put(writer, "next").byteOffset).toBe(kept.byteOffset + kept.length);
  });

  it("are kept up to their bound and not beyond", () => {
    const slabs = createSlabs();
    const writer = slabs.open();
    const memory = new Set(Array.from({ length: SLABS_KEPT + 5 }, () => put(writer, "x".repeat(SLAB_BYTES / 3)).buffer));
    expect(memory.size).toBe(SLABS_KEPT + 5);
    writer.release();
    const again = slabs.open();
    const found = Array.from({ length: SLABS_KEPT + 5 }, () => put(again, "x".repeat(SLAB_BYTES / 3)).buffer);
    expect(found.filter((one) => memory.has(one)).length).toBe(SLABS_KEPT);
  });
});
