import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameOf, frameReader } from "./frames.ts";

describe("frames", () => {
  it("come out as they went in, wherever the stream is cut", () => {
    fc.assert(fc.property(fc.array(fc.jsonValue(), { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (values, cuts) => {
      const stream = Buffer.concat(values.map(frameOf));
      const take = frameReader(100_000);
      const seen: unknown[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const next = at + cuts[turn % cuts.length]!;
        for (const frame of take(stream.subarray(at, next)) ?? []) seen.push(JSON.parse(frame.toString("utf8")));
        at = next;
      }
      expect(JSON.stringify(seen)).toBe(JSON.stringify(values));
    }));
  });
  it("are refused by their length alone, before anything of them is kept", () => {
    expect(frameReader(10)(Buffer.from([0, 0, 0, 11]))).toBeNull();
    expect(frameReader(10)(Buffer.from([0xff, 0xff, 0xff, 0xff]))).toBeNull();
    expect(frameReader(10)(Buffer.from([0, 0, 0, 10]))).toEqual([]);
  });
  it("cost no more in many small pieces than in one", () => {
    const stream = frameOf("x".repeat(1_000_000));
    const take = frameReader(1_048_576);
    const startMs = performance.now();
    let frames = 0;
    for (let at = 0; at < stream.length; at += 16) frames += take(stream.subarray(at, at + 16))?.length ?? 0;
    expect(frames).toBe(1);
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });
});
