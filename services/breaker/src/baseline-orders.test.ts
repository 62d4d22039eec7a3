import { type AgentRegistration, type BaselineOrder, ERRORS } from "@tripline/model";
import { fastify } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AGENT, KEY, TENANT, world, type World } from "./breaker.fixture.ts";
import type { BreakerModule } from "./breaker.ts";

let w: World;
let breaker: BreakerModule;

beforeEach(async () => {
  w = await world();
  breaker = w.breaker();
  await breaker.start();
});
afterEach(async () => {
  await breaker.stop();
  await w.log.close();
  await w.store.close();
});

async function order(kind: string, over: object = {}) {
  const app = fastify();
  breaker.routes(app, TENANT);
  const answer = await app.inject({ method: "POST", url: "/v1/baseline-orders", payload: { kind, agent: AGENT, by: "soc", reason: "test", ...over } });
  await app.close();
  return { status: answer.statusCode, body: answer.json<{ agent: AgentRegistration; code: string; message: string }>() };
}
const recorded = async (): Promise<BaselineOrder | undefined> => (await w.records("agents")).at(-1)?.baseline;
const ordered = { by: "soc", reason: "test" };

describe("orders of a baseline", () => {
  it("freeze it and let it learn again, each on record with who and why", async () => {
    expect(await order("freeze")).toMatchObject({ status: 200, body: { agent: { agent: AGENT, baseline: { frozen: true, learnFromMs: null, ordered } } } });
    expect(await recorded()).toEqual({ frozen: true, learnFromMs: null, ordered });
    await order("unfreeze", { by: "lead" });
    expect(await recorded()).toEqual({ frozen: false, learnFromMs: null, ordered: { by: "lead", reason: "test" } });
    const versions = (await w.records("agents")).map((agent) => agent.version);
    expect(versions.at(-1)).toBe(versions.at(-3)! + 2);
  });

  it("have it learned afresh, from now on or from a time given", async () => {
    const beganMs = Date.now();
    await order("relearn");
    expect((await recorded())?.learnFromMs).toBeGreaterThanOrEqual(beganMs);
    await order("relearn", { fromMs: 5 });
    expect(await recorded()).toEqual({ frozen: false, learnFromMs: 5, ordered });
  });

  it("are refused where they change nothing, or would leave a baseline empty for ever", async () => {
    expect((await order("unfreeze")).body.message).toMatch(/not frozen/);
    await order("freeze");
    expect((await order("freeze")).body.message).toMatch(/is frozen/);
    expect((await order("relearn")).body.message).toMatch(/unfreeze it first/);
  });

  it("are refused where the configuration states it, for the next start would undo them", async () => {
    const known = (await w.records("agents")).at(-1)!;
    await w.append("agents", KEY, { ...known, version: 9, baseline: { frozen: true, learnFromMs: null } });
    await expect.poll(async () => (await order("unfreeze")).body.message).toMatch(/configuration states/);
  });

  it("are refused of an agent that nobody registered, and of what is no order", async () => {
    expect((await order("freeze", { agent: "nobody" })).body.message).toContain(ERRORS.TL_AGENT_UNKNOWN.text);
    for (const over of [{ kind: "forget" }, { fromMs: 5 }, { fromMs: -1 }, { by: "" }, { agent: "a b" }]) expect((await order("freeze", over)).status).not.toBe(200);
  });
});
