import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPlainId } from "./plain-id.ts";

const PLAIN = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{32}|(?:call|toolu|tool|fc)_[A-Za-z0-9]{8,48})$/;

describe("plain ids", () => {
  it("are those that the expression takes, and no others", () => {
    const body = fc.string({ unit: fc.constantFrom(..."abcdefXYZ0123456789_-é\n".split("")), maxLength: 52 });
    const hex = fc.string({ unit: fc.constantFrom(..."abcdef0123456789".split("")), minLength: 7, maxLength: 49 });
    const id = fc.oneof(
      fc.tuple(fc.constantFrom("call_", "toolu_", "tool_", "fc_", "Call_", "tool", ""), fc.oneof(body, hex)).map(([prefix, rest]) => prefix + rest),
      fc.uuid(),
      fc.constantFrom("b7ad6b7169203331", "0af7651916cd43dd8448eb211c80319c", `call_${"a".repeat(48)}`, `call_${"a".repeat(49)}`, "fc_1234567", "fc_12345678"),
    );
    fc.assert(
      fc.property(id, (one) => {
        expect(isPlainId(one)).toBe(PLAIN.test(one));
      }),
      { numRuns: 5_000 },
    );
  });
});
