import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSealer, MAX_SEALING_KEYS } from "./sealing.ts";
import { sealingKeyFromFile, sealingKeyFromText } from "./sealing-key.ts";

const key = new Uint8Array(32).fill(3);
const OLD_SEALED = "0155ac9822e18bc9d4ba751046d524498c6fb9af94b244d3fe50be214f2a7a069be7b943a986967ab6f6";

describe("sealing", () => {
  it("opens what it sealed, under the same name and key only", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), fc.string(), (name, text, other) => {
        const sealed = createSealer(key).seal(name, text);
        expect(createSealer(key).open(name, sealed)).toBe(text);
        if (other !== name) expect(() => createSealer(key).open(other, sealed)).toThrow("TL_SEAL_BROKEN");
        expect(() => createSealer(new Uint8Array(32)).open(name, sealed)).toThrow("TL_SEAL_BROKEN");
      }),
    );
  });

  it("finds out any flipped bit and any lost byte", () => {
    const sealed = createSealer(key).seal("lease", "correct horse");
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Uint8Array.from(sealed);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => createSealer(key).open("lease", altered)).toThrow("TL_SEAL_BROKEN");
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(() => createSealer(key).open("lease", sealed.subarray(0, length))).toThrow("TL_SEAL_BROKEN");
    }
  });

  it("never repeats itself, and never shows name or content in an error", () => {
    const sealer = createSealer(key);
    expect(sealer.seal("lease", "same")).not.toEqual(sealer.seal("lease", "same"));
    try {
      createSealer(new Uint8Array(32)).open("secret-name", sealer.seal("secret-name", "hunter2"));
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify([String(error), error])).not.toMatch(/hunter2|secret-name/u);
      expect((error as Error).cause).toBeUndefined();
    }
  });

  it("refuses keys of another length, none and too many", () => {
    expect(() => createSealer(new Uint8Array(31))).toThrow("TL_SEAL_KEY_INVALID");
    expect(() => createSealer([])).toThrow("TL_SEAL_KEY_INVALID");
    const keys = Array.from({ length: MAX_SEALING_KEYS + 1 }, (_, i) => new Uint8Array(32).fill(i));
    expect(() => createSealer(keys)).toThrow("TL_SEAL_KEY_INVALID");
    expect(createSealer(keys.slice(1)).open("n", createSealer(keys[16] ?? key).seal("n", "x"))).toBe("x");
  });

  it("seals with the newest of several keys, opens with each, and names the one that is missing", () => {
    const newer = new Uint8Array(32).fill(4);
    const before = createSealer(key).seal("lease", "before");
    const rotated = createSealer([newer, key]);
    expect(rotated.open("lease", before)).toBe("before");
    const after = rotated.seal("lease", "after");
    expect(createSealer(newer).open("lease", after)).toBe("after");
    const id = Buffer.from(before.subarray(1, 9)).toString("hex");
    expect(() => createSealer(newer).open("lease", before)).toThrow(`It was sealed with key ${id}, which is not given.`);
    expect(() => createSealer(key).open("lease", after)).toThrow("TL_SEAL_BROKEN");
  });

  it("opens what was sealed before keys had ids", () => {
    // "correct horse" under the name "lease", by the release before.
    const sealed = Uint8Array.from(Buffer.from(OLD_SEALED, "hex"));
    expect(createSealer([new Uint8Array(32), key]).open("lease", sealed)).toBe("correct horse");
    expect(() => createSealer([new Uint8Array(32), key]).open("other", sealed)).toThrow("TL_SEAL_BROKEN");
    expect(() => createSealer(new Uint8Array(32)).open("lease", sealed)).toThrow("TL_SEAL_BROKEN");
    expect(() => createSealer(key).open("lease", sealed.subarray(0, 20))).toThrow("TL_SEAL_BROKEN");
  });
});

describe("sealing key", () => {
  it("is made at first use, readable by its owner alone, and is the same ever after", () => {
    const dir = mkdtempSync(join(tmpdir(), "tripline-seal-"));
    const path = join(dir, "data", "sealing-key");
    const made = sealingKeyFromFile(path);
    expect(made.byteLength).toBe(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(dir, "data"))).toEqual(["sealing-key"]);
    expect(sealingKeyFromFile(path)).toEqual(made);
    rmSync(dir, { recursive: true });
  });

  it("is refused when others may read it, or when it is cut short", () => {
    const dir = mkdtempSync(join(tmpdir(), "tripline-seal-"));
    const path = join(dir, "sealing-key");
    sealingKeyFromFile(path);
    chmodSync(path, 0o644);
    expect(() => sealingKeyFromFile(path)).toThrow("TL_SEAL_KEY_INVALID");
    chmodSync(path, 0o600);
    writeFileSync(path, "short");
    expect(() => sealingKeyFromFile(path)).toThrow("TL_SEAL_KEY_INVALID");
    rmSync(dir, { recursive: true });
  });

  it("can be given as hexadecimal or base64", () => {
    expect(sealingKeyFromText("03".repeat(32))).toEqual(key);
    expect(sealingKeyFromText(`${Buffer.from(key).toString("base64")}\n`)).toEqual(key);
    expect(() => sealingKeyFromText("too short")).toThrow("TL_SEAL_KEY_INVALID");
  });
});
