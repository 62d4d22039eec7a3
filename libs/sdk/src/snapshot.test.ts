import { describe, expect, it } from "vitest";
import { MAX_SNAPSHOT_CHARS, snapshot } from "./snapshot.ts";

describe("a value that is longer than is taken of it", () => {
  it("ends at white space, so that no half of a secret is left", () => {
    const head = "word ".repeat(MAX_SNAPSHOT_CHARS / 5 - 1);
    const { text, cut, bytes } = snapshot(`${head}secret-that-goes-beyond-the-bound`);
    expect(text).toBe(head);
    expect({ cut, bytes }).toEqual({ cut: true, bytes: head.length + "secret-that-goes-beyond-the-bound".length });
  });

  it("loses 4,096 characters of a longer word, and no more", () => {
    expect(snapshot(`a ${"x".repeat(MAX_SNAPSHOT_CHARS)}`).text).toHaveLength(MAX_SNAPSHOT_CHARS - 4_096);
  });

  it("costs the agent a moment, even where it is one word", () => {
    const start = process.cpuUsage().user;
    snapshot("x".repeat(2 * MAX_SNAPSHOT_CHARS));
    // A few milliseconds; ten seconds, where a pattern is tried anew from every character.
    expect(process.cpuUsage().user - start).toBeLessThan(2_000_000);
  });
});
