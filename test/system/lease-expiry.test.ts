/** A leased token at a provider that never ends one by itself. */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { railwayProvider, type Running, stagingAgent, startRunning } from "./running.ts";

let running: Running;

beforeAll(async () => {
  running = await startRunning({
    config: (railway) => {
      const [project] = railway.state().projects;
      const environments = { staging: project?.environments.find(({ name }) => name === "staging")?.id };
      return {
        agents: [stagingAgent("coder")],
        providers: { railway: { ...(railwayProvider(railway)["railway"] as object), leases: { projectId: project?.id, environments } } },
      };
    },
  });
});
afterAll(() => running.close());

async function works(secret: string): Promise<boolean> {
  const response = await fetch(running.railway.url, { method: "POST", headers: { "project-access-token": secret, "content-type": "application/json" }, body: JSON.stringify({ query: "{ projectToken { projectId } }" }) });
  return !(await response.text()).includes("Not Authorized");
}

it("is revoked, probed and ended when its lease is over, with no trip and no human", async () => {
  const { secret } = await running.cli<{ secret: string }>("lease", "coder", "railway", "--ttl-ms", "1000");
  expect(await works(secret)).toBe(true);
  await vi.waitFor(async () => expect((await running.records("leases")).at(-1)).toMatchObject({ status: "revoked" }), { timeout: 50_000, interval: 500 });
  expect(await works(secret)).toBe(false);
  expect((await running.records("credentials")).at(-1)).toMatchObject({ status: "revoked" });
  expect(await running.records("breakers")).toEqual([]);
}, 60_000);
