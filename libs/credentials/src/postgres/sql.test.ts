import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_IDENTIFIER_BYTES, identifier, isIdentifier, leaseRole, literal, newPassword, scramVerifier } from "./sql.ts";

describe("SQL that is built from names", () => {
  it("quotes every identifier and literal so that the name stays a name", () => {
    expect(identifier('a"; DROP ROLE x; --')).toBe('"a""; DROP ROLE x; --"');
    expect(literal("a'; DROP ROLE x; --")).toBe("'a''; DROP ROLE x; --'");
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 80 }), (name) => {
        if (!isIdentifier(name)) {
          expect(() => identifier(name)).toThrow(RangeError);
          return;
        }
        const quoted = identifier(name);
        expect(quoted.slice(1, -1).replaceAll('""', "")).not.toContain('"');
        expect(quoted.slice(1, -1).replaceAll('""', '"')).toBe(name);
      }),
    );
  });

  it("refuses a name that PostgreSQL would cut, at the byte", () => {
    expect(isIdentifier("x".repeat(MAX_IDENTIFIER_BYTES))).toBe(true);
    expect(isIdentifier("x".repeat(MAX_IDENTIFIER_BYTES + 1))).toBe(false);
    expect(isIdentifier("é".repeat(32))).toBe(false);
    expect(isIdentifier("")).toBe(false);
    expect(isIdentifier("a\0b")).toBe(false);
  });

  it("gives every lease a role of its own, whatever its id", () => {
    const ids = ["lease-1", "LEASE-1", "lease_1", "lease 1", "x".repeat(41), "x".repeat(256), "h_abc", "é", "a/b", 'q"'];
    const roles = ids.map(leaseRole);
    expect(new Set(roles).size).toBe(ids.length);
    for (const role of roles) expect(isIdentifier(role) && role.startsWith("tripline_")).toBe(true);
    expect(leaseRole("lease-1")).toBe("tripline_lease-1");
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        fc.pre(a !== b);
        expect(leaseRole(a)).not.toBe(leaseRole(b));
      }),
    );
  });

  it("computes the verifier of RFC 5803", () => {
    const salt = Buffer.from("0123456789abcdef");
    const [scheme, rounds, keys] = scramVerifier("pencil", salt).split("$");
    const [iterations, encodedSalt] = (rounds ?? "").split(":");
    const salted = pbkdf2Sync("pencil", salt, Number(iterations), 32, "sha256");
    const stored = createHash("sha256").update(createHmac("sha256", salted).update("Client Key").digest()).digest("base64");
    const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
    expect([scheme, encodedSalt, keys]).toEqual(["SCRAM-SHA-256", salt.toString("base64"), `${stored}:${serverKey}`]);
  });

  it("makes passwords of 256 bits, never twice", () => {
    const passwords = Array.from({ length: 1_000 }, newPassword);
    expect(new Set(passwords).size).toBe(1_000);
    for (const password of passwords) expect(Buffer.from(password, "base64url")).toHaveLength(32);
  });
});
