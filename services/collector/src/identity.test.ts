import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TOKENS, attempt, attributes, openWorld, toolSpan, traces, type World } from "./testing/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const CLAIM_NAMES = ["tripline.agent.id", "gen_ai.agent.id"];
/** Ways to say "I am bob" with alice's token. */
const value = fc.constantFrom<unknown>(
  "bob",
  { arrayValue: { values: [{ stringValue: "bob" }] } },
  { kvlistValue: { values: [{ key: "id", value: { stringValue: "bob" } }] } },
  { kvlistValue: { values: [{ key: "__proto__", value: { stringValue: "bob" } }] } },
);
const name = fc.constantFrom(...CLAIM_NAMES);
const spoof = fc.record({
  onSpan: fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 3 }),
  onResource: fc.array(fc.tuple(name, value), { maxLength: 3 }),
  honestFirst: fc.boolean(),
});

describe("telemetry that names another agent", () => {
  it("is filed under the channel's agent in every form, and the claim is recorded", async () => {
    let spans = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(spoof, { minLength: 1, maxLength: 20 }), async (spoofs) => {
        const groups = spoofs.map(({ onSpan, onResource, honestFirst }) => {
          spans += 1;
          const span = toolSpan(spans.toString(16).padStart(16, "0")) as { attributes: object[] };
          const honest = honestFirst ? attributes({ "tripline.agent.id": "alice" }) : [];
          const claims = onSpan.flatMap(([key, one]) => attributes({ [key]: one }));
          // A repeated key after an honest one is not seen at all, so the other name must speak for the test.
          if (honestFirst) claims.push(...attributes({ "gen_ai.agent.id": "bob" }));
          return {
            resource: { attributes: onResource.flatMap(([key, one]) => attributes({ [key]: one })) },
            scopeSpans: [{ spans: [{ ...span, attributes: [...span.attributes, ...honest, ...claims] }] }],
          };
        });
        expect((await world.send({ resourceSpans: groups })).status).toBe(200);
      }),
      { numRuns: 100 },
    );
    const actions = await world.actions();
    expect(actions).toHaveLength(spans);
    expect(new Set(actions.map(({ key }) => key))).toEqual(new Set(["acme/alice"]));
    expect(actions.every(({ action }) => action.agent.id === "alice" && action.assurance === "channel" && action.claimedAgent?.includes("bob"))).toBe(true);
    expect(await world.metrics()).toContain(`tripline_collector_identity_mismatch_total{kind="channel"} ${spans}`);
  });
});

describe("a relay", () => {
  const find = async (spanId: string) => (await world.actions()).find(({ action }) => action.source.spanId === spanId);
  const relayed = (spanId: string, span: Record<string, unknown>, resource: Record<string, unknown> = {}) =>
    world.send(traces([toolSpan(spanId, span)], resource), { token: TOKENS.relay });

  it("reports for an agent of its list", async () => {
    await relayed("ee00000000000001", {}, { "tripline.agent.id": "carol" });
    expect(await find("ee00000000000001")).toMatchObject({ key: "acme/carol", action: { assurance: "relay", claimedAgent: null } });
  });

  it("that names an agent outside its list is recorded under itself, as a claim", async () => {
    await relayed("ee00000000000002", {}, { "tripline.agent.id": "bob" });
    expect(await find("ee00000000000002")).toMatchObject({ key: "acme/gateway", action: { assurance: "claimed", claimedAgent: "bob" } });
  });

  it("that passes on two names is recorded under itself: one of them may be the agent's own invention", async () => {
    await relayed("ee00000000000003", { "tripline.agent.id": "alice" }, { "tripline.agent.id": "carol" });
    expect(await find("ee00000000000003")).toMatchObject({ key: "acme/gateway", action: { assurance: "claimed", claimedAgent: "alice" } });
  });

  it("that names nobody is recorded under itself", async () => {
    await relayed("ee00000000000004", {});
    expect(await find("ee00000000000004")).toMatchObject({ key: "acme/gateway", action: { assurance: "claimed", claimedAgent: null } });
  });
});

describe("hostile names", () => {
  it("change no prototype and come out as they went in", async () => {
    const provenance = '{"__proto__":"novel","constructor.prototype":"task","a":"tool-output"}';
    const hostile = { kvlistValue: { values: [{ key: "__proto__", value: { kvlistValue: { values: [{ key: "polluted", value: { boolValue: true } }] } } }] } };
    const answer = await world.send(attempt({ "gen_ai.tool.call.id": "hostile", "tripline.provenance": provenance, "gen_ai.tool.call.arguments": hostile }), { path: "/v1/logs" });
    expect(answer.status).toBe(200);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    const found = (await world.actions()).find(({ action }) => action.callId === "hostile");
    expect(found?.action.inputs?.text).toBe('{"__proto__":{"polluted":true}}');
    expect(Object.entries(found?.action.provenance ?? {})).toEqual(Object.entries(JSON.parse(provenance) as object));
  });
});
