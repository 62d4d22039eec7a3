import { checkConfig, parseYaml } from "@tripline/runtime";
import { describe, expect, it } from "vitest";
import { checkReferences } from "./config-checks.ts";
import { LauncherConfig } from "./config.ts";
import { configuredFacts } from "./facts/configured-facts.ts";

const check = (config: object) => () => checkReferences(checkConfig(LauncherConfig, config));
const agent = (id: string, over: object = {}) => ({ id, owner: "platform", ...over });
const credential = (id: string, over: object = {}) => ({ id, provider: "railway", providerRef: "r", kind: "api-token", ...over });
const railway = { railway: { kind: "railway", adminTokenEnv: "ADMIN" } };

describe("alarm budgets in the configuration", () => {
  const policy = (over: object) => check({ policy: over });
  it("are said as so many in so much, or in the older form, but not as two that differ", () => {
    expect(policy({ falseTrips: { count: 2, perAgentHours: 10_000 }, alerts: { count: 5, perCalls: 1_000 } })).not.toThrow();
    expect(policy({ agentHoursPerFalseTrip: 7_000 })).not.toThrow();
    expect(policy({ agentHoursPerFalseTrip: 5_000, falseTrips: { count: 2, perAgentHours: 10_000 } })).not.toThrow();
    expect(policy({ agentHoursPerFalseTrip: 7_000, falseTrips: { count: 1, perAgentHours: 10_000 } })).toThrow(/say different things/);
  });
  it("are refused where no threshold could keep them", () => {
    expect(policy({ falseTrips: { count: 3, perAgentHours: 2 } })).toThrow(/policy.falseTrips/);
    expect(policy({ falseTrips: { count: 0.001, perAgentHours: 1e9 } })).toThrow(/policy.falseTrips/);
    expect(policy({ alerts: { count: 3, perCalls: 2 } })).toThrow(/more alerts than calls/);
  });
  it("become facts that the detector decides by", () => {
    const budgetOf = (over: object) => configuredFacts(checkConfig(LauncherConfig, { policy: over }), new Uint8Array(32)).policy.budget;
    expect(budgetOf({})).toEqual({ agentHoursPerFalseTrip: 50_000, alertsPerCall: 0.002 });
    expect(budgetOf({ falseTrips: { count: 2, perAgentHours: 10_000 }, alerts: { count: 1, perCalls: 100 } })).toEqual({ agentHoursPerFalseTrip: 5_000, alertsPerCall: 0.01 });
    expect(budgetOf({ agentHoursPerFalseTrip: 7_000 })).toMatchObject({ agentHoursPerFalseTrip: 7_000 });
  });
});

describe("orders about a baseline in the configuration", () => {
  const baselineOf = (baseline?: object) => configuredFacts(checkConfig(LauncherConfig, { agents: [agent("a", baseline === undefined ? {} : { baseline })] }), new Uint8Array(32)).agents[0]?.baseline;
  it("become facts, and none where none was given", () => {
    expect(baselineOf({ frozen: true })).toEqual({ frozen: true, learnFromMs: null });
    expect(baselineOf({ learnFrom: "2030-01-01" })).toEqual({ frozen: false, learnFromMs: Date.UTC(2030, 0, 1) });
    expect([baselineOf(), baselineOf({}), baselineOf({ frozen: false })]).toEqual([undefined, undefined, undefined]);
  });
  it("are refused where the time is none", () => {
    expect(check({ agents: [agent("a", { baseline: { learnFrom: "yesterday" } })] })).toThrow(/learnFrom of the baseline of agent "a"/);
  });
});

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
