import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { connectionOf, type PostgresStoreOptions, schemaOf } from "./config.ts";

const PASSWORD_ENV = "TRIPLINE_TEST_PG_PASSWORD";
const of = (over: Partial<PostgresStoreOptions>) => connectionOf({ kind: "postgres", ...over });
const fields = { host: "db.example", database: "d", user: "u" };
const passwordOf = (over: Partial<PostgresStoreOptions>): unknown => {
  const { password } = of(over);
  return typeof password === "function" ? password() : password;
};

afterEach(() => {
  delete process.env[PASSWORD_ENV];
});

describe("configuration of the PostgreSQL store", () => {
  it("takes fields or a URL", () => {
    expect(of({ ...fields, port: 6_000 })).toMatchObject({ host: "db.example", port: 6_000, database: "d", user: "u" });
    expect(of({ url: "postgresql://us%40er@[::1]/my%20db" })).toMatchObject({ host: "::1", port: 5_432, database: "my db", user: "us@er", ssl: false });
  });

  it("verifies the server's certificate and name unless it is told not to, or the host is a loopback address", () => {
    expect(of(fields).ssl).toEqual({ rejectUnauthorized: true });
    expect(of({ ...fields, host: "10.0.0.7" }).ssl).toEqual({ rejectUnauthorized: true, host: "10.0.0.7" });
    expect(of({ ...fields, tls: "off" }).ssl).toBe(false);
    expect(of({ ...fields, host: "127.0.0.1" }).ssl).toBe(false);
    expect(of({ ...fields, host: "127.0.0.1.example.com" }).ssl).toEqual({ rejectUnauthorized: true });
  });

  it("reads the password anew for each connection", () => {
    process.env[PASSWORD_ENV] = "one";
    expect(passwordOf({ ...fields, passwordEnv: PASSWORD_ENV })).toBe("one");
    delete process.env[PASSWORD_ENV];
    expect(() => passwordOf({ ...fields, passwordEnv: PASSWORD_ENV })).toThrow(`TL_CONFIG_SECRET_MISSING: A secret named in the configuration is not set. The environment variable ${PASSWORD_ENV} is not set.`);
    const dir = mkdtempSync(join(tmpdir(), "tripline-pg-"));
    const passwordFile = join(dir, "password");
    for (const password of ["first", "second"]) {
      writeFileSync(passwordFile, `${password}\n`);
      expect(passwordOf({ ...fields, passwordFile })).toBe(password);
    }
    rmSync(dir, { recursive: true });
    expect(() => passwordOf({ ...fields, passwordFile })).toThrow("TL_CONFIG_SECRET_MISSING");
  });

  it.each([
    "postgres://u:hunter2@h/d?sslmode=disable",
    "postgres://u:hunter2@h/d#x",
    "postgres://u:hunter2@h",
    "postgres://u:hunter2@h/d/e",
    "postgres://:hunter2@h/d",
    "postgres://u:hunter2%@h/%zz",
    "mysql://u:hunter2@h/d",
    "u:hunter2@h/d",
  ])("refuses the URL %s without showing it", (url) => {
    expect(() => of({ url })).toThrow("TL_CONFIG_INVALID");
    try {
      of({ url });
    } catch (error) {
      expect(String(error)).not.toContain("hunter2");
    }
  });

  it("refuses incomplete fields, and schemas that a statement would have to quote", () => {
    for (const missing of ["host", "database", "user"] as const) expect(() => of({ ...fields, [missing]: undefined })).toThrow("TL_CONFIG_INVALID");
    expect(schemaOf({ kind: "postgres" })).toBe("tripline");
    for (const schema of ["", "Trip", "a.b", "a;b", 'a"b', "1a", "a".repeat(64)]) expect(() => schemaOf({ kind: "postgres", schema })).toThrow("TL_CONFIG_INVALID");
  });
});
