import { describe, expect, it } from "vitest";
import { Check, Default } from "typebox/value";
import { ProviderConfig, type ProviderDeps, PROVIDER_DESCRIPTIONS, openProvider } from "./registry.ts";

const deps: ProviderDeps = { readSecret: () => "the-admin-secret", warn: () => undefined };
const complete = (config: object) => Default(ProviderConfig, config) as ProviderConfig;

describe("the registry of providers", () => {
  it("fills in defaults for every kind", () => {
    const railway = complete({ kind: "railway", adminTokenEnv: "T" });
    const postgres = complete({ kind: "postgres", host: "db.example.com", database: "orders", adminUser: "tripline", adminPasswordEnv: "P" });
    for (const config of [railway, postgres]) expect(Check(ProviderConfig, config)).toBe(true);
    expect(railway).toMatchObject({ endpoint: "https://backboard.railway.com/graphql/v2", timeoutMs: 5_000 });
    expect(postgres).toMatchObject({ port: 5_432, tls: "verify-full", sweepEveryMs: 60_000 });
  });

  it.each([
    ["no place", {}],
    ["two places", { adminTokenEnv: "T", adminTokenFile: "/run/token" }],
  ])("refuses a secret with %s, naming the provider and no value", (_what, secret) => {
    const opening = () => openProvider("infra", complete({ kind: "railway", ...secret }), deps);
    expect(opening).toThrow(/TL_CONFIG_INVALID.*"infra"/);
    expect(opening).not.toThrow(/the-admin-secret/);
  });

  it("opens each kind it describes, under its own kind", async () => {
    const configs = [
      complete({ kind: "railway", adminTokenEnv: "T" }),
      complete({ kind: "postgres", host: "127.0.0.1", database: "orders", adminUser: "tripline", adminPasswordEnv: "P", tls: "off" }),
      complete({ kind: "gate" }),
    ];
    expect(configs.map((config) => config.kind).toSorted()).toEqual(Object.keys(PROVIDER_DESCRIPTIONS).toSorted());
    for (const config of configs) {
      const provider = openProvider("one", config, { ...deps, gate: { key: new Uint8Array(32), url: () => null } });
      expect(provider.describe()).toBe(PROVIDER_DESCRIPTIONS[config.kind]);
      await provider.close();
    }
  });
});
