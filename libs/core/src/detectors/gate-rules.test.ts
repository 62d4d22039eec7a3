import { beforeAll, describe, expect, it } from "vitest";
import type { Action, AgentRegistration, CredentialRecord, Request } from "@tripline/model";
import { prepareClassifiers } from "../classify/sql/prepare.ts";
import { decide } from "../decision/decide.ts";
import { initialRecord } from "../breaker/breaker.ts";
import { GateMemory } from "../gate-memory/gate-memory.ts";
import { Registry } from "../registry/registry.ts";
import { gateCoverage } from "./gate-bypass.ts";
import { inspectHardRules } from "./hard-rules.ts";
import { observe } from "./observe.ts";

const MARK = "d".repeat(64);

function registry(agent: Partial<AgentRegistration> = {}): Registry {
  const known = new Registry();
  const common = { v: 1 as const, version: 1, tenant: "t", atMs: 0 };
  known.apply("agents", { ...common, agent: "bot", role: null, owner: "ops", environment: "staging", status: "active", ...agent });
  known.apply("resources", { ...common, kind: "table", id: "orders", environment: "production", protection: "unknown" });
  return known;
}

function withDecoys(): Registry {
  const known = registry();
  const common = { v: 1 as const, version: 1, tenant: "t", atMs: 0 };
  const credential: CredentialRecord = {
    ...common, id: "bait", provider: "decoy", providerRef: "bait", kind: "api-token", fingerprint: MARK, principal: "root-of-backups", environment: "production", reach: [], issuedTo: [],
    alsoUsedBy: [], autoRevoke: "page", replacement: null, status: "active", decoy: true,
  };
  known.apply("credentials", credential);
  known.apply("resources", { ...common, kind: "table", id: "customer_cards", environment: "staging", protection: "unknown", decoy: true });
  known.apply("resources", { ...common, kind: "endpoint", id: "vault.example.com/v1/keys", environment: "staging", protection: "unknown", decoy: true });
  return known;
}

const shell = (command: string): Request => ({ kind: "shell", command });
const sql = (text: string): Request => ({ kind: "sql", system: "postgresql", text });

function action(request: Request, over: Partial<Action> = {}): Action {
  return {
    v: 1, id: "c1:result", callId: "c1", tenant: "t", agent: { id: "bot", name: null, version: null, role: null, runtime: null }, assurance: "channel", claimedAgent: null,
    session: null, parentSession: null, task: null, phase: "result", eventMs: 1, tool: "tool", operation: null, request, inputs: null, outputs: null, provenance: {},
    resource: null, credentials: [], environment: "staging", outcome: { status: "ok", errorType: null }, decision: null, reasoning: null,
    source: { dialect: "test", signal: "trace", traceId: null, spanId: null, parentSpanId: null }, ...over,
  };
}

const asked = (request: Request, outcome: "allow" | "deny" | "hold", over: Partial<Action> = {}): Action =>
  action(request, { id: "gate:1", phase: "decision", outcome: null, decision: { outcome, by: "gate", reason: "" }, source: { dialect: "gate-decide", signal: "gate", traceId: null, spanId: null, parentSpanId: null }, ...over });

/** Rules of the last of these records, read in order. */
function rulesAfter(records: readonly Action[], known = registry()): string[] {
  const gates = new GateMemory();
  return records.map((one) => inspectHardRules(observe(one, 1_000, known, undefined, gates), { registry: known })).at(-1)!.map(({ rule }) => rule);
}

beforeAll(() => prepareClassifiers());

describe("a call that the gate decided", () => {
  const drop = sql("DROP TABLE sessions");
  const there = { resource: { kind: "database", id: "db", environment: "staging" } };

  it("does not trip again by its result once it was allowed; without the gate's word it does", () => {
    expect(rulesAfter([action(drop, there)])).toEqual(["irreversible.sql.drop-table"]);
    expect(rulesAfter([asked(drop, "allow", there), action(drop, there)])).toEqual([]);
  });

  it("trips where another operation or target runs under its call id", () => {
    expect(rulesAfter([asked(drop, "allow", there), action(sql("DROP TABLE users"), there)])).toEqual(["irreversible.sql.drop-table"]);
    expect(rulesAfter([asked(sql("SELECT 1"), "allow", there), action(drop, there)])).toEqual(["irreversible.sql.drop-table"]);
  });

  it("trips on an allowed call that crosses environments or uses somebody else's credential", () => {
    const update = sql("UPDATE orders SET total = 0 WHERE id = 4");
    expect(rulesAfter([asked(update, "allow"), action(update)])).toEqual(["environment.crossing"]);
  });

  it("was bypassed where it was refused, or waits, and ran all the same; reads too", () => {
    for (const outcome of ["deny", "hold"] as const) {
      expect(rulesAfter([asked(drop, outcome, there), action(drop, there)])).toEqual(["irreversible.sql.drop-table", "gate.bypassed"]);
      expect(rulesAfter([asked(sql("SELECT 1"), outcome, there), action(sql("SELECT 1"), there)])).toEqual(["gate.bypassed"]);
    }
    expect(rulesAfter([asked(drop, "deny", there), action(drop, { ...there, outcome: null })])).toContain("gate.bypassed");
  });

  it("was not where the runtime says that it was refused, that it failed, or only that it was to be", () => {
    const status = (one: "refused" | "error") => ({ ...there, outcome: { status: one, errorType: null } });
    expect(rulesAfter([asked(drop, "hold", there), action(drop, status("refused"))])).toEqual([]);
    expect(rulesAfter([asked(drop, "deny", there), action(drop, status("error"))])).toEqual([]);
    expect(rulesAfter([asked(drop, "hold", there), action(drop, { ...there, phase: "attempt", outcome: null })])).toEqual([]);
  });
});

describe("an agent that must ask the gate", () => {
  const required = registry({ gate: "required" });
  const write = shell("touch notes.txt");
  const soft = (one: Action, known: Registry, gates?: GateMemory) => gateCoverage.inspect(observe(one, 1_000, known, undefined, gates), null, { registry: known });

  it("trips on what destroys or reaches production and no decision covers", () => {
    expect(rulesAfter([action(shell("rm -rf /srv/data"))], required)).toContain("gate.bypass");
    expect(rulesAfter([action(sql("INSERT INTO orders VALUES (1)"))], required)).toContain("gate.bypass");
    expect(rulesAfter([action(shell("rm -rf /srv/data"))])).not.toContain("gate.bypass");
    expect(rulesAfter([action(shell("rm -rf /srv/data"), { outcome: { status: "refused", errorType: null } })], required)).not.toContain("gate.bypass");
  });

  it("is only told of for the rest, and not for reads, nor for what the gate decided as it was", () => {
    expect(soft(action(write), required)).toMatchObject([{ weight: "soft", rule: "gate.bypass" }]);
    expect(soft(action(write), registry())).toEqual([]);
    expect(soft(action(shell("cat notes.txt")), required)).toEqual([]);
    const gates = new GateMemory();
    observe(asked(write, "allow"), 1_000, required, undefined, gates);
    expect(soft(action(write), required, gates)).toEqual([]);
    expect(soft(action(shell("git push origin main")), required, gates)[0]?.summary).toContain("another operation under its call id");
  });
});

describe("a decoy", () => {
  const known = withDecoys();
  const read = shell("cat notes.txt");
  const get = (url: string): Request => ({ kind: "http", method: "GET", url, body: null });

  it("trips whoever uses its credential, with a read even", () => {
    const credentials = [{ fingerprint: MARK, principal: null, leaseId: null }];
    expect(rulesAfter([action(read, { credentials })], known)).toEqual(["decoy.touched"]);
    expect(rulesAfter([action(read, { credentials: [{ fingerprint: null, principal: "root-of-backups", leaseId: null }] })], known)).toEqual(["decoy.touched"]);
    expect(rulesAfter([action(read, { credentials, assurance: "claimed" })], known)).toEqual([]);
    expect(rulesAfter([action(read, { credentials: [{ fingerprint: "e".repeat(64), principal: null, leaseId: null }] })], known)).toEqual([]);
  });

  it("trips whoever reads its resource or asks its endpoint, however the address is spelled, and nobody beside it", () => {
    expect(rulesAfter([action(read, { resource: { kind: "table", id: "customer_cards", environment: null } })], known)).toEqual(["decoy.touched"]);
    expect(rulesAfter([action(read, { resource: { kind: "table", id: "customers", environment: null } })], known)).toEqual([]);
    for (const url of ["https://vault.example.com/v1/keys", "https://VAULT.example.com:443/v1//keys/7?x=1", "https://vault.example.com/v1/%6beys/", "https://vault.example.com./v1/keys"]) {
      expect(rulesAfter([action(get(url))], known), url).toEqual(["decoy.touched"]);
    }
    for (const url of ["https://vault.example.com/v1/keysets", "https://vault.example.com/v1", "https://vault.example.com.evil.test/v1/keys"]) expect(rulesAfter([action(get(url))], known), url).toEqual([]);
  });

  it("is denied by the gate before anything else that is asked of the call", () => {
    const context = { registry: known, breaker: initialRecord("t/bot"), isCurrent: true, injected: null };
    const credentials = [{ fingerprint: MARK, principal: null, leaseId: null }];
    expect(decide(observe(action(read, { phase: "decision", outcome: null, credentials }), 1_000, known), context)).toMatchObject({ kind: "deny", by: "decoy.touched" });
    expect(decide(observe(action(read, { phase: "decision", outcome: null }), 1_000, known), context)).toMatchObject({ kind: "allow" });
  });

  it("is none any more once its record says so", () => {
    const later = withDecoys();
    expect(later.hasDecoys("t")).toBe(true);
    for (const [kind, id] of [["table", "customer_cards"], ["endpoint", "vault.example.com/v1/keys"]] as const) later.apply("resources", { v: 1, version: 2, tenant: "t", kind, id, environment: "staging", protection: "unknown", atMs: 1 });
    const { decoy: _decoy, ...plain } = later.credential("t", "bait")!;
    later.apply("credentials", { ...plain, version: 2 });
    expect(later.hasDecoys("t")).toBe(false);
    expect(later.decoyEndpoints("t")).toEqual([]);
  });
});
