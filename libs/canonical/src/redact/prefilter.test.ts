import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hintsOf, isCleanAscii } from "./prefilter.ts";

const WORDS =
  "pass pwd secret token key auth credential bearer cookie jwt connectionstring sessid sessionid sig= signature: sig\\\"= curl wget mysql mariadb redis-cli login identified".split(" ");

describe("prefilter", () => {
  it("sees every word that may announce a secret, in any case, wherever it stands", () => {
    const cased = fc.tuple(fc.constantFrom(...WORDS), fc.array(fc.boolean(), { minLength: 20, maxLength: 20 })).map(([word, upper]) => Array.from(word, (char, at) => (upper[at] === true ? char.toUpperCase() : char)).join(""));
    const around = fc.string({ unit: fc.oneof(fc.constantFrom(..."aeiosk rt\"-_1".split("")), fc.string({ minLength: 1, maxLength: 1 })), maxLength: 30 });
    fc.assert(
      fc.property(around, cased, around, (before, word, after) => {
        expect(hintsOf(`${before}${word}${after}`).word).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it("sees a word at every place of a long text, and beside any character", () => {
    for (const word of WORDS) {
      for (const unit of [" ", "a", "é", "\u0170", "𝄞"]) {
        const before = unit.repeat(8_200).slice(0, 8_190);
        for (let more = 0; more < 12; more += 1) expect(hintsOf(`${before}${" ".repeat(more)}${word}`).word, `${word} after ${unit}`).toBe(true);
      }
    }
  });

  it("sees a run at every place of a long text", () => {
    for (const run of ["abcdefghijklmnopqrst", "a/b/c/d/e/f/g/h/i/j1", "1/b/c/d/e/f/g/h/i/jk", `${"ab/".repeat(2_800)}cd1`]) {
      for (let more = 0; more < 60; more += 1) expect(hintsOf(`${" ".repeat(8_140 + more)}${run}`).run, `${run.slice(0, 20)} ${more}`).toBe(true);
    }
    expect(hintsOf(`${" ".repeat(8_180)}${"ab/".repeat(2_800)}cd`).run).toBe(false);
  });

  it("forgets the text before", () => {
    expect(hintsOf("a password").word).toBe(true);
    expect(hintsOf("a pas").word).toBe(false);
    expect(hintsOf("a pa").word).toBe(false);
    expect(hintsOf("").word).toBe(false);
    expect(hintsOf("a1".repeat(10)).run).toBe(true);
    expect(hintsOf("a1".repeat(9)).run).toBe(false);
  });

  it("sees an @ in every spelling", () => {
    for (const at of ["@", "%40", "%2540", "%252540"]) expect(hintsOf(`user${at}host`).userinfo).toBe(true);
    expect(hintsOf("100 % sure, 40 times").userinfo).toBe(false);
  });

  it("calls bytes clean only where their text is, and those without doubtful signs always then", () => {
    const pieces = fc.oneof(fc.constantFrom(...WORDS, "author", "session-1", "Q~", "@", "%40", "100 %", "~/src", "\u00e9", "\u20ac", " ", "total 48 drwxr-xr-x 6 node", "a/b/c/d/e/f/g/h/i/j1"), fc.string({ maxLength: 24 }));
    const seen = { clean: 0, unclean: 0 };
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), fc.nat(3), (parts, before) => {
        const text = parts.join("");
        const bytes = Buffer.from(`${"x".repeat(before)}${text}yy`);
        const isClean = isCleanAscii(bytes, before, bytes.length - 2);
        const { run, word, userinfo } = hintsOf(text);
        const isAscii = bytes.length - 2 - before === text.length;
        const hasHints = run || word || userinfo;
        if (isClean) expect({ isAscii, hasHints }).toEqual({ isAscii: true, hasHints: false });
        else expect(!isAscii || hasHints || /[@%~]/.test(text)).toBe(true);
        seen[isClean ? "clean" : "unclean"] += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(seen.clean, seen.unclean)).toBeGreaterThan(100);
  });

  it("looks at bytes as far as one stretch reaches", () => {
    const text = "ls -la ".repeat(1_200);
    expect(isCleanAscii(Buffer.from(text), 0, 8_192)).toBe(true);
    expect(isCleanAscii(Buffer.from(text), 0, 8_193)).toBe(false);
    for (const word of WORDS) expect(isCleanAscii(Buffer.from(text.slice(0, 8_192 - word.length) + word), 0, 8_192), word).toBe(false);
  });
});
