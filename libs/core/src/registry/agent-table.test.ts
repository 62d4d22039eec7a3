import { type AgentRegistration, agentKey } from "@tripline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentTable } from "./agent-table.ts";

const registration = fc.record({
  v: fc.constant(1 as const),
  version: fc.integer({ min: 1, max: 1_000_000 }),
  tenant: fc.constantFrom("acme", "globex"),
  agent: fc.constantFrom("a", "b", "c", "d"),
  role: fc.constantFrom(null, "coder", "null"),
  owner: fc.constantFrom("x", "y", "z"),
  environment: fc.constantFrom("staging", "production"),
  status: fc.constantFrom("active", "retired"),
  atMs: fc.integer({ min: 0, max: 2_000_000_000_000 }),
}) satisfies fc.Arbitrary<AgentRegistration>;
const fact = (agent: string, owner: string): AgentRegistration => ({ v: 1, version: 1, tenant: "acme", agent, role: null, owner, environment: "staging", status: "active", atMs: 1 });

describe("the table of agents", () => {
  it("answers like a map of the newest facts, whatever was shared before", () => {
    const ordered = fc.tuple(registration, fc.constantFrom({}, { baseline: { frozen: true, learnFromMs: null } }, { baseline: { frozen: false, learnFromMs: 7 } })).map(([one, order]) => ({ ...one, ...order }));
    fc.assert(
      fc.property(fc.array(ordered, { maxLength: 60 }), (facts) => {
        const table = new AgentTable();
        const newest = new Map<string, AgentRegistration>();
        for (const one of facts) {
          const key = agentKey(one.tenant, one.agent);
          expect(table.put(one)).toBe(newest.get(key)?.status ?? null);
          newest.set(key, one);
        }
        expect([...table.all()]).toEqual([...newest.values()]);
        for (const [key, one] of newest) {
          expect(table.get(key as `${string}/${string}`)).toEqual(one);
          expect(table.profile(key as `${string}/${string}`)).toMatchObject({ role: one.role, environment: one.environment });
        }
        expect(table.get("acme/nobody")).toBeNull();
      }),
    );
  });

  it("holds many times more agents than it began with, at less than 128 bytes each", () => {
    const table = new AgentTable();
    for (let n = 0; n < 10_000; n += 1) table.put(fact(`agent-${n}`, `team-${n % 20}`));
    expect(table.get("acme/agent-0")?.owner).toBe("team-0");
    expect(table.get("acme/agent-9999")).toEqual(fact("agent-9999", "team-19"));
    expect(table.bytes / 10_000).toBeLessThan(128);
  });

  it("forgets what nobody has in common any more: an owner renamed for ever takes no more memory", () => {
    const table = new AgentTable();
    table.put(fact("a", "owner-0"));
    const before = table.bytes;
    for (let n = 1; n < 1_000; n += 1) table.put(fact("a", `owner-${n}`));
    expect(table.bytes).toBe(before);
    expect(table.get("acme/a")?.owner).toBe("owner-999");
  });
});
