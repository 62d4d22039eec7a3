import { describe, expect, it } from "vitest";
import type { Action, AgentRegistration, CredentialRecord, CredentialUse, Grant } from "@tripline/model";
import { verdictOf } from "../classify/compose.ts";
import type { Classification, Target, Verdict } from "../classify/verdict.ts";
import { Registry } from "../registry/registry.ts";
import type { Observed } from "./detector.ts";
import { inspectHardRules } from "./hard-rules.ts";

const OWN = "a".repeat(64);
const FOREIGN = "b".repeat(64);
const UNREGISTERED = "c".repeat(64);

function registry(grant: Partial<Grant> = {}): Registry {
  const known = new Registry();
  const agent: AgentRegistration = { v: 1, version: 1, tenant: "t", agent: "bot", role: "coder", owner: "ops", environment: "staging", status: "active", atMs: 0 };
  known.apply("agents", agent);
  known.apply("grants", {
    v: 1, version: 3, id: "g", tenant: "t", agent: "bot", task: null, environments: ["staging"], operations: [], resources: [], effects: [],
    irreversible: ["sql.drop-table"], expiresAtMs: null, atMs: 0, ...grant,
  });
  const credential: CredentialRecord = {
    v: 1, version: 1, id: "own", tenant: "t", provider: "pg", providerRef: "r", kind: "role", fingerprint: OWN, principal: "bot_role", environment: "staging",
    reach: [], issuedTo: ["bot"], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 0,
  };
  known.apply("credentials", credential);
  known.apply("credentials", { ...credential, id: "ops-token", fingerprint: FOREIGN, principal: null, environment: "production", issuedTo: [] });
  known.apply("resources", { v: 1, version: 1, tenant: "t", kind: "volume", id: "prod-vol", environment: "production", protection: "protected", atMs: 0 });
  return known;
}

const target = (kind: string, id: string, environment: string | null = null): Target => ({ kind, id, environment });
const use = (fingerprint: string): CredentialUse => ({ fingerprint, principal: null, leaseId: null });
const READ = verdictOf({ operation: "sql.select", effect: "read", reversibility: "reversible", reason: "Reads." }, "r");
const WRITE = verdictOf({ operation: "sql.update", effect: "write", reversibility: "recoverable", reason: "Writes." }, "r");
const drop = (...targets: Target[]): Verdict => verdictOf({ operation: "sql.drop-table", effect: "delete", reversibility: "irreversible", reason: "Drops." }, "r", targets);
const destroy = (...targets: Target[]): Verdict =>
  verdictOf({ operation: "railway.volumeDelete", effect: "delete", reversibility: "irreversible", reason: "Deletes a volume." }, "r", targets);

function observed(verdicts: Verdict[], action: Partial<Action> = {}): Observed {
  const base: Action = {
    v: 1, id: "x:result", callId: "x", tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
    session: "s", parentSession: null, task: null, phase: "result", eventMs: 1_000, tool: "tool", operation: null, request: null, inputs: null, outputs: null, provenance: {},
    resource: null, credentials: [], environment: null, outcome: null, decision: null, reasoning: null,
    source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null },
  };
  const classification: Classification = { verdicts, worst: verdicts[0]!, parse: "parsed" };
  return { action: { ...base, ...action }, classification, gate: null, receiveMs: 2_000, atMs: 1_000, agentEnvironment: "staging" };
}

const rules = (verdicts: Verdict[], action: Partial<Action> = {}, known = registry()) =>
  inspectHardRules(observed(verdicts, action), { registry: known }).map(({ rule }) => rule);

it("says in plain words what a call that names nothing may touch", () => {
  const [finding] = inspectHardRules(observed([destroy()], { credentials: [use(FOREIGN)] }), { registry: registry() }).filter(({ detector }) => detector === "environment-crossing");
  expect(finding?.summary).toContain("railway.volumeDelete took effect on whatever its credential reaches in production");
  const [unknown] = inspectHardRules(observed([destroy()]), { registry: registry() });
  expect(unknown?.summary).toContain("called railway.volumeDelete on whatever its credential reaches (environment unknown): ");
});

describe("irreversible-action", () => {
  it("trips at the first irreversible operation that no grant lists", () => {
    expect(rules([destroy(target("volume", "v1", "staging"))])).toEqual(["irreversible.railway.volumeDelete"]);
  });
  it("finds the irreversible operation among harmless ones of the same call", () => {
    expect(rules([READ, WRITE, destroy(target("volume", "v1", "staging"))], { credentials: [use(OWN)] })).toEqual(["irreversible.railway.volumeDelete"]);
  });
  it("leaves an agent its own uncommitted work", () => {
    const reset = verdictOf({ operation: "git.reset-hard", effect: "delete", reversibility: "irreversible", reason: "Discards.", confinedTo: "workspace" }, "r", [target("directory", ".")]);
    expect(rules([reset])).toEqual([]);
  });
  it("lets pass what a grant approves in advance, in its environment", () => {
    expect(rules([drop(target("table", "scratch", "staging"))])).toEqual([]);
  });
  it("does not stretch a grant to another environment, another resource, or beyond its expiry", () => {
    expect(rules([drop(target("table", "scratch", "production"))])).toContain("irreversible.sql.drop-table");
    expect(rules([drop(target("table", "users", "staging"))], {}, registry({ resources: ["scratch*"] }))).toEqual(["irreversible.sql.drop-table"]);
    expect(rules([drop(target("table", "scratch", "staging"))], {}, registry({ expiresAtMs: 2_000 }))).toEqual(["irreversible.sql.drop-table"]);
  });
  it("takes the agent's own credential as the place where the call names none", () => {
    expect(rules([drop(target("table", "scratch"))], { credentials: [use(OWN)] })).toEqual([]);
  });
  it("counts refused and failed calls, and attempts, like successful results", () => {
    const refused = { outcome: { status: "refused" as const, errorType: null } };
    expect(rules([destroy(target("volume", "v1", "staging"))], { ...refused, phase: "attempt" })).toEqual(["irreversible.railway.volumeDelete"]);
  });
  it("believes an approval from the gate, never one that telemetry states of itself", () => {
    const decision = { outcome: "allow" as const, by: "human", reason: "ok" };
    const source = observed([READ]).action.source;
    expect(rules([destroy(target("volume", "v1", "staging"))], { decision, source: { ...source, signal: "gate" } })).toEqual([]);
    expect(rules([destroy(target("volume", "v1", "staging"))], { decision })).toEqual(["irreversible.railway.volumeDelete"]);
  });
  it("never trips on a local deletion that can be undone", () => {
    const scratch = verdictOf({ operation: "shell.rm", effect: "delete", reversibility: "recoverable", reason: "Build output." }, "r", [target("path", "dist")]);
    expect(rules([scratch])).toEqual([]);
  });
  it("says nothing hard about an agent that was only claimed", () => {
    expect(rules([destroy(target("volume", "prod-vol"))], { assurance: "claimed", credentials: [use(FOREIGN)] })).toEqual([]);
  });
});

describe("environment-crossing", () => {
  it("trips on a side effect in another environment, and believes the inventory over the call", () => {
    const write = { ...WRITE, targets: [target("volume", "prod-vol", "staging")] };
    expect(rules([write])).toEqual(["environment.crossing"]);
  });
  it("lets reads cross", () => {
    expect(rules([{ ...READ, targets: [target("volume", "prod-vol")] }])).toEqual([]);
  });
  it("accepts every environment that a grant names", () => {
    expect(rules([{ ...WRITE, targets: [target("volume", "prod-vol")] }], {}, registry({ environments: ["production"] }))).toEqual([]);
  });
  it("trips on something irreversible where nobody knows the environment", () => {
    expect(rules([drop()])).toEqual(["irreversible.sql.drop-table", "environment.unknown-irreversible"]);
  });
  it("knows no environment for an agent that neither registration nor runtime places", () => {
    expect(inspectHardRules(observed([{ ...WRITE, targets: [target("volume", "prod-vol")] }]), { registry: new Registry() })).toEqual([]);
  });
});

describe("foreign-credential", () => {
  const mine = { environment: "staging" };
  it("trips on a side effect with a credential that was issued to somebody else, and names it", () => {
    const write = { ...WRITE, targets: [target("table", "t", "staging")] };
    const findings = inspectHardRules(observed([write], { ...mine, credentials: [use(FOREIGN)] }), { registry: registry() });
    expect(findings.map(({ rule }) => rule)).toEqual(["credential.never-issued"]);
    expect(findings[0]?.foreignCredentials).toEqual([FOREIGN]);
    expect(findings[0]?.decidedBy).toMatchObject({ grant: 3, registry: 5 });
    expect(findings[0]?.id).toBe("foreign-credential:x:result");
  });
  it("does not trip on a plain read with it", () => {
    expect(rules([READ], { credentials: [use(FOREIGN)] })).toEqual([]);
  });
  it("trips on an unregistered credential only with something irreversible, even an approved one", () => {
    expect(rules([{ ...WRITE, targets: [target("table", "t", "staging")] }], { credentials: [use(UNREGISTERED)] })).toEqual([]);
    expect(rules([drop(target("table", "t", "staging"))], { credentials: [use(UNREGISTERED)] })).toEqual(["credential.unregistered-irreversible"]);
  });
  it.each([
    ["alone", null],
    ["beside a made-up fingerprint", UNREGISTERED],
    ["beside the agent's own fingerprint", OWN],
  ])("marks somebody else's principal so that the breaker finds its credential: %s", (_where, fingerprint) => {
    const known = registry();
    const admin = { v: 1, version: 1, id: "admin-role", tenant: "t", provider: "pg", providerRef: "r2", kind: "role", fingerprint: null, principal: "db_admin" } as const;
    known.apply("credentials", { ...admin, environment: "staging", reach: [], issuedTo: ["dba"], alsoUsedBy: [], autoRevoke: "yes", replacement: null, status: "active", atMs: 0 });
    const findings = inspectHardRules(observed([WRITE], { credentials: [{ fingerprint, principal: "db_admin", leaseId: null }] }), { registry: known });
    expect(findings.map(({ rule }) => rule)).toContain("credential.never-issued");
    const marks = findings[0]?.foreignCredentials ?? [];
    expect(marks).toEqual(["principal:db_admin"]);
    expect(known.credentialByMark("t", marks[0]!)?.id).toBe("admin-role");
  });
  it("recognises its own credential by principal", () => {
    expect(rules([drop(target("table", "t"))], { credentials: [{ fingerprint: null, principal: "bot_role", leaseId: null }] })).toEqual([]);
  });
});
