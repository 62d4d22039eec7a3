import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { underlined } from "./underlined.ts";

const at = (text: string, part: string): string[] => underlined(text, { start: text.indexOf(part), end: text.indexOf(part) + part.length }, "");

describe("a part of a text", () => {
  it("is marked below, on every line that it touches and on no other", () => {
    expect(at("cd a && rm -rf b", "rm -rf b")).toEqual(["cd a && rm -rf b", "        ^^^^^^^^"]);
    expect(at("one\ntwo\nthree", "wo\nth")).toEqual(["two", " ^^", "three", "^^"]);
  });

  it("is marked where it stands on the screen: wide characters, marks, tabs and what is spelled out", () => {
    expect(at("日本 rm", "rm")).toEqual(["日本 rm", "     ^^"]);
    expect(at("e\u0301 rm", "rm")).toEqual(["e\u0301 rm", "  ^^"]);
    expect(at("\trm", "rm")).toEqual(["  rm", "  ^^"]);
    expect(at("\u001b[2Jrm", "rm")).toEqual(["\\u001b[2Jrm", "         ^^"]);
  });

  it("is found in a line that is too long to be shown", () => {
    const [line, marks] = at(`${"x".repeat(500)} DROP ${"y".repeat(500)}`, "DROP");
    expect(line!.slice(marks!.indexOf("^"), marks!.lastIndexOf("^") + 1)).toBe("DROP");
    expect(line!.length).toBeLessThan(130);
  });

  it("of many lines is cut, and says how many are left out", () => {
    expect(underlined("a\n".repeat(50), null, "").at(-1)).toBe("… and 42 more lines");
  });

  it("never moves a cursor, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(), fc.nat(), (text, from, length) => {
        expect(underlined(text, { start: from, end: from + length }).join("")).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
