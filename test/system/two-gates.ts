/** What only several gates can show: a trip, an approval and a held call are the same at every one of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import type { Approval, Lease } from "@tripline/model";
import { type GateDoors, type Running, stagingAgent } from "./running.ts";
import type { RailwayStandIn } from "../stand-ins/railway/index.ts";

const ASKED_AT_ONCE = 20;
const WAIT_MS = 20_000;
/** Each test has an agent of its own: what one does may open its breaker. */
const ASKER = "asker";
const OWNER = "volume-keeper";

/** What these tests need of the configuration, beside what the suite around them needs. */
export function twoGatesConfig(railway: RailwayStandIn): Record<string, unknown> {
  return {
    agents: ["dropper", ASKER, OWNER].map((id) => stagingAgent(id)),
    credentials: [
      { id: "staging-api", provider: "railway-api", providerRef: "ops", kind: "api-token", secretEnv: "TWO_GATES_TOKEN", environment: "staging", issuedTo: [OWNER], autoRevoke: "never" },
    ],
    resources: [{ kind: "table", id: "orders", environment: "staging" }, { kind: "volume", id: volumeOf(railway), environment: "staging" }],
    policy: { gate: { undoWindowHighestMs: 0 } },
    gate: {
      upstreams: [{ name: "railway", url: new URL(railway.url).origin, credentials: ["staging-api"], allowPrivate: true }],
      approvers: [{ id: "ann" }],
    },
  };
}
export const twoGatesSecrets = (railway: RailwayStandIn): Record<string, string> => ({ TWO_GATES_TOKEN: railway.token("tripline-admin").secret });

/** Of no other test. */
const volumeOf = (railway: RailwayStandIn): string => railway.state().volumes.at(-1)?.id ?? "";

interface Answer {
  readonly decision?: string;
  readonly rule?: string;
  readonly approval?: { readonly id: string } | null;
  readonly error?: { readonly code: string };
}

async function post(url: string, token: string, body: object): Promise<Answer> {
  const response = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify(body) });
  return (await response.json()) as Answer;
}

const ask = ({ url }: GateDoors, token: string, text: string, approvalId?: string): Promise<Answer> =>
  post(`${url}/v1/decisions`, token, { tool: "sql", request: { kind: "sql", system: "postgresql", text }, ...(approvalId === undefined ? {} : { approvalId }) });

/** Adds the tests; `running` has two instances of every service, gates among them. */
export function itHasTwoGates(running: () => Running): void {
  const gates = (): readonly [GateDoors, GateDoors] => {
    const [first, second] = running().gates;
    if (first === undefined || second === undefined) throw new Error("there are no two gates");
    return [first, second];
  };
  // With the token that the command line would take, which costs a process for each question.
  const approver = (): string => readFileSync(join(running().dataDir, "approvers", "ann"), "utf8").trim();
  const statusAt = async ({ approvalsUrl }: GateDoors, id: string): Promise<string> => {
    const response = await fetch(`${approvalsUrl}/v1/approvals/${id}`, { headers: { authorization: `Bearer ${approver()}` } });
    return ((await response.json()) as { approval?: Approval }).approval?.status ?? "not there";
  };
  const approveAt = async ({ approvalsUrl }: GateDoors, id: string): Promise<void> => {
    expect(await post(`${approvalsUrl}/v1/approvals/${id}/approve`, approver(), { reason: "it is to go", withoutBackup: true })).toMatchObject({ approval: { id } });
  };

  it("a trip by the breaker makes every gate refuse the agent; its lease is ended, and found refused by trying it", async () => {
    const { lease, secret } = await running().cli<{ lease: Lease; secret: string }>("lease", "dropper", "gate");
    for (const gate of gates()) await expect.poll(async () => (await ask(gate, secret, "INSERT INTO orders VALUES (1)")).decision, { timeout: WAIT_MS }).toBe("allow");
    const own = running().ingestToken("dropper");
    await running().sdk("dropper", "staging").wrapTool("shell", (args: { command: string }) => Promise.resolve(args.command))({ command: "terraform destroy -auto-approve" });
    for (const gate of gates()) {
      await expect.poll(() => ask(gate, own, "SELECT 1"), { timeout: WAIT_MS }).toMatchObject({ decision: "deny", rule: "breaker.open" });
      await expect.poll(async () => (await ask(gate, secret, "SELECT 1")).error?.code, { timeout: WAIT_MS }).toBe("TL_GATE_UNAUTHENTICATED");
    }
    await vi.waitFor(async () => {
      const items = (await running().containment("dropper"))?.items ?? [];
      expect(items.find(({ credentialId }) => credentialId === lease.credentialId)).toMatchObject({ provider: "gate", state: "verified", probe: { kind: "refused", by: "used-and-refused" } });
    }, WAIT_MS);
  });

  it("an approval that is given at one gate is used once, however often both are asked", async () => {
    const [first, second] = gates();
    const token = running().ingestToken(ASKER);
    const held = await ask(first, token, "DROP TABLE orders");
    expect(held.decision).toBe("hold");
    const id = held.approval?.id ?? "";
    expect((await ask(second, token, "DROP TABLE orders", id)).decision).toBe("hold");
    await approveAt(second, id);
    const answers = await Promise.all(Array.from({ length: ASKED_AT_ONCE }, (_, index) => ask(index % 2 === 0 ? first : second, token, "DROP TABLE orders", id)));
    await vi.waitFor(async () => expect(await statusAt(first, id)).toBe("executed"), WAIT_MS);
    expect(answers.filter(({ decision }) => decision === "allow")).toHaveLength(1);
    for (const gate of gates()) expect((await ask(gate, token, "DROP TABLE orders", id)).decision).not.toBe("allow");
  });

  it("what a gate held before it was killed waits at the other one, which executes it once it is approved, and once only", async () => {
    const [first, second] = gates();
    const { railway } = running();
    const volumeId = volumeOf(railway);
    const executed = (): number => railway.events().filter(({ operation, target, result }) => operation === "volumeDelete" && target === volumeId && result === "executed").length;
    const held = await post(`${second.url}/u/railway/graphql/v2`, running().ingestToken(OWNER), { query: `mutation { volumeDelete(volumeId: "${volumeId}") }` });
    expect(held.decision, JSON.stringify(held)).toBe("hold");
    const id = held.approval?.id ?? "";
    await running().endProcess("gate-1", "SIGKILL");
    expect(await statusAt(first, id)).toBe("waiting");
    expect(executed()).toBe(0);
    await approveAt(first, id);
    await vi.waitFor(() => expect(executed()).toBe(1), WAIT_MS);
    await running().startProcess("gate-1");
    const again = running().gates.at(-1) ?? first;
    await vi.waitFor(async () => expect(await statusAt(again, id)).toBe("executed"), WAIT_MS);
    expect(executed()).toBe(1);
  });
}
