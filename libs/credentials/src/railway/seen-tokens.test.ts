import { describe, expect, it } from "vitest";
import { createSeenTokens } from "./seen-tokens.ts";

describe("tokens seen in listings", () => {
  it("forgets the least recently seen at the bound", () => {
    const seen = createSeenTokens(3);
    for (const id of ["a", "b", "c", "a", "d"]) seen.add(id);
    expect(["a", "b", "c", "d"].map((id) => seen.has(id))).toEqual([true, false, true, true]);
  });
});
