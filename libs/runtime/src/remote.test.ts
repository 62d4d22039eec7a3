import { describe, expect, it } from "vitest";
import { failureReason, parseRetryAfter } from "./remote.ts";

describe("Retry-After", () => {
  const LONGEST_MS = 900_000;
  const nowMs = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    ["0", 0],
    ["7", 7_000],
    [" 7 ", 7_000],
    ["900", LONGEST_MS],
    ["901", LONGEST_MS],
    ["99999999999999999999", LONGEST_MS],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["soon", null],
    ["", null],
    [undefined, null],
    [null, null],
  ])("reads %j as %j ms", (header, expected) => {
    expect(parseRetryAfter(header, nowMs, LONGEST_MS)).toBe(expected);
  });
});

describe("the reason of a failure", () => {
  it("is the code of the error, and never its message", () => {
    expect(failureReason(Object.assign(new Error("connect to https://user:secret@host"), { code: "ECONNREFUSED" }))).toBe("ECONNREFUSED");
    expect(failureReason(new Error("https://user:secret@host"))).toBe("connection failed");
    expect(failureReason(Object.assign(new Error(), { code: "secret in a code" }))).toBe("connection failed");
    expect(failureReason("secret")).toBe("connection failed");
  });
});
