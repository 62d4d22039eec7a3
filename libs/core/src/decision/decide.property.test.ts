import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { agentKey } from "@tripline/model";
import { initialRecord } from "../breaker/breaker.ts";
import { prepareClassifiers } from "../classify/sql/prepare.ts";
import type { Verdict } from "../classify/verdict.ts";
import { isSideEffect } from "../detectors/evidence.ts";
import { observe } from "../detectors/observe.ts";
import { decide } from "./decide.ts";
import { action, at, by, decided, DESTROY, DROP, grant, NOW_MS, on, READ, registryWith, type Situation, UNKNOWN, UNPROTECT, WRITE } from "./decide.fixture.ts";

beforeAll(() => prepareClassifiers());

const verdict = fc.constantFrom(READ, WRITE, DROP, DESTROY, UNKNOWN, UNPROTECT);
const target = fc.constantFrom(at("volume", "prod-vol"), at("volume", "staging-vol"), at("volume", "dev-vol"), at("table", "x"), at("table", "x", "production"), at("table", "x", "staging"), at("path", "dist"));
const verdicts = fc.array(fc.tuple(verdict, fc.array(target, { maxLength: 3 })).map(([one, targets]) => on(one, ...targets)), { minLength: 1, maxLength: 4 });
const patterns = fc.array(fc.constantFrom("*", "sql.*", "sql.drop-table", "railway.volumeDelete", "staging-vol", "x"), { maxLength: 3 });
const grants = fc.array(
  fc.record({ operations: patterns, irreversible: patterns, resources: patterns, environments: fc.constantFrom<string[]>([], ["staging"], ["staging", "development"]) }).map((over) => grant(over)),
  { maxLength: 2 },
).map((all) => all.map((one, index) => ({ ...one, id: `g${index}` })));
const effects = (all: readonly Verdict[]): boolean => all.some(isSideEffect);

describe("no call, whatever it holds and whatever is granted,", () => {
  it("has a side effect while the breaker is open or held, while probing, or while the state may be out of date", () => {
    const stopped = fc.constantFrom<Situation>(
      { breaker: { position: { state: "open", tripId: "t", sinceMs: 1 } } },
      { breaker: { holds: [{ id: "h", by: "ann", reason: "", atMs: 1 }] } },
      { breaker: { position: { state: "probing", tripId: "t", sinceMs: 1, actionsLeft: 5 } } },
      { isCurrent: false },
    );
    fc.assert(fc.property(verdicts, grants, stopped, (all, granted, situation) => {
      const { kind } = decided(all, {}, { registry: registryWith(granted), ...situation });
      expect(kind === "deny" || !effects(all)).toBe(true);
    }), { numRuns: 500 });
  });
  it("reaches production from staging, be it to read, allowed or held", () => {
    fc.assert(fc.property(verdicts, grants, fc.nat(4), (all, granted, place) => {
      const crossing = all.toSpliced(Math.min(place, all.length), 0, on(WRITE, at("volume", "prod-vol")));
      expect(decided(crossing, {}, { registry: registryWith(granted) }).kind).toBe("deny");
      const reading = [...all, on(READ, at("volume", "prod-vol"))];
      expect(decided(reading, {}, { registry: registryWith(granted) }).kind).toBe("deny");
    }), { numRuns: 500 });
  });
  it("does what is irreversible without a grant that names it", () => {
    fc.assert(fc.property(verdicts, (all) => {
      const { kind } = decided([...all, on(DROP, at("volume", "staging-vol"))]);
      expect(kind).not.toBe("allow");
    }), { numRuns: 500 });
  });
  it("is decided more mildly for one part more", () => {
    const rank = { allow: 0, hold: 1, deny: 2 };
    fc.assert(fc.property(verdicts, verdicts, grants, fc.constantFrom("bot", "ops-bot", "drifter"), (all, more, granted, agent) => {
      const registry = registryWith(granted.map((one) => ({ ...one, agent })));
      const [fewer, whole] = [decided(all, by(agent), { registry }), decided([...all, ...more], by(agent), { registry })];
      expect(rank[whole.kind]).toBeGreaterThanOrEqual(rank[fewer.kind]);
      if (fewer.kind === "hold" && whole.kind === "hold") expect(whole.needed).toBeGreaterThanOrEqual(fewer.needed);
    }), { numRuns: 500 });
  });
});

it("answers arbitrary actions, and never throws", () => {
  const text = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: "binary", maxLength: 60 }), fc.constantFrom("DROP TABLE users", "rm -rf /", "mutation { volumeDelete(volumeId: \"v\") }", "{\"sql\":\"delete from t\"}"));
  const request = fc.oneof(
    fc.constant(null),
    text.map((command) => ({ kind: "shell" as const, command })),
    text.map((sql) => ({ kind: "sql" as const, system: "postgresql", text: sql })),
    fc.tuple(text, text, text).map(([method, url, body]) => ({ kind: "http" as const, method, url, body })),
    fc.tuple(text, text).map(([document, variables]) => ({ kind: "graphql" as const, url: null, document, operationName: null, variables })),
  );
  const registry = registryWith([grant({ operations: ["sql.*"], irreversible: ["*"] })]);
  fc.assert(fc.property(request, text, text, text, fc.constantFrom("bot", "ops-bot", "drifter"), (asked, tool, inputs, id, agent) => {
    const captured = { text: inputs, fullBytes: inputs.length, truncated: false, digest: "0".repeat(64) };
    const resource = id === "" ? null : { kind: tool, id, environment: inputs };
    const observed = observe(action({ ...by(agent), request: asked, tool, inputs: captured, resource, environment: id, credentials: [{ fingerprint: id, principal: inputs, leaseId: tool }] }), NOW_MS, registry);
    const decision = decide(observed, { registry, breaker: initialRecord(agentKey("t", agent)), isCurrent: true, injected: null });
    expect(["allow", "deny", "hold"]).toContain(decision.kind);
  }), { numRuns: 1_000 });
});
