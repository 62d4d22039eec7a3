import type { Containment } from "@tripline/model";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { foundToken, railwayProvider, type Running, stagingAgent, startRunning } from "./running.ts";

let running: Running;

beforeAll(async () => {
  running = await startRunning({
    config: (railway) => ({
      agents: [stagingAgent("coder")],
      providers: railwayProvider(railway),
      credentials: [foundToken(railway, { issuedTo: ["coder"], autoRevoke: "page", replacement: "make another" })],
    }),
  });
});
afterAll(() => running.close());

const titles = (): string[] => running.receiver.alerts().map(({ body }) => (body as { data: { title: string } }).data.title);
const bodies = (): string => JSON.stringify(running.receiver.alerts().map(({ body }) => body));

describe("a credential that a trip leaves to a human", () => {
  it("is named in the alert with the order to give; the order revokes it, proves it refused, and the alert says so", async () => {
    await expect(running.cli("revoke", "found-token")).rejects.toThrow(/TL_BREAKER_CONFLICT.*No containment waits/);
    await running.cli("trip", "coder", "--by", "soc");
    await vi.waitFor(() => expect(bodies()).toContain("`tripline revoke found-token`"), 20_000);
    expect((await running.containment("coder"))?.status).toBe("escalated");
    // Whichever breaker answers must have heard of it.
    await vi.waitFor(async () => expect(await running.cli("revoke", "found-token", "--by", "soc", "--reason", "seen on a paste site")).toMatchObject({ applied: true }), 20_000);
    await vi.waitFor(async () => {
      const { containments } = await running.cli<{ containments: Containment[] }>("breakers");
      expect(containments).toMatchObject([{ status: "verified", items: [{ credentialId: "found-token", probe: { kind: "refused", by: "used-and-refused" } }] }]);
    }, 20_000);
    await vi.waitFor(() => expect(titles()).toEqual(expect.arrayContaining([expect.stringMatching(/^Contained: all 1 known credentials of agent coder/)])), 20_000);
    expect((await running.records("commands")).at(-1)).toMatchObject({ kind: "revoke", credentialId: "found-token", by: "soc", reason: "seen on a paste site" });
    await expect(running.cli("revoke", "found-token")).rejects.toThrow(/TL_BREAKER_CONFLICT/);
  });
});
