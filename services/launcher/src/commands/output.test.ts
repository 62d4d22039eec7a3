import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plain, wrapped } from "./output.ts";

describe("text on the terminal", () => {
  it("spells out what moves a cursor, hides or reverses", () => {
    expect(plain("a\u001b[2Jb\u202ec\u00add\u{e0041}e\u2028")).toBe("a\\u001b[2Jb\\u202ec\\u00add\\udb40\\udc41e\\u2028");
  });

  it("leaves letters, marks and pictures of every script alone", () => {
    for (const text of ["naïve", "日本語", "عربى", "😀", "e\u0301"]) expect(plain(text)).toBe(text);
  });

  it("changes nothing that it wrote, and JSON means the same afterwards", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(plain(plain(text))).toBe(plain(text));
        expect(JSON.parse(plain(JSON.stringify(text)))).toBe(text);
      }),
    );
  });

  it("is broken between words, keeps its indentation, and loses nothing", () => {
    expect(wrapped("  one two three", 9, "    ")).toEqual(["  one two", "    three"]);
    expect(wrapped("", 10)).toEqual([""]);
    expect(wrapped("averylongword and", 5, " ")).toEqual(["averylongword", " and"]);
  });
});
