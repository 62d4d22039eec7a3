import { describe, expect, it } from "vitest";
import { createCommitMemory, STANDING_BYTES } from "./commit-memory.ts";
import { COMMIT_BYTES } from "./committer.ts";

describe("the memory of commits", () => {
  it("is one and the same up to its bound, and a commit's own beyond", () => {
    const memory = createCommitMemory();
    expect(memory.take(1)).toBe(memory.standing);
    expect(memory.take(STANDING_BYTES)).toBe(memory.standing);
    const larger = memory.take(STANDING_BYTES + 1);
    expect(larger).not.toBe(memory.standing);
    expect(larger.byteLength).toBe(STANDING_BYTES + 1);
  });

  it("holds every commit that more than one append can make", () => {
    expect(STANDING_BYTES).toBeGreaterThanOrEqual(2 * COMMIT_BYTES);
  });
});
