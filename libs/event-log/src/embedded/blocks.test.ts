import { describe, expect, it } from "vitest";
import { Blocks, FREE_BYTES } from "./blocks.ts";

describe("blocks", () => {
  it("are at least as large as asked, at most twice that, and used again once given back", () => {
    const blocks = new Blocks();
    for (const bytes of [1, 1_024, 1_025, 262_143, 262_145, 600_000]) {
      const block = blocks.take(bytes);
      expect(block.byteLength).toBeGreaterThanOrEqual(bytes);
      expect(block.byteLength).toBeLessThanOrEqual(Math.max(1_024, bytes * 2));
      expect(blocks.take(bytes)).not.toBe(block);
      blocks.give(block);
      expect(blocks.take(bytes)).toBe(block);
    }
  });

  it("are kept free up to their bound and not beyond", () => {
    const blocks = new Blocks();
    const size = 262_144;
    const made = Array.from({ length: FREE_BYTES / size + 3 }, () => blocks.take(size));
    for (const block of made) blocks.give(block);
    const again = made.map(() => blocks.take(size));
    expect(again.filter((block) => made.includes(block)).length).toBe(FREE_BYTES / size);
  });
});
