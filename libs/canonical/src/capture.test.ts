import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { capture, cut, CAPTURE_CHARS, utf8Bytes } from "./capture.ts";
import { sha256Hex } from "./hash.ts";
import { redact } from "./redact/redact.ts";

describe("a capture", () => {
  it("keeps short text whole, redacted, with the digest of what it keeps", () => {
    expect(capture("password=hunter2")).toEqual({ text: "password=[redacted:password]", fullBytes: 16, truncated: false, digest: sha256Hex("password=[redacted:password]") });
  });

  it("cuts at its limit and digests the whole", () => {
    const text = "word ".repeat(10_000);
    const captured = capture(text);
    expect(captured).toMatchObject({ truncated: true, fullBytes: 50_000, digest: sha256Hex(text) });
    expect(captured.text).toHaveLength(CAPTURE_CHARS);
    expect(capture("x".repeat(10), undefined, 10)).toMatchObject({ truncated: false });
    expect(capture("x".repeat(11), undefined, 10)).toMatchObject({ truncated: true, text: "x".repeat(10) });
  });

  it("uses a redaction made before", () => {
    const known = redact("id e4d909c2-90d0-4b1c-8a41-99f1e0c2aa10", { known: () => true });
    expect(capture("id e4d909c2-90d0-4b1c-8a41-99f1e0c2aa10", known).text).toBe("id [redacted:known]");
  });

  it("never leaves half of a secret at the cut", () => {
    const token = "5b3c1e9a-7d42-4f7e-9c31-0a1b2c3d4e5f";
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 120 }), (limit) => {
        expect(capture(`RAILWAY_TOKEN=${token} and more text behind it`, undefined, limit).text).not.toContain(token.slice(0, 8));
      }),
    );
  });

  it("counts bytes as UTF-8 and never splits a surrogate pair", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }), fc.integer({ min: 0, max: 50 }), (text, chars) => {
        expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
        const kept = cut(text, chars);
        expect(kept.length).toBeLessThanOrEqual(chars);
        if (text.isWellFormed()) expect(kept.isWellFormed()).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
