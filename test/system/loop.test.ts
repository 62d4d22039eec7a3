import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { foundToken, railwayProvider, type Running, stagingAgent, startRunning } from "./running.ts";

let running: Running;

const AGENTS = ["sdk-agent", "otel-agent", "reader", "burst", "drifter", "crosser", "careful"];

beforeAll(async () => {
  running = await startRunning({
    config: (railway) => ({
      agents: AGENTS.map((id) => stagingAgent(id, id === "drifter" ? { operations: ["fs.*", "shell.ls"], resources: ["staging-*"] } : {})),
      providers: railwayProvider(railway),
      credentials: [foundToken(railway)],
      resources: [...railway.state().volumes].map((volume) => ({ kind: "volume", id: volume.id, environment: "production" })),
    }),
  });
});
afterAll(() => running.close());

const eventually = <T>(check: () => Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 50 });

describe("one agent's action to its refused credential", () => {
  it("an SDK tool that uses a found token on a production volume: tripped, revoked, refused, verified, and the SOC told", async () => {
    const token = running.railway.token("domain-automation").secret;
    const volume = running.railway.state().volumes[0];
    const query = `mutation { volumeDelete(volumeId: "${volume?.id}") }`;
    const tool = running.sdk("sdk-agent", "staging").wrapTool("railway", (document: string) => callRailway(token, document), {
      describe: (document: string) => ({ request: { kind: "graphql", url: running.railway.url, document, operationName: null, variables: null }, credentials: [token] }),
    });
    await tool(query);
    await eventually(async () => expect(await running.containment("sdk-agent")).toMatchObject({ status: "verified", items: [{ credentialId: "found-token", probe: { kind: "refused", by: "used-and-refused" } }] }));
    expect(await callRailway(token, "{ me { id } }")).toMatch(/Not Authorized/);
    const detectors = (await running.breaker("sdk-agent"))?.trip?.findings.map((finding) => finding.detector);
    expect(detectors).toEqual(expect.arrayContaining(["irreversible-action", "environment-crossing", "foreign-credential"]));
    await eventually(() => Promise.resolve(expect(running.receiver.alerts().map(({ body }) => (body as { type: string }).type)).toEqual(expect.arrayContaining(["breaker.tripped", "containment.verified"]))));
    expect(running.receiver.rejected()).toBe(0);
  });

  it("no secret is in any record, alert or metric", async () => {
    const secrets = [running.railway.token("domain-automation").secret, running.railway.token("tripline-admin").secret, ...AGENTS.map((agent) => running.ingestToken(agent))];
    const topics = ["actions", "findings", "breakers", "containments", "credentials", "actions.dead"] as const;
    const everything = JSON.stringify([await Promise.all(topics.map((topic) => running.records(topic))), running.receiver.alerts()]);
    for (const secret of secrets) expect(everything).not.toContain(secret);
  });

  it("an action outside the grant is a scope-drift finding", async () => {
    const tool = running.sdk("drifter").wrapTool("shell", (args: { command: string }) => Promise.resolve(args.command));
    await tool({ command: "git push origin main" });
    await eventually(async () => expect((await running.findings("drifter")).map((finding) => finding.detector)).toContain("scope-drift"));
  });

  it("ordinary staging work leaves the breaker closed", async () => {
    const sdk = running.sdk("careful", "staging");
    const shell = sdk.wrapTool("shell", (args: { command: string }) => Promise.resolve(args.command));
    for (const command of ["ls -la", "cat package.json", "npm test", "rm -rf ./dist", "git status", 'echo "DROP TABLE users"']) await shell({ command });
    await sdk.flush(2_000);
    await eventually(async () => expect((await running.records("actions")).filter((action) => action.agent.id === "careful").length).toBeGreaterThanOrEqual(12));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await running.breaker("careful")).toBeUndefined();
  });

  it("a burst of deletions by an agent that had read until then trips on risk, by the detector's own findings", async () => {
    const sdk = running.sdk("burst");
    const shell = sdk.wrapTool("shell", (args: { command: string }) => Promise.resolve(args.command));
    for (let cart = 0; cart < 60; cart += 1) await shell({ command: `psql -c "SELECT * FROM carts WHERE id = ${cart}"` });
    for (let cart = 0; cart < 40; cart += 1) await shell({ command: `psql -c "DELETE FROM carts WHERE id = ${cart}"` });
    await sdk.flush(5_000);
    await eventually(async () => expect((await running.records("actions")).filter((action) => action.agent.id === "burst").length).toBeGreaterThanOrEqual(200));
    await eventually(async () => expect((await running.findings("burst")).map((finding) => finding.detector)).toContain("destructive-burst"));
    await eventually(async () => expect(await running.breaker("burst")).toMatchObject({ position: { state: "open" }, trip: { cause: { kind: "risk" } } }));
    // It held no credential that anybody knows of: that is for a human to look at, not a success.
    await eventually(async () => expect((await running.containment("burst"))?.status).toBe("escalated"));
    expect((await running.findings("burst")).filter((finding) => finding.weight === "hard")).toEqual([]);
  });

  it("a restart after kill -9 keeps every trip, containment and action", async () => {
    const before = await Promise.all([running.records("actions"), running.records("breakers"), running.records("containments")]);
    await running.end("SIGKILL");
    await running.start();
    const after = await Promise.all([running.records("actions"), running.records("breakers"), running.records("containments")]);
    // What the kill interrupted goes on: more evidence for an open breaker may come, nothing may be gone.
    before.forEach((records, topic) => expect(after[topic]).toEqual(expect.arrayContaining<unknown>(records)));
    expect(await running.cli<{ agents: { agent: string; state: string }[] }>("agents")).toMatchObject({ agents: expect.arrayContaining([expect.objectContaining({ agent: "sdk-agent", state: "open" })]) });
  });

  it("stops cleanly on SIGTERM", async () => {
    expect(await running.end("SIGTERM")).toBe(0);
    await running.start();
  });
});

async function callRailway(token: string, query: string): Promise<string> {
  const response = await fetch(running.railway.url, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ query }) });
  return response.text();
}
