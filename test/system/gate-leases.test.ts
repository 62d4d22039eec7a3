/** What an agent holds where a gate stands: a lease token, through the running process. */
import type { Lease } from "@tripline/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../servers/free-port.ts";
import { type Running, stagingAgent, startRunning } from "./running.ts";

const PROBES = 3;
let running: Running;
let gate: string;

beforeAll(async () => {
  const port = await freePort();
  gate = `http://127.0.0.1:${port}`;
  running = await startRunning({ config: () => ({ policy: { probeActions: PROBES }, agents: [stagingAgent("coder"), stagingAgent("other")], gate: { port, approvals: { port: 0 } } }) });
});
afterAll(() => running.close());

const lease = (agent: string) => running.cli<{ lease: Lease; secret: string }>("lease", agent, "gate");
const whoami = async (token: string): Promise<{ status: number; body: { agent?: string; lease?: string; breaker?: string } }> => {
  const answer = await fetch(`${gate}/v1/whoami`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, body: (await answer.json()) as object };
};
const decide = async (token: string, command: string): Promise<{ decision?: string; rule?: string; error?: { code: string } }> => {
  const answer = await fetch(`${gate}/v1/decisions`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ tool: "shell", request: { kind: "shell", command } }) });
  return (await answer.json()) as object;
};

describe("a lease of the gate", () => {
  it("needs no provider in the configuration, and speaks for its agent alone", async () => {
    const { lease: issued, secret } = await lease("coder");
    expect(secret).toMatch(/^tl_/);
    await expect.poll(async () => (await whoami(secret)).body).toEqual({ agent: "coder", lease: issued.id, breaker: "closed" });
    expect((await decide(secret, "cat notes.txt")).decision).toBe("allow");
    expect((await whoami(`${secret.slice(0, -2)}AA`)).status).toBe(401);
  });

  it("is refused at once when the breaker opens, ended with all other credentials, and found refused by trying it", async () => {
    const { lease: issued, secret } = await lease("coder");
    const { secret: others } = await lease("other");
    await expect.poll(async () => (await whoami(secret)).status).toBe(200);
    await running.cli("trip", "coder", "--reason", "test");
    await expect.poll(async () => (await running.containment("coder"))?.status, { timeout: 15_000 }).toBe("verified");
    const item = (await running.containment("coder"))?.items.find(({ credentialId }) => credentialId === issued.credentialId);
    expect(item).toMatchObject({ provider: "gate", state: "verified", outcome: { kind: "revoked" }, probe: { kind: "refused", by: "used-and-refused" } });
    expect((await whoami(secret)).status).toBe(401);
    expect((await decide(secret, "cat notes.txt")).error?.code).toBe("TL_GATE_UNAUTHENTICATED");
    // The agent's own token still says who it is, and passes nothing.
    expect(await decide(running.ingestToken("coder"), "cat notes.txt")).toMatchObject({ decision: "deny", rule: "breaker.open" });
    await expect(lease("coder")).rejects.toThrow(/TL_LEASE_REFUSED/);
    expect((await whoami(others)).body).toMatchObject({ agent: "other", breaker: "closed" });
  });

  it("stays ended over a reset and a restart", async () => {
    const ended = (await running.records("leases")).filter(({ agent, status }) => agent === "coder" && status === "revoked");
    expect(ended.length).toBeGreaterThan(0);
    await running.cli("reset", "coder", "--reason", "test");
    const { secret } = await lease("coder");
    await expect.poll(async () => (await whoami(secret)).body.breaker).toBe("probing");
    await running.end("SIGKILL");
    await running.start();
    await expect.poll(async () => (await whoami(secret)).body.breaker).toBe("probing");
    // No more reads than were given, until the breaker has counted them and closes.
    expect(await decide(secret, "touch notes.txt")).toMatchObject({ decision: "deny", rule: "breaker.probing" });
    for (let at = 0; at < PROBES - 1; at += 1) expect(await decide(secret, `cat file${at}`)).toMatchObject({ decision: "allow" });
    const last = await Promise.all([1, 2, 3, 4].map((at) => decide(secret, `cat last${at}`)));
    expect(last.filter(({ decision }) => decision === "allow").length).toBeGreaterThan(0);
    await expect.poll(async () => (await whoami(secret)).body.breaker, { timeout: 10_000 }).toBe("closed");
    expect(await decide(secret, "touch notes.txt")).toMatchObject({ decision: "allow" });
  });
});
