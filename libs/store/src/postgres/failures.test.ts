import { describe, expect, it } from "vitest";
import { errorOf, failureOf } from "./failures.ts";

const server = (code: string): Error => Object.assign(new Error("password=hunter2 in the statement"), { code, severity: "ERROR" });
const network = (code: string): Error => Object.assign(new Error("connect to hunter2.example"), { code });

describe("failures", () => {
  it.each([
    ["23505", "refused"], ["42501", "refused"], ["28P01", "refused"], ["22021", "refused"], ["3D000", "refused"],
    ["57P01", "away"], ["57P03", "away"], ["53300", "away"], ["40P01", "away"], ["55P03", "away"], ["57014", "away"], ["25006", "away"], ["25P03", "away"], ["08006", "away"],
  ])("take %s before a COMMIT for %s", (code, kind) => expect(failureOf(server(code), false)).toEqual({ kind, reason: code }));

  it("take anything but a rollback at a COMMIT for an unknown outcome", () => {
    for (const code of ["57P01", "08006", "58030", "XX000"]) expect(failureOf(server(code), true).kind).toBe("unknown");
    expect(failureOf(network("ECONNRESET"), true).kind).toBe("unknown");
    expect(failureOf(server("40001"), true).kind).toBe("away");
    expect(failureOf(server("23505"), true).kind).toBe("refused");
  });

  it("take a certificate that is not trusted, and a server without TLS, for what no other attempt cures", () => {
    for (const code of ["ERR_TLS_CERT_ALTNAME_INVALID", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "CERT_HAS_EXPIRED"]) expect(failureOf(network(code), false).kind).toBe("refused");
    expect(failureOf(new Error("The server does not support SSL connections"), false)).toEqual({ kind: "refused", reason: "it offers no TLS" });
    for (const code of ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT"]) expect(failureOf(network(code), false).kind).toBe("away");
  });

  it("say what happened, and neither message nor address", () => {
    const told = [failureOf(server("42501"), false), failureOf(network("ECONNREFUSED"), false), failureOf(server("53100"), false), failureOf(new Error("Query read timeout"), true)];
    const errors = told.map((failure) => errorOf(failure, failure.kind === "unknown", 1_234.5));
    expect(errors.map(({ code }) => code)).toEqual(["TL_STORE_FAILED", "TL_STORE_FAILED", "TL_STORE_FULL", "TL_STORE_UNKNOWN"]);
    expect(errors.map(({ detail }) => detail)).toEqual([
      "PostgreSQL refused: 42501 (the role lacks a right on the database or the schema).",
      "PostgreSQL cannot be used: ECONNREFUSED, tried for 1235 ms.",
      "PostgreSQL cannot be used: 53100, tried for 1235 ms.",
      "PostgreSQL cannot be used: no answer in time, tried for 1235 ms.",
    ]);
    expect(JSON.stringify(errors.map(String))).not.toContain("hunter2");
  });
});
