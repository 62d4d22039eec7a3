import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STRIDE_BYTES } from "../layout.ts";
import { BLOCK_BYTES, newBlock, OLDER_BYTES } from "./block.ts";
import { HabitBlocks } from "./blocks.ts";
import { mix } from "./counts.ts";
import { isKnownName, learnName } from "./names.ts";

const NAMES = 900;

describe("blocks side by side", () => {
  it("are each its own slot's, zero when new, and gone when freed, in whatever order agents come and go", () => {
    const slots = fc.array(fc.record({ slot: fc.integer({ min: 0, max: 700 }), isFreed: fc.boolean(), byte: fc.integer({ min: 1, max: 255 }) }), { maxLength: 200 });
    fc.assert(
      fc.property(slots, (steps) => {
        const blocks = new HabitBlocks();
        const expected = new Map<number, number>();
        for (const { slot, isFreed, byte } of steps) {
          if (isFreed) {
            blocks.free(slot);
            expected.delete(slot);
            continue;
          }
          const { u8, makeOlder } = blocks.of(slot);
          expect(u8.every((one) => one === (expected.get(slot) ?? 0))).toBe(true);
          u8.fill(byte);
          if (byte % 2 === 0) makeOlder().fill(byte);
          expected.set(slot, byte);
        }
        for (let slot = 0; slot <= 700; slot += 1) expect(blocks.has(slot)).toBe(expected.has(slot));
        for (const [slot, byte] of expected) expect(blocks.of(slot).u8.every((one) => one === byte)).toBe(true);
        expect(blocks.bytes % OLDER_BYTES).toBe((expected.size * BLOCK_BYTES) % OLDER_BYTES);
      }),
      { numRuns: 30 },
    );
  });

  it("remember an older generation of names as a block of its own memory does, and take its room only then", () => {
    const blocks = new HabitBlocks();
    const own = newBlock();
    for (let at = 0; at < NAMES; at += 1) {
      // A view of its own each time, as each action asks for it.
      learnName(blocks.of(3), mix(at, 1));
      learnName(own, mix(at, 1));
      if (at === 400) expect(blocks.bytes).toBe(BLOCK_BYTES);
    }
    expect(blocks.bytes).toBe(BLOCK_BYTES + OLDER_BYTES);
    expect(blocks.of(3).u8).toEqual(own.u8);
    expect(blocks.of(3).older).toEqual(own.older);
    for (let at = 0; at < NAMES; at += 1) expect(isKnownName(blocks.of(3), mix(at, 1))).toBe(true);
    blocks.free(3);
    expect(blocks.of(3).older).toBeNull();
  });

  it("with the agent's baseline leave room within 4 KiB for what it is found by", () => {
    expect(STRIDE_BYTES + BLOCK_BYTES).toBeLessThanOrEqual(4_096 - 500);
  });
});
