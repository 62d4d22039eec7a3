import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { repeatedMember } from "./json-members.ts";
import { restore, store } from "./stored.ts";
import { Scrubber } from "./scrub.ts";

describe("the secret in an answer", () => {
  it("is covered wherever the answer is cut into parts, and nothing else is changed", () => {
    const secret = "aab-aab-aac";
    const piece = fc.oneof(fc.constant(secret), fc.constant("aab-aab-"), fc.constant("aab-"), fc.string({ unit: "grapheme-ascii", maxLength: 6 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat({ max: 100 }), { maxLength: 8 }), (pieces, cuts) => {
        const text = pieces.join("");
        const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).toSorted((a, b) => a - b), text.length];
        const scrubber = new Scrubber(secret);
        const out = places.slice(1).map((end, at) => Buffer.from(scrubber.push(Buffer.from(text.slice(places[at], end)))).toString("latin1"));
        expect(out.join("") + (scrubber.end()?.toString("latin1") ?? "")).toBe(text.replaceAll(secret, "*".repeat(secret.length)));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("a member that an object has twice", () => {
  it("is found where it is, however it is written", () => {
    for (const text of ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"b":{"a":[],"c":0,"a":{}}}]', '{"x":"}{","a":"\\\\","a":"\\""}', '{ "" : 1 , "" : 2 }']) expect([text, repeatedMember(text)]).toEqual([text, true]);
  });

  it("is never found in what was written from a value", () => {
    fc.assert(fc.property(fc.json({ maxDepth: 5 }), (text) => !repeatedMember(JSON.stringify(JSON.parse(text)))), { numRuns: 2_000 });
  });

  it("is looked for in linear time", () => {
    const text = `{${Array.from({ length: 60_000 }, (_, n) => `"${n}\\\\":"${"\\\\".repeat(4)}"`).join()}}`;
    const startMs = performance.now();
    expect(repeatedMember(text)).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});

describe("a kept request", () => {
  it("comes back byte for byte, and no other text is taken for one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 4 }), (bytes, headers) => {
        const request = { method: "PUT", upstream: "api", target: "/x?y=1", headers: headers.flat(), body: bytes.length === 0 ? null : Buffer.from(bytes), scope: null };
        expect(restore(store(request))).toEqual(request);
      }),
    );
    fc.assert(fc.property(fc.json(), (text) => restore(text) === null));
  });
});
