import { checkConfig, parseYaml } from "@tripline/runtime";
import { describe, expect, it } from "vitest";
import { checkReferences } from "./config-checks.ts";
import { LauncherConfig } from "./config.ts";

const check = (config: object) => () => checkReferences(checkConfig(LauncherConfig, config));
const agent = (id: string, over: object = {}) => ({ id, owner: "platform", ...over });
const credential = (id: string, over: object = {}) => ({ id, provider: "railway", providerRef: "r", kind: "api-token", ...over });
const railway = { railway: { kind: "railway", adminTokenEnv: "ADMIN" } };

describe("references in the configuration", () => {
  it("are fine when every name is given once", () => {
    expect(check({ agents: [agent("a", { grants: [{ id: "g", expiresAt: "2030-01-01T00:00:00Z" }] }), agent("b", { grants: [{ id: "g", expiresAt: "2030-01-01" }] })], providers: railway, credentials: [credential("c", { autoRevoke: "yes" })] })).not.toThrow();
  });

  it.each(["tomorrow", "1.5.2030", "2030-99-01", "1960-01-01", ""])("refuse the end of a grant that is no time: %s", (expiresAt) => {
    expect(check({ agents: [agent("a", { grants: [{ id: "g", expiresAt }] })] })).toThrow(/TL_CONFIG_INVALID.*expiresAt of grant "g" of agent "a"/);
  });

  it("refuse a name given twice, since the second would silently replace the first", () => {
    expect(check({ agents: [agent("a"), agent("a")] })).toThrow(/"a" is given twice as an agent or relay/);
    expect(check({ agents: [agent("a")], relays: [{ id: "a", agents: ["x"] }] })).toThrow(/twice/);
    expect(check({ agents: [agent("a", { grants: [{ id: "g" }, { id: "g" }] })] })).toThrow(/twice as a grant of agent "a"/);
    expect(check({ credentials: [credential("c"), credential("c")] })).toThrow(/twice as a credential/);
    expect(check({ credentials: [credential("c", { principal: "app" }), credential("d", { principal: "app" })] })).toThrow(/"app" is given twice as the principal/);
    expect(check({ resources: [{ kind: "volume", id: "v", environment: "production" }, { kind: "volume", id: "v", environment: "staging" }] })).toThrow(/twice as a resource/);
  });

  it("fit into one text, as many as the schema allows", () => {
    const text = JSON.stringify({ credentials: Array.from({ length: 10_000 }, (_, i) => credential(`credential-${i}`, { issuedTo: ["some-service"], environment: "production" })) });
    expect(checkConfig(LauncherConfig, parseYaml(text)).credentials).toHaveLength(10_000);
  }, 60_000);

  it("refuse a credential that nobody could revoke when it must be", () => {
    expect(check({ credentials: [credential("c", { autoRevoke: "yes" })] })).toThrow(/provider "railway", which is not under providers/);
    expect(check({ credentials: [credential("c")] })).not.toThrow();
  });
});
