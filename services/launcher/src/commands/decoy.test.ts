import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redact } from "@tripline/canonical";
import { checkConfig } from "@tripline/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LauncherConfig } from "../config.ts";
import { checkReferences } from "../config-checks.ts";
import { configuredFacts } from "../facts/configured-facts.ts";
import { DECOY_KINDS, plantDecoy } from "./decoy.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tripline-decoy-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("a planted decoy", () => {
  it.each(DECOY_KINDS)("of kind %s is registered by what is printed for the configuration, which holds no secret", (kind) => {
    const { entries, lines } = plantDecoy(kind, join(dir, "data"), null);
    const config = checkConfig(LauncherConfig, { credentials: entries });
    checkReferences(config);
    const { credentials } = configuredFacts(config, new Uint8Array(32).fill(1));
    for (const { record, secret } of credentials) {
      expect(record).toMatchObject({ decoy: true, issuedTo: [] });
      expect(record.fingerprint !== null || record.principal !== null).toBe(true);
      if (secret !== null) expect(JSON.stringify(entries)).not.toContain(secret);
      // Whoever uses what the file says is seen to use what is registered.
      const seen = redact(lines!.join("\n"), { known: (text) => text === secret });
      expect(record.principal === null ? seen.redactions > 0 : seen.principals.includes(record.principal)).toBe(true);
    }
  });

  it("is another one each time, in files of its owner alone, at the end of what was there", () => {
    const file = join(dir, ".env.backup");
    const first = plantDecoy("github", join(dir, "data"), file);
    const second = plantDecoy("github", join(dir, "data"), file);
    expect(first.ids).not.toEqual(second.ids);
    expect(first.lines).toBe(null);
    const tokens = readFileSync(file, "utf8").match(/ghp_\w{36}/gu);
    expect(new Set(tokens).size).toBe(2);
    for (const [at, { ids: [id] }] of [first, second].entries()) {
      const secretFile = join(dir, "data", "decoys", id!);
      expect(statSync(secretFile).mode & 0o777).toBe(0o600);
      expect(readFileSync(secretFile, "utf8").trim()).toBe(tokens![at]);
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("may be given to no agent, and not lie under the host of an upstream", () => {
    const { entries } = plantDecoy("railway", join(dir, "data"), null);
    const check = (config: object): void => checkReferences(checkConfig(LauncherConfig, config));
    expect(() => check({ credentials: [{ ...entries[0], issuedTo: ["coder"] }] })).toThrow(/is a decoy/);
    const upstream = { name: "api", url: "https://api.example.com", inject: { kind: "header" } };
    expect(() => check({ credentials: entries, gate: { upstreams: [{ ...upstream, credentials: [entries[0]!["id"]] }] } })).toThrow(/is a decoy/);
    const endpoint = (id: string) => ({ resources: [{ kind: "endpoint", id, environment: "production", decoy: true }], gate: { upstreams: [upstream] } });
    expect(() => check(endpoint("api.example.com"))).toThrow(/host of an upstream/);
    for (const id of ["https://api.example.com/x", "API.example.com", "api.example.com/x/", "api.example.com//x"]) expect(() => check(endpoint(id)), id).toThrow(/must be a host/);
    check(endpoint("api.example.com/internal/keys"));
  });
});
