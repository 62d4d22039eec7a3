/** What only many processes can show: some of them end, and the others stop what comes as if nothing had happened. One of the two has gates beside. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { foundToken, railwayProvider, type Running, stagingAgent, startRunning } from "./running.ts";
import type { RailwayStandIn } from "../stand-ins/railway/index.ts";
import { itHasTwoGates, twoGatesConfig, twoGatesSecrets } from "./two-gates.ts";

/** From the agent's call to the provider's refusal, in milliseconds. */
const AFTER_KILL_MS = 3_000;
const AFTER_STOP_MS = 1_000;
/** Until the instances of a service know each other again. */
const SETTLE_MS = 1_500;

/** Adds the suite; it needs two instances of every service. */
export function describeTakeOver(): void {
  describe.each([
    ["SIGKILL", AFTER_KILL_MS],
    ["SIGTERM", AFTER_STOP_MS],
  ] as const)("%s of a breaker and a detector just before a destructive call", (signal, withinMs) => {
    let running: Running;
    beforeAll(async () => {
      running = await startRunning({
        config: (railway) => withGates(signal, railway, {
          agents: [stagingAgent("coder")],
          providers: railwayProvider(railway),
          credentials: [foundToken(railway), foundToken(railway, { id: "staging-token", providerRef: railway.token("staging-agent").id, kind: "project-token", secretEnv: "TAKE_OVER_TOKEN" })],
        }),
        secrets: (railway) => ({ TAKE_OVER_TOKEN: railway.token("staging-agent").secret, ...twoGatesSecrets(railway) }),
      });
    });
    afterAll(() => running.close());

    // One agent, so that one of the two rounds ends the breaker that is first in line for it.
    it.each([
      ["0", "domain-automation", "{ apiToken { workspaces { id } } }"],
      ["1", "staging-agent", "{ projectToken { projectId } }"],
    ])(`stops it within ${withinMs} ms (instances %s)`, async (index, name, harmless) => {
      const { secret } = running.railway.token(name);
      const probe = (): Promise<string> => ask(running, secret, harmless);
      expect(await probe()).not.toMatch(/Not Authorized/);
      if (index === "1") await running.cli("reset", "coder", "--by", "soc");
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      await Promise.all([`breaker-${index}`, `detector-${index}`].map((process) => running.endProcess(process, signal)));
      const tool = running.sdk("coder", "staging").wrapTool("railway", (document: string) => ask(running, secret, document), {
        describe: (document: string) => ({ request: { kind: "graphql", url: running.railway.url, document, operationName: null, variables: null }, credentials: [secret] }),
      });
      await tool(`mutation { volumeDelete(volumeId: "${running.railway.state().volumes[Number(index)]?.id}") }`);
      const startMs = performance.now();
      await vi.waitFor(async () => expect(await probe()).toMatch(/Not Authorized/), { timeout: 10_000, interval: 10 });
      const tookMs = performance.now() - startMs;
      console.info(`refused ${Math.round(tookMs)} ms after the call (${signal}, instances ${index})`);
      expect(tookMs).toBeLessThan(withinMs);
      await vi.waitFor(async () => expect(await running.containment("coder")).toMatchObject({ status: "verified" }), { timeout: 10_000 });
      await Promise.all([`breaker-${index}`, `detector-${index}`].map((process) => running.startProcess(process)));
    });

    it("tripped each time once, and revoked each credential once", async () => {
      const trips = (await running.records("breakers")).filter(({ change }) => change === "trip").map(({ trip }) => trip?.id);
      expect(new Set(trips).size).toBe(2);
      const revoked = (await running.records("credentials")).filter(({ status }) => status === "revoked").map(({ id }) => id);
      expect(revoked.toSorted()).toEqual(["found-token", "staging-token"]);
    });

    // In a world that is there already: starting one takes longer than they do.
    if (signal === GATES_BESIDE) itHasTwoGates(() => running);
  });
}

/** Where the bound is the wider one: two more processes take their share of the machine. */
const GATES_BESIDE = "SIGKILL";

function withGates(signal: NodeJS.Signals, railway: RailwayStandIn, config: Record<string, unknown>): Record<string, unknown> {
  if (signal !== GATES_BESIDE) return config;
  const gates = twoGatesConfig(railway);
  return { ...config, ...gates, agents: [config["agents"], gates["agents"]].flat(), credentials: [config["credentials"], gates["credentials"]].flat() };
}

async function ask(running: Running, token: string, query: string): Promise<string> {
  const isProject = token === running.railway.token("staging-agent").secret;
  const authorization = isProject ? { "project-access-token": token } : { authorization: `Bearer ${token}` };
  const response = await fetch(running.railway.url, { method: "POST", headers: { ...authorization, "content-type": "application/json" }, body: JSON.stringify({ query }) });
  return response.text();
}
