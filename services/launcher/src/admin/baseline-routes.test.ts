import { Assessor, BaselineTable, learn, measure, newBaselineView } from "@tripline/core";
import Fastify from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { type AgentAccount, AGENTS_PER_ANSWER, registerBaselineRoutes } from "./baseline-routes.ts";

const policy = { budget: { agentHoursPerFalseTrip: 50_000, alertsPerCall: 0.002 } };
const apps: { close(): Promise<unknown> }[] = [];
afterEach(async () => void (await Promise.all(apps.splice(0).map((app) => app.close()))));

/** A baseline of so many calls, one an hour, and a trip on risk. */
function baseline(calls: number): Uint8Array {
  const table = new BaselineTable(1);
  const slot = table.allocate()!;
  const view = newBaselineView();
  view.scope.signs.shown.fill(-1);
  for (let call = 0; call < calls; call += 1) {
    const atMs = Date.UTC(2026, 0, 5) + call * 3_600_000;
    measure(table.page(slot), table.wordAt(slot), atMs, atMs, view);
    learn(table.page(slot), table.wordAt(slot), atMs, view, true);
  }
  new Assessor(table).noteTrip(slot);
  return table.serialize(slot);
}

function serve(agents: readonly string[], states: ReadonlyMap<string, Uint8Array>) {
  const app = Fastify();
  apps.push(app);
  const loadStates = (group: string, keys: readonly string[]) => Promise.resolve(new Map(group === "detector" ? [...states].filter(([key]) => keys.includes(key)) : []));
  registerBaselineRoutes(app, { store: { loadStates }, tenant: "t", agents, policy });
  return async (query = "") => {
    const answer = await app.inject(`/v1/baselines${query}`);
    return { status: answer.statusCode, body: answer.json<{ baselines: AgentAccount[]; more: boolean }>() };
  };
}

describe("the account of agents", () => {
  it("is told of every registered agent, of those without a baseline too", async () => {
    const ask = serve(["a", "b"], new Map([["t/a", baseline(50)], ["t/z", baseline(9)]]));
    const { body } = await ask();
    expect(body).toMatchObject({ more: false, budget: policy.budget, baselines: [{ agent: "a", account: { calls: 50, trips: { actual: 1 } } }, { agent: "b", account: null }] });
  });
  it("is told of one agent, and of none that is not registered", async () => {
    const ask = serve(["a", "b"], new Map([["t/a", baseline(50)]]));
    expect((await ask("?agent=a")).body.baselines.map(({ agent }) => agent)).toEqual(["a"]);
    expect((await ask("?agent=z")).status).toBe(404);
  });
  it("is told in parts of a bounded size, each agent once", async () => {
    const agents = Array.from({ length: AGENTS_PER_ANSWER + 2 }, (_, index) => `agent-${index}`);
    const ask = serve(agents, new Map());
    const first = (await ask()).body;
    expect([first.baselines.length, first.more]).toEqual([AGENTS_PER_ANSWER, true]);
    const second = (await ask(`?after=${first.baselines.at(-1)!.agent}`)).body;
    expect([...first.baselines, ...second.baselines].map(({ agent }) => agent)).toEqual(agents);
    expect(second.more).toBe(false);
  });
});
