import { describe, expect, it } from "vitest";
import { createHmac } from "node:crypto";
import { fingerprint, sha256Hex } from "./hash.ts";

const KEY = new TextEncoder().encode("0123456789abcdef");

describe("hashing", () => {
  it("gives the published SHA-256 of the empty text and of abc", () => {
    expect(sha256Hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256Hex(new TextEncoder().encode("abc"))).toBe(sha256Hex("abc"));
  });

  it("fingerprints differ by tenant and are the same for either case of the hash", () => {
    const sha256 = sha256Hex("secret");
    expect(fingerprint(KEY, sha256)).toBe(createHmac("sha256", KEY).update(sha256).digest("hex"));
    expect(fingerprint(KEY, sha256.toUpperCase())).toBe(fingerprint(KEY, sha256));
    expect(fingerprint(KEY.map((byte) => byte + 1), sha256)).not.toBe(fingerprint(KEY, sha256));
  });

  it("are HMAC-SHA256 for keys of every length, one after another", () => {
    for (let length = 16; length <= 100; length += 1) {
      const key = new Uint8Array(length).map((_, at) => (at * 37 + length) & 0xff);
      const sha256 = sha256Hex(String(length));
      expect(fingerprint(key, sha256)).toBe(createHmac("sha256", key).update(sha256).digest("hex"));
    }
  });

  it("refuses a short key and what is no hash, without repeating it", () => {
    expect(() => fingerprint(KEY.slice(1), sha256Hex("x"))).toThrow("15 bytes");
    expect(() => fingerprint(KEY, "the-secret-itself")).toThrow(/^not a SHA-256 in hex$/);
  });
});
