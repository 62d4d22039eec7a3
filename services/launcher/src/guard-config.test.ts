import { checkConfig } from "@tripline/runtime";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LauncherConfig } from "./config.ts";
import { guardSettings } from "./guard-config.ts";

afterEach(() => vi.unstubAllEnvs());

const DATABASE = { database: "orders", host: "127.0.0.1", user: "guard", passwordEnv: "GUARD_PASSWORD", tls: "off" };

function settingsFor(guard: object | null, rest: object = {}) {
  vi.stubEnv("GUARD_PASSWORD", "guards-own-password");
  return guardSettings(checkConfig(LauncherConfig, { gate: guard === null ? {} : { guard }, ...rest }));
}

describe("the guard's configuration", () => {
  it("is none where none is given", () => {
    expect(settingsFor(null)).toBeNull();
    expect(guardSettings(checkConfig(LauncherConfig, {}))).toBeNull();
  });

  it("takes a dump before every held operation on what it names, unless told otherwise", () => {
    expect(settingsFor({ directory: "/srv/dumps", postgres: [DATABASE] })).toEqual({
      directory: "/srv/dumps", pgDump: null, timeoutMs: 600_000, maxBytes: 68_719_476_736, before: ["*"],
      databases: [{ database: "orders", host: "127.0.0.1", port: 5_432, user: "guard", password: "guards-own-password", tls: "off", tlsCaFile: null, environment: null, resources: [] }],
    });
  });

  it.each([
    ["a relative directory", { directory: "dumps" }, {}],
    ["passwords in the clear over a network", { directory: "/srv/dumps", postgres: [{ ...DATABASE, host: "db.example.com" }] }, {}],
    ["no password", { directory: "/srv/dumps", postgres: [{ ...DATABASE, passwordEnv: undefined }] }, {}],
    ["two places of the password", { directory: "/srv/dumps", postgres: [{ ...DATABASE, passwordFile: "/run/password" }] }, {}],
    ["the same database twice", { directory: "/srv/dumps", postgres: [DATABASE, DATABASE] }, {}],
    ["a name that libpq takes for more than a name", { directory: "/srv/dumps", postgres: [{ ...DATABASE, database: "host=elsewhere" }] }, {}],
    ["a host that is a path", { directory: "/srv/dumps", postgres: [{ ...DATABASE, host: "/var/run" }] }, {}],
    ["a role that agents may log in as", { directory: "/srv/dumps", postgres: [DATABASE] }, { credentials: [credential({ principal: "guard" })] }],
    ["a password that agents may hold", { directory: "/srv/dumps", postgres: [DATABASE] }, { credentials: [credential({ secretEnv: "GUARD_PASSWORD" })] }],
  ] as [string, object, object][])("refuses %s, without naming a secret", (_what, guard, rest) => {
    const setting = (): unknown => settingsFor(JSON.parse(JSON.stringify(guard)) as object, rest);
    expect(setting).toThrow("TL_CONFIG_INVALID");
    expect(setting).not.toThrow("guards-own-password");
  });
});

function credential(over: object): object {
  return { id: "app", provider: "db", providerRef: "app", kind: "role", environment: "production", ...over };
}
