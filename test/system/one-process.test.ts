/** What holds for the deployment in one process alone: its log and its store belong to it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Running, stagingAgent, startRunning } from "./running.ts";

let running: Running;

beforeAll(async () => {
  running = await startRunning({ config: () => ({ agents: [stagingAgent("coder")] }) });
});
afterAll(() => running.close());

describe("the one process", () => {
  it("keeps a second one off its data, with the reason", async () => {
    await expect(running.cli("up")).rejects.toThrow(/TL_LOG_LOCKED/);
  });

  it.each(["collector", "detector", "breaker", "notifier", "breaker,detector"])("is all of it: --target=%s is refused, saying which keys make more processes possible", async (target) => {
    await expect(running.cli("up", `--target=${target}`)).rejects.toThrow(/TL_CONFIG_INVALID.*belong to one process.*eventLog.kind: kafka and store.kind: postgres/);
  });

  it("tells of itself on a port of its own, without a token", async () => {
    const { monitoringUrl } = running;
    expect(await (await fetch(`${monitoringUrl}/readyz`)).json()).toMatchObject({ ready: true, modules: { breaker: { ready: true }, collector: { ready: true }, detector: { ready: true }, notifier: { ready: true } } });
    expect(await (await fetch(`${monitoringUrl}/metrics`)).text()).toMatch(/tripline_ready\{module="detector"\} 1/);
    expect((await fetch(`${monitoringUrl}/v1/breakers`)).status).toBe(404);
  });
});
