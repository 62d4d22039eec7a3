import { describe, expect, it } from "vitest";
import { hashEnd, hashName, hashOn, hashPair, hashStart } from "./sketch.ts";

describe("a name's hash", () => {
  it("is what stored baselines hold", () => {
    expect([hashName("", 0), hashName("read_file\ntool.read", 1), hashName("päth/ü", 5)]).toEqual([2_872_998_923, 4_159_673_486, 1_931_389_076]);
  });

  it("is the same made of pieces", () => {
    for (const text of ["", "a", "read_file\ntool.read", "x".repeat(600)]) {
      for (let cut = 0; cut <= text.length; cut += 7) expect(hashEnd(hashOn(hashOn(hashStart(5), text, 0, cut), text, cut, text.length))).toBe(hashName(text, 5));
    }
    expect(hashPair("volume", "vol-1", 2)).toBe(hashName("volume\nvol-1", 2));
    expect(hashPair("volume", "vol-1", 2)).not.toBe(hashPair("volumevol", "-1", 2));
  });
});
