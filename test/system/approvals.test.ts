/** Held calls and their approvers, as people meet them: the decide API for the agent, the command line and alerts for the humans. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Approval } from "@tripline/model";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Running, stagingAgent, startRunning } from "./running.ts";

let running: Running;
beforeAll(async () => {
  running = await startRunning({
    config: () => ({
      agents: [stagingAgent("coder")],
      resources: [{ kind: "table", id: "orders", environment: "staging" }],
      gate: { port: 0, approvals: { port: 0 }, approvers: [{ id: "ann" }, { id: "bob" }] },
    }),
  });
});
afterAll(() => running.close());

interface Decided {
  readonly decision: string;
  readonly approval: { readonly id: string; readonly link: string } | null;
  readonly reasons: readonly string[];
}

async function decide(table: string, approvalId: string | null = null): Promise<Decided> {
  const response = await fetch(`${running.gateUrl}/v1/decisions`, {
    method: "POST", headers: { authorization: `Bearer ${running.ingestToken("coder")}`, "content-type": "application/json" },
    body: JSON.stringify({ tool: "sql", request: { kind: "sql", system: "postgresql", text: `DROP TABLE ${table}` }, approvalId }),
  });
  return (await response.json()) as Decided;
}

describe("approvals against the running system", () => {
  it("tells people of a held call, takes their word from the command line, and lets the agent go on once", async () => {
    const { decision, approval } = await decide("orders");
    expect(decision).toBe("hold");
    const { id, link } = approval!;
    await vi.waitFor(() => expect(JSON.stringify(running.receiver.alerts())).toContain(id), 15_000);
    expect((await fetch(link)).status).toBe(200);
    expect(await running.cli("approvals", "--as", "ann")).toMatchObject({ approvals: [{ id, status: "waiting", agent: "coder" }] });
    expect(await running.text("approvals", id, "--as", "ann")).toContain("DROP TABLE orders");
    await expect(running.cli("approve", id)).rejects.toThrow(/TL_INPUT_INVALID.*--as/u);
    await expect(running.cli("approve", id, "--as", "nobody")).rejects.toThrow(/TL_INPUT_INVALID.*nobody/u);
    expect((await decide("orders", id)).decision).toBe("hold");
    // Nobody here keeps backups: that is said in so many words, or it is not approved.
    const token = readFileSync(join(running.dataDir, "approvers", "ann"), "utf8").trim();
    const refused = await fetch(`${new URL(link).origin}/v1/approvals/${id}/approve`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: "{}" });
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining("--without-backup")]);
    expect(await running.cli("approve", id, "--as", "ann", "--reason", "empty since May", "--without-backup")).toMatchObject({ results: [{ id, approval: { status: "approved", given: [{ by: "ann", withoutBackup: true }] } }] });
    expect((await decide("orders", id)).decision).toBe("allow");
    expect((await decide("orders", id)).decision).toBe("deny");
    expect((await running.records("approvals")).map(({ status, reason }: Approval) => [status, reason])).toEqual([["waiting", ""], ["approved", "empty since May"], ["executing", ""], ["executed", expect.stringContaining("runtime")]]);
  });

  it("takes a no and a cancellation, and says what an id is that nobody knows", async () => {
    const [one, two] = [(await decide("a")).approval!.id, (await decide("b\n  CASCADE")).approval!.id];
    // Lines of the agent's are marked: none of them passes for one of ours.
    expect(await running.text("approvals", two, "--as", "bob")).toMatch(/DROP TABLE b\n {12}\| {3}CASCADE\n/);
    expect(await running.text("refuse", one, "--as", "bob", "--reason", "no")).toContain("refused");
    expect(await running.text("cancel", two, "--as", "bob")).toContain("cancelled");
    expect((await decide("a", one)).decision).toBe("deny");
    await expect(running.cli("refuse", "apr-unknown", "--as", "bob")).rejects.toThrow(/TL_APPROVAL_UNKNOWN/u);
  });

  it("keeps each approver's token for the operator's account alone; the agent's own token is refused by name", async () => {
    const file = join(running.dataDir, "approvers", "ann");
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readFileSync(file, "utf8").trim()).toMatch(/^[0-9a-f]{64}$/u);
    const { approval } = await decide("c");
    const refused = await fetch(`${new URL(approval!.link).origin}/v1/approvals/${approval!.id}/approve`, { method: "POST", headers: { authorization: `Bearer ${running.ingestToken("coder")}`, "content-type": "application/json" }, body: "{}" });
    expect(refused.status).toBe(401);
    expect(await refused.text()).toContain('agent \\"coder\\"');
  });

  it("gives a bypass for a while, which a restart does not end", async () => {
    const args = ["bypass", "coder", "--operation", "sql.drop-table", "--resource", "orders", "--environment", "staging", "--minutes", "5", "--reason", "resetting test data", "--as", "ann"];
    expect(await running.cli(...args)).toMatchObject({ bypass: { irreversible: ["sql.drop-table"], bypass: { by: "ann" } } });
    await vi.waitFor(async () => expect((await decide("orders")).decision).toBe("allow"), 10_000);
    expect(await running.text("approvals", "--as", "bob")).toContain("Bypass bypass-");
    await running.end("SIGTERM");
    await running.start();
    expect((await decide("orders")).decision).toBe("allow");
    await expect(running.cli(...args.map((arg) => (arg === "staging" ? "production" : arg)))).rejects.toThrow(/TL_APPROVAL_REFUSED.*does not work in production/u);
    const { bypasses } = await running.cli<{ bypasses: { id: string }[] }>("approvals", "--as", "ann");
    expect(await running.text("bypass-end", bypasses[0]!.id, "--as", "bob")).toContain("of coder is over");
    await vi.waitFor(async () => expect((await decide("orders")).decision).toBe("hold"), 10_000);
  });
});
