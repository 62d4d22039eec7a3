import { type AgentRegistration, agentKey, type CredentialRecord, type Grant } from "@tripline/model";
import { describe, expect, it } from "vitest";
import { matches } from "./pattern.ts";
import { Registry } from "./registry.ts";

const KEY = agentKey("acme", "coder");
const agent = (over: Partial<AgentRegistration> = {}): AgentRegistration => ({ v: 1, version: 1, tenant: "acme", agent: "coder", role: null, owner: "o", environment: "staging", status: "active", atMs: 1, ...over });
const grant = (id: string, version: number, expiresAtMs: number | null): Grant => ({ v: 1, version, id, tenant: "acme", agent: "coder", task: null, environments: [], operations: [], resources: [], effects: [], irreversible: [], expiresAtMs, atMs: 1 });
const credential = (over: Partial<CredentialRecord>): CredentialRecord => ({ v: 1, version: 1, id: "c", tenant: "acme", provider: "p", providerRef: "r", kind: "k", fingerprint: null, principal: null, environment: "production", reach: [], issuedTo: [], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 1, ...over });

describe("registry", () => {
  it("answers with the newest fact and counts active agents", () => {
    const registry = new Registry();
    registry.apply("agents", agent());
    registry.apply("agents", agent({ environment: "test", version: 2 }));
    registry.apply("agents", agent({ agent: "other" }));
    expect(registry.agent(KEY)?.environment).toBe("test");
    expect(registry.agentCount("acme")).toBe(2);
    registry.apply("agents", agent({ status: "retired", version: 3 }));
    expect(registry.agentCount("acme")).toBe(1);
    expect(registry.version).toBe(4);
  });

  it("knows which grants are in force, and the highest version", () => {
    const registry = new Registry();
    registry.apply("grants", grant("ends", 3, 100));
    registry.apply("grants", grant("stays", 1, null));
    expect(registry.grants(KEY, 99).map(({ id }) => id)).toEqual(["ends", "stays"]);
    expect(registry.grants(KEY, 100).map(({ id }) => id)).toEqual(["stays"]);
    expect(registry.grantVersion(KEY)).toBe(3);
  });

  it("finds a credential by fingerprint or principal, within its tenant only", () => {
    const registry = new Registry();
    registry.apply("credentials", credential({ id: "token", fingerprint: "f".repeat(64) }));
    registry.apply("credentials", credential({ id: "role", principal: "app" }));
    expect(registry.credentialByMark("acme", "f".repeat(64))?.id).toBe("token");
    expect(registry.credentialByMark("acme", "principal:app")?.id).toBe("role");
    expect(registry.credentialByMark("other", "f".repeat(64))).toBeNull();
  });

  it("forgets a credential's old fingerprint when its secret is replaced", () => {
    const registry = new Registry();
    registry.apply("credentials", credential({ fingerprint: "a".repeat(64) }));
    registry.apply("credentials", credential({ fingerprint: "b".repeat(64), version: 2 }));
    expect(registry.credentialByMark("acme", "a".repeat(64))).toBeNull();
    expect(registry.credentialByMark("acme", "b".repeat(64))?.version).toBe(2);
  });

  it("still knows both secrets after two records have exchanged them", () => {
    const [a, b] = ["a".repeat(64), "b".repeat(64)];
    const registry = new Registry();
    for (const fact of [{ id: "x", fingerprint: a }, { id: "y", fingerprint: b }, { id: "x", fingerprint: b }, { id: "y", fingerprint: a }]) registry.apply("credentials", credential(fact));
    expect(registry.credentialByMark("acme", b)?.id).toBe("x");
    expect(registry.credentialByMark("acme", a)?.id).toBe("y");
  });

  it("follows a credential from one holder to the next", () => {
    const registry = new Registry();
    registry.apply("credentials", credential({ id: "c", issuedTo: ["coder", "other"] }));
    registry.apply("credentials", credential({ id: "c", issuedTo: ["other"], version: 2 }));
    expect(registry.credentialsOf(KEY)).toEqual([]);
    expect(registry.credentialsOf(agentKey("acme", "other"))).toMatchObject([{ id: "c", version: 2 }]);
  });

  it("lets the inventory outrank what a call says of an environment", () => {
    const registry = new Registry();
    registry.apply("resources", { v: 1, version: 1, tenant: "acme", kind: "volume", id: "v1", environment: "production", protection: "none", atMs: 1 });
    expect(registry.environmentOf("acme", "volume", "v1", "staging")).toBe("production");
    expect(registry.environmentOf("acme", "volume", "v2", "staging")).toBe("staging");
    expect(registry.environmentOf("acme", "volume", "v2", null)).toBe("unknown");
  });
});

describe("grant patterns", () => {
  it("match exactly, or by the prefix before a trailing star", () => {
    expect(matches("sql.*", "sql.drop-table")).toBe(true);
    expect(matches("sql.select", "sql.select")).toBe(true);
    expect(matches("sql.select", "sql.select-all")).toBe(false);
    expect(matches("*", "anything")).toBe(true);
    expect(matches("a*b", "axb")).toBe(false);
  });
});
