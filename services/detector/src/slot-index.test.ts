import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_TOGETHER, NO_SLOT, SlotIndex } from "./slot-index.ts";

describe("the index of slots", () => {
  it("finds what a Map would find, whatever was added and removed, also when both buckets of a key are full", () => {
    const operation = fc.record({ key: fc.nat(60), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), fc.constantFrom(1, 8, 1_000), fc.integer(), (operations, slots, seed) => {
        // Made for one slot it has a single bucket: most of sixty keys overflow.
        const index = new SlotIndex(slots, Int32Array.of(seed, ~seed));
        const model = new Map<string, number>();
        for (const { key, remove } of operations) {
          const name = `tenant/agent-${key}`;
          if (remove) {
            index.remove(key);
            model.delete(name);
          } else if (!model.has(name)) {
            index.add(name, key);
            model.set(name, key);
          }
          expect(index.size).toBe(model.size);
        }
        const names = Array.from({ length: 61 }, (_, key) => `tenant/agent-${key}`);
        const found: number[] = [];
        index.findAll(names, found);
        expect(found).toEqual(names.map((name) => model.get(name) ?? NO_SLOT));
        expect(names.map((name) => index.find(name))).toEqual(found);
        expect(names.map((_, key) => index.keyOf(key))).toEqual(names.map((name) => (model.has(name) ? name : undefined)));
      }),
    );
  });

  it("tells keys apart that are equal but for one character, under any seed", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40, unit: "binary" }), fc.string({ maxLength: 40 }), fc.integer(), (one, other, seed) => {
        const index = new SlotIndex(4, Int32Array.of(seed, 1));
        index.add(one, 3);
        // Same characters, another string object.
        expect(index.find(Buffer.from(one, "utf16le").toString("utf16le"))).toBe(3);
        expect(index.find(`${one}\u0000`)).toBe(NO_SLOT);
        expect(index.find(other)).toBe(one === other ? 3 : NO_SLOT);
      }),
    );
  });

  it("looks up more keys than it reads ahead at once", () => {
    const keys = Array.from({ length: 3 * MAX_TOGETHER + 1 }, (_, slot) => `t/${slot}`);
    const index = new SlotIndex(keys.length);
    for (const [slot, key] of keys.entries()) index.add(key, slot);
    const found: number[] = [];
    index.findAll(keys, found);
    expect(found).toEqual(keys.map((_, slot) => slot));
  });
});
