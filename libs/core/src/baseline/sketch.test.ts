import { describe, expect, it } from "vitest";
import { hashEnd, hashLanes, hashName, hashOn, hashPair, hashStart } from "./sketch.ts";

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

describe("the hash of a long text", () => {
  const hash = (text: string): number => hashEnd(hashLanes(hashStart(5), text, 0, text.length));

  it("tells texts apart by every character and by their order, also of characters four apart", () => {
    const text = "kubectl get pods --namespace orders -o wide";
    const others = new Set<number>([hash(text), hash(`${text} `), hash(text.slice(1)), hash("")]);
    for (let at = 0; at < text.length; at += 1) others.add(hash(`${text.slice(0, at)}#${text.slice(at + 1)}`));
    for (let at = 0; at + 4 < text.length; at += 1) others.add(hash(`${text.slice(0, at)}${text[at + 4]}${text.slice(at + 1, at + 4)}${text[at]}${text.slice(at + 5)}`));
    const swapped = Array.from(text).filter((_, at) => at + 4 < text.length && text[at] !== text[at + 4]).length;
    expect(others.size).toBe(4 + text.length + swapped);
  });

  it("meets another's no more often than chance has it", () => {
    const seen = new Set<number>();
    for (let at = 0; at < 20_000; at += 1) seen.add(hash(`sed -n '${at},${at + 80}p' src/a.ts`));
    expect(seen.size).toBeGreaterThanOrEqual(19_998);
  });
});
