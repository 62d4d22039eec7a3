/** What is begun is finished: a stop and a crash in the middle of a revocation, on the running product. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { foundToken, railwayProvider, type Running, stagingAgent, startRunning } from "./running.ts";

let running: Running;

beforeEach(async () => {
  running = await startRunning({
    config: (railway) => ({ agents: [stagingAgent("coder")], providers: railwayProvider(railway), credentials: [foundToken(railway, { issuedTo: ["coder"] })] }),
  });
});
afterEach(() => running.close());

const verified = () => vi.waitFor(async () => expect(await running.containment("coder")).toMatchObject({ status: "verified", items: [{ credentialId: "found-token", state: "verified" }] }), 20_000);

describe("a revocation under way", () => {
  it.each([
    ["SIGTERM", 0],
    ["SIGKILL", null],
  ] as const)("is finished after %s and a restart, and says so", async (signal, code) => {
    running.railway.addFault({ kind: "hang", operation: "apiTokenDelete" });
    await running.cli("trip", "coder", "--by", "soc");
    await vi.waitFor(async () => expect(await running.containment("coder")).toMatchObject({ status: "open" }), 20_000);
    expect(await running.end(signal)).toBe(code);
    await running.start();
    await verified();
    const { containments } = await running.cli<{ containments: unknown[] }>("breakers");
    expect(containments).toMatchObject([{ status: "verified" }]);
    expect(running.stderr()).not.toMatch(/Unhandled|uncaught/i);
  }, 60_000);

  it("that the provider carried out without ever answering is verified, and still listed as such after a restart", async () => {
    await running.end("SIGTERM");
    running.railway.addFault({ kind: "execute-then-hang", operation: "apiTokenDelete" });
    await running.start();
    await running.cli("trip", "coder", "--by", "soc");
    await verified();
    await running.end("SIGTERM");
    await running.start();
    expect(await running.text("breakers")).toMatch(/containment: verified/);
    await expect(running.cli("reset", "coder")).resolves.toMatchObject({ breakers: [{ position: { state: "probing" } }] });
    await expect(running.cli("reset", "coder")).rejects.toThrow(/TL_BREAKER_CONFLICT.*not open/);
  }, 60_000);

  it("that the provider reports as done and does not do is made again, and not called contained before", async () => {
    running.railway.addFault({ kind: "answer-without-effect", operation: "apiTokenDelete" });
    await running.cli("trip", "coder", "--by", "soc");
    await verified();
    expect(running.railway.state().tokens.find(({ id }) => id === running.railway.token("domain-automation").id)?.deletedAtMs ?? null).not.toBeNull();
    for (const { status, items } of await running.records("containments")) expect(status === "verified" ? items[0]?.probe?.kind : "refused").toBe("refused");
  }, 60_000);
});
