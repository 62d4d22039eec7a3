import { describe, expect, it } from "vitest";
import type { Action, BreakerRecord } from "@tripline/model";
import { initialRecord } from "../breaker/breaker.ts";
import { verdictOf } from "../classify/compose.ts";
import type { Verdict } from "../classify/verdict.ts";
import { observe } from "../detectors/observe.ts";
import { decide, refusedCaller } from "./decide.ts";
import {
  action, at, by, CREDENTIAL, decided, DESTROY, DROP, FOREIGN_PRODUCTION, FOREIGN_STAGING, grant, on, OWN, READ, registryWith, type Situation, UNKNOWN, UNPROTECT, use, WRITE,
} from "./decide.fixture.ts";

const answer = (verdicts: readonly Verdict[], over: Partial<Action> = {}, situation: Situation = {}): string => {
  const { kind, by: rule } = decided(verdicts, over, situation);
  return `${kind} ${rule}`;
};
const STAGING = on(WRITE, at("volume", "staging-vol"));
const OPEN: Partial<BreakerRecord> = { position: { state: "open", tripId: "t1", sinceMs: 1 } };
const PROBING: Partial<BreakerRecord> = { position: { state: "probing", tripId: "t1", sinceMs: 1, actionsLeft: 3 } };
const HELD: Partial<BreakerRecord> = { holds: [{ id: "h", by: "ann", reason: "looks odd", atMs: 1 }] };

describe("who calls", () => {
  it("refuses an identity that is only claimed, unregistered or retired, even for a read", () => {
    expect(answer([READ], { assurance: "claimed" })).toBe("deny identity.claimed");
    expect(answer([READ], by("stranger"))).toBe("deny identity.unregistered");
    expect(answer([READ], by("retired"))).toBe("deny identity.unregistered");
  });
  it("refuses everything while a human holds the agent or its breaker is open, and says why", () => {
    expect(decided([READ], {}, { breaker: HELD })).toMatchObject({ kind: "deny", by: "breaker.held", reason: "A human holds bot: looks odd" });
    expect(answer([READ], {}, { breaker: OPEN })).toBe("deny breaker.open");
    expect(answer([READ], {}, { breaker: { ...PROBING, ...HELD } })).toBe("deny breaker.held");
  });
  it("is told by the caller alone wherever that decides, in the same words", () => {
    const registry = registryWith();
    for (const [over, breaker] of [[{ assurance: "claimed" }, {}], [by("stranger"), {}], [by("retired"), {}], [{}, HELD], [{}, OPEN], [{}, { ...OPEN, ...HELD }], [{}, PROBING], [{}, {}]] as const) {
      const record = { ...initialRecord("t/bot"), ...breaker } as BreakerRecord;
      const alone = refusedCaller(action(over), { registry, breaker: record });
      const whole = decided([READ], over, { registry, breaker });
      expect(alone).toEqual(whole.kind === "deny" ? whole : null);
    }
  });
  it("lets a probing agent read, and marks that as one of its calls; nothing else passes, whatever a grant says", () => {
    expect(decided([READ], {}, { breaker: PROBING })).toMatchObject({ kind: "allow", by: "read", probes: true });
    const registry = registryWith([grant({ irreversible: ["sql.*"] })]);
    expect(answer([STAGING], {}, { breaker: PROBING, registry })).toBe("deny breaker.probing");
    expect(answer([READ, on(DROP, at("table", "staging-table"))], {}, { breaker: PROBING, registry })).toBe("deny breaker.probing");
  });
});

describe("environments", () => {
  const generous = registryWith([grant({ operations: ["*"], irreversible: ["*"] })]);
  it("never injects a credential of another environment, even for a read", () => {
    const injected = { id: "prod-token", environment: "production" };
    expect(answer([READ], {}, { injected })).toBe("deny environment.credential");
    expect(answer([READ], by("drifter"), { injected })).toBe("deny environment.credential");
    expect(answer([READ], by("ops-bot"), { injected })).toBe("allow read");
  });
  it("refuses a call that shows a credential of another environment, even for a read", () => {
    expect(answer([READ], { credentials: [use(FOREIGN_PRODUCTION)] })).toBe("deny environment.credential");
    expect(answer([READ], { credentials: [use(OWN), { fingerprint: OWN, principal: null, leaseId: null }, use(FOREIGN_PRODUCTION)] })).toBe("deny environment.credential");
  });
  it("refuses a side effect outside them, whatever a grant of operations says", () => {
    expect(answer([on(WRITE, at("volume", "prod-vol"))], {}, { registry: generous })).toBe("deny environment.crossing");
    expect(answer([on(WRITE, at("volume", "dev-vol"))], {}, { registry: generous })).toBe("deny environment.crossing");
    expect(answer([STAGING], {}, { registry: generous })).toBe("allow ordinary");
  });
  it("refuses even a read of production", () => {
    expect(answer([on(READ, at("volume", "prod-vol"))])).toBe("deny environment.crossing");
    expect(answer([on(READ, at("volume", "dev-vol"))])).toBe("allow read");
    expect(answer([on(READ, at("database", "shop", "production"))])).toBe("deny environment.crossing");
    expect(answer([on(READ, at("url", "api.prod.example.com/v1", "production"))])).toBe("deny environment.crossing");
  });
  it("leaves reading a page or a file about production alone", () => {
    expect(answer([on(READ, at("url", "docs.example.com/guides/production", "production"))])).toBe("allow read");
    expect(answer([on(READ, at("path", "deploy/production.md", "production"))])).toBe("allow read");
  });
  it("recognise a registered resource by kind and id in the path of an address, and neither alone", () => {
    const remove = verdictOf({ operation: "http.delete", effect: "delete", reversibility: "irreversible", reason: "Deletes." }, "r");
    for (const path of ["volumes/prod-vol", "volume/prod%2Dvol/", "projects/1/volumes/prod-vol/attachments"]) {
      expect(answer([on(remove, at("url", `api.example.com/v1/${path}`))]), path).toBe("deny environment.crossing");
      expect(answer([on(READ, at("url", `api.example.com/v1/${path}`))]), path).toBe("deny environment.crossing");
    }
    for (const path of ["things/prod-vol", "volumes/other", "volumes/staging-vol"]) expect(answer([on(remove, at("url", `api.example.com/v1/${path}`))]), path).toBe("hold irreversible.http.delete");
  });
  it("believes the inventory over the call", () => {
    expect(answer([on(WRITE, at("volume", "prod-vol", "staging"))])).toBe("deny environment.crossing");
    expect(answer([WRITE], { resource: { kind: "volume", id: "prod-vol", environment: "staging" } })).toBe("deny environment.crossing");
    expect(answer([on(WRITE, at("volume", "staging-vol", "production"))])).toBe("allow ordinary");
  });
  it("refuses the whole call where one part of it crosses, be it behind something else that asks for approval", () => {
    expect(answer([READ, STAGING, on(WRITE, at("volume", "prod-vol"))])).toBe("deny environment.crossing");
    expect(answer([on(DESTROY, at("volume", "nobody-knows")), on(WRITE, at("volume", "prod-vol"))])).toBe("deny environment.crossing");
  });
  it("believes what the call says against it, not what it says for it", () => {
    expect(answer([on(WRITE, at("database", "shop", "production"))])).toBe("deny environment.crossing");
    const registry = registryWith([grant({ irreversible: ["sql.drop-table"] })]);
    expect(answer([on(DROP, at("database", "shop", "staging"))], {}, { registry })).toBe("hold irreversible.sql.drop-table");
    expect(decided([on(UNKNOWN, at("database", "shop", "staging"))])).toMatchObject({ kind: "hold", environment: "unknown" });
  });
  it("keeps an agent that nobody placed out of production", () => {
    expect(answer([on(WRITE, at("volume", "prod-vol"))], by("drifter"))).toBe("deny environment.crossing");
    expect(answer([on(READ, at("volume", "prod-vol"))], { ...by("drifter"), environment: "production" })).toBe("deny environment.crossing");
    expect(answer([STAGING], by("drifter"))).toBe("allow ordinary");
  });
  it("refuses a side effect with a credential that was never issued to the agent", () => {
    expect(answer([STAGING], { credentials: [use(FOREIGN_STAGING)] })).toBe("deny credential.never-issued");
    expect(answer([on(DROP, at("table", "staging-table"))], { credentials: [use("d".repeat(64))] })).toBe("deny credential.unregistered-irreversible");
    expect(answer([STAGING], { credentials: [use(OWN)] })).toBe("allow ordinary");
  });
});

describe("state that may be out of date", () => {
  it("lets reads pass unless policy refuses them, and nothing else", () => {
    expect(answer([READ], {}, { isCurrent: false })).toBe("allow read");
    expect(answer([READ], {}, { isCurrent: false, registry: registryWith([], { staleReads: "deny" }) })).toBe("deny gate.stale");
    expect(answer([STAGING], {}, { isCurrent: false })).toBe("deny gate.stale");
    expect(answer([on(DROP, at("table", "staging-table"))], {}, { isCurrent: false, registry: registryWith([grant({ irreversible: ["*"] })]) })).toBe("deny gate.stale");
  });
});

describe("what is held", () => {
  it("is irreversible, known place or not, and says where", () => {
    const held = decided([on(DROP, at("table", "staging-table"))]);
    expect(held).toMatchObject({ kind: "hold", by: "irreversible.sql.drop-table", level: "standard", environment: "staging", needed: 1, verdict: { saferAlternative: "Rename it first." } });
    expect(held.reason).toBe("bot calls sql.drop-table on table staging-table (staging): Drops.");
    expect(decided([DROP])).toMatchObject({ kind: "hold", environment: "unknown", reason: "bot calls sql.drop-table on whatever its credential reaches (an unknown environment): Drops." });
  });
  it("is whatever takes away the means of recovery, reversible or not", () => {
    expect(decided([on(DESTROY, at("volume", "staging-vol"))])).toMatchObject({ kind: "hold", level: "highest" });
    expect(decided([on(UNPROTECT, at("volume", "staging-vol"))])).toMatchObject({ kind: "hold", by: "protection.volume", level: "highest" });
  });
  it("is held as its gravest part asks: level, environment and approvers", () => {
    const registry = registryWith([grant({ agent: "ops-bot", environments: ["staging", "production"] })], { approversInProduction: 2 });
    const parts = [on(DROP, at("table", "staging-table")), on(DESTROY, at("volume", "prod-vol"))];
    expect(decided(parts, by("ops-bot"), { registry })).toMatchObject({ kind: "hold", by: "irreversible.sql.drop-table", level: "highest", environment: "production", needed: 2 });
    expect(decided([on(DROP, at("volume", "staging-vol"), at("volume", "prod-vol"))], by("ops-bot"), { registry })).toMatchObject({ environment: "production", needed: 2 });
    expect(decided([on(DROP, at("volume", "staging-vol"), at("volume", "nobody-knows"))], {}, { registry })).toMatchObject({ environment: "unknown", needed: 2 });
  });
  it("never takes fewer approvers in production than elsewhere", () => {
    const registry = registryWith([], { approversInProduction: 1, approversElsewhere: 3 });
    expect(decided([on(DROP, at("volume", "prod-vol"))], by("ops-bot"), { registry })).toMatchObject({ kind: "hold", needed: 3 });
  });
  it("is what nobody can tell the effect of: in production, where nobody knows, and elsewhere if policy says so", () => {
    expect(answer([on(UNKNOWN, at("volume", "prod-vol"))], by("ops-bot"))).toBe("hold unknown.tool.frobnicate");
    expect(answer([UNKNOWN])).toBe("hold unknown.tool.frobnicate");
    const staging = on(UNKNOWN, at("volume", "staging-vol"));
    expect(answer([staging])).toBe("allow ordinary");
    expect(answer([staging], {}, { registry: registryWith([], { unknownEffects: "hold" }) })).toBe("hold unknown.tool.frobnicate");
    expect(answer([UNKNOWN], {}, { injected: { id: "own", environment: "staging" } })).toBe("allow ordinary");
  });
  it("is a request that could not be read whole, wherever it goes: whoever sends it chooses that", () => {
    const registry = registryWith();
    const staging = { registry, isCurrent: true, injected: { id: "own", environment: "staging" }, breaker: initialRecord("t/bot") };
    const sent = (body: string) => decide(observe(action({ request: { kind: "http", method: "POST", url: "https://api.staging.example/v1/things", body } }), 1_000, registry), staging);
    expect(sent('{"name":"x"}')).toMatchObject({ kind: "allow", by: "ordinary" });
    expect(sent(`{"name":"${"x".repeat(20_000)}"}`)).toMatchObject({ kind: "hold", by: expect.stringMatching(/^unknown\./u) });
  });
  it("is not an agent's own uncommitted work", () => {
    expect(answer([{ ...on(DROP, at("directory", ".")), operation: "git.reset-hard", confinedTo: "workspace" }])).toBe("allow ordinary");
  });
});

describe("grants", () => {
  const drop = on(DROP, at("table", "staging-table"));
  it("approve in advance what they name, in their environments, on their resources, in their time", () => {
    expect(decided([drop], {}, { registry: registryWith([grant({ irreversible: ["sql.*"] })]) })).toMatchObject({ kind: "allow", by: "grant.standing-approval", durableFirst: true });
    for (const over of [{ irreversible: [] }, { irreversible: ["sql.*"], environments: ["development"] }, { irreversible: ["sql.*"], resources: ["other-*"] }, { irreversible: ["sql.*"], expiresAtMs: 2_000 }]) {
      expect(answer([drop], {}, { registry: registryWith([grant(over)]) }), JSON.stringify(over)).toBe("hold irreversible.sql.drop-table");
    }
  });
  it("cover a place that nobody knows only by its name, and never one thing by another", () => {
    const unknown = on(DROP, at("table", "scratch-1"));
    expect(answer([unknown], {}, { registry: registryWith([grant({ irreversible: ["sql.*"] })]) })).toMatch(/^hold/u);
    expect(answer([unknown], {}, { registry: registryWith([grant({ irreversible: ["sql.*"], resources: ["*"] })]) })).toMatch(/^hold/u);
    expect(answer([unknown], {}, { registry: registryWith([grant({ irreversible: ["sql.*"], resources: ["scratch-*"] })]) })).toBe("allow grant.standing-approval");
    expect(answer([on(DROP, at("table", "staging-table"), at("table", "scratch-1"))], {}, { registry: registryWith([grant({ irreversible: ["sql.*"] })]) })).toMatch(/^hold/u);
    expect(answer([unknown], { resource: { kind: "table", id: "staging-table", environment: null } }, { registry: registryWith([grant({ irreversible: ["sql.*"] })]) })).toMatch(/^hold/u);
  });
  it("approve one irreversible part of a call, not the other", () => {
    const registry = registryWith([grant({ irreversible: ["sql.drop-table"] })]);
    expect(answer([drop, on(DESTROY, at("volume", "staging-vol"))], {}, { registry })).toBe("hold irreversible.railway.volumeDelete");
  });
  it("approve what takes away the means of recovery only by its full name", () => {
    const destroy = on(DESTROY, at("volume", "staging-vol"));
    expect(answer([destroy], {}, { registry: registryWith([grant({ irreversible: ["railway.*"] })]) })).toBe("hold irreversible.railway.volumeDelete");
    expect(answer([destroy], {}, { registry: registryWith([grant({ irreversible: ["railway.volumeDelete"] })]) })).toBe("allow grant.standing-approval");
  });
  it("hold side effects that they do not list, and leave reads", () => {
    const registry = registryWith([grant({ operations: ["sql.insert"] })]);
    expect(decided([STAGING], {}, { registry })).toMatchObject({ kind: "hold", by: "grant.sql.update", environment: "staging" });
    expect(answer([READ], {}, { registry })).toBe("allow read");
    expect(answer([STAGING], {}, { registry: registryWith([grant({ effects: ["write"] })]) })).toBe("allow ordinary");
    expect(answer([STAGING], {}, { registry: registryWith([grant({ operations: ["sql.*"], resources: ["other"] })]) })).toBe("hold grant.sql.update");
  });
  it("do not lend their operations to the environment that another grant opens", () => {
    const registry = registryWith([grant({ operations: ["sql.*"] }), grant({ id: "g2", environments: ["production"], operations: ["sql.insert"] })]);
    expect(answer([STAGING], {}, { registry })).toBe("allow ordinary");
    expect(answer([on(WRITE, at("volume", "prod-vol"))], {}, { registry })).toBe("hold grant.sql.update");
    const silent = registryWith([grant({ environments: [], operations: ["sql.*"], irreversible: ["sql.*"] }), grant({ id: "g2", environments: ["production"], operations: ["sql.insert"] })]);
    expect(answer([on(WRITE, at("volume", "prod-vol"))], {}, { registry: silent })).toBe("hold grant.sql.update");
    expect(answer([on(DROP, at("volume", "prod-vol"))], {}, { registry: silent })).toBe("hold irreversible.sql.drop-table");
  });
});

describe("what is allowed", () => {
  it("waits for its record unless it only reads", () => {
    expect(decided([READ])).toMatchObject({ kind: "allow", by: "read", durableFirst: false, probes: false });
    expect(decided([STAGING])).toMatchObject({ kind: "allow", by: "ordinary", durableFirst: true });
  });
  it("takes the environment of an injected credential for what the call leaves unsaid", () => {
    const registry = registryWith([grant({ irreversible: ["sql.drop-table"] })]);
    expect(answer([DROP], {}, { registry, injected: { id: "own", environment: "staging" } })).toBe("allow grant.standing-approval");
    expect(answer([DROP], { credentials: [use(OWN)] }, { registry })).toBe("allow grant.standing-approval");
    expect(answer([DROP], { credentials: [use(OWN), { fingerprint: null, principal: "who", leaseId: null }] }, { registry })).toBe("deny credential.unregistered-irreversible");
  });
  it("knows a credential by its principal and by its lease as well", () => {
    const registry = registryWith([grant({ irreversible: ["sql.drop-table"] })]);
    registry.apply("leases", { v: 1, version: 1, id: "l", tenant: "t", agent: "bot", grantId: "g", credentialId: CREDENTIAL.id, provider: "pg", status: "active", expiresAtMs: 9_000, atMs: 0 });
    expect(answer([DROP], { credentials: [{ fingerprint: null, principal: "bot_role", leaseId: null }] }, { registry })).toBe("allow grant.standing-approval");
    expect(answer([DROP], { credentials: [{ fingerprint: null, principal: null, leaseId: "l" }] }, { registry })).toBe("allow grant.standing-approval");
  });
});
