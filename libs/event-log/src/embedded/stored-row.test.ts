import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framedBytes, writeFrame } from "../framing.ts";
import { fromStored, toStored } from "./stored-row.ts";

const copied = (bytes: Uint8Array) => new Uint8Array(bytes);

describe("stored row", () => {
  it("comes back byte for byte, whether it was worth compressing or not", () => {
    const value = fc.oneof(fc.uint8Array({ maxLength: 9_000 }), fc.nat(9_000).map((length) => new Uint8Array(length).fill(7)));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), (values) => {
        const payload = Buffer.alloc(values.reduce((sum, one) => sum + framedBytes({ key: "acme/a", value: one }), 0));
        values.reduce((at, one, delta) => writeFrame(payload, at, delta, { key: "acme/a", value: one }), 0);
        const back = fromStored(copied(toStored(payload)));
        expect(Buffer.compare(back, payload)).toBe(0);
        // It is moved between threads, so it must own its memory.
        expect(back.buffer.byteLength).toBe(back.byteLength);
      }),
    );
  });

  it("takes less of the disk where records repeat themselves, and never more than the payload", () => {
    const text = Buffer.from(JSON.stringify({ tool: "read_file", session: "session-1", outcome: { status: "ok" } }).repeat(200));
    expect(toStored(text).byteLength).toBeLessThan(text.byteLength / 10);
    const noise = randomBytes(8_192);
    expect(toStored(noise).byteLength).toBeLessThanOrEqual(noise.byteLength);
  });

  it("throws for a compressed row that is damaged, instead of giving other bytes", () => {
    const stored = copied(toStored(Buffer.alloc(10_000, "abcdefg")));
    expect(() => fromStored(stored.slice(0, stored.length - 5))).toThrow();
  });
});
