/** What the gate said of a call, as the running breaker remembers it. */
import { prepareClassifiers } from "@tripline/core";
import type { Action, BreakerRecord } from "@tripline/model";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { BreakerModule } from "./breaker.ts";
import { action, AGENT, foundCredential, KEY, readAction, TENANT, world, type World } from "./breaker.fixture.ts";

let w: World;
let breaker: BreakerModule;

beforeAll(() => prepareClassifiers());
beforeEach(async () => {
  w = await world();
  breaker = w.breaker();
  await breaker.start();
});
afterEach(async () => {
  await breaker.stop();
  await w.log.close();
  await w.store.close();
});

/** Without the credential of somebody else, and in the agent's own environment. */
const own = { credentials: [], resource: { kind: "volume", id: "vol-1", environment: "staging" } };
const asked = (callId: string, outcome: "allow" | "hold", over: Partial<Action> = {}): Action =>
  action(callId, { ...own, id: `gate:${callId}`, phase: "decision", decision: { outcome, by: "gate", reason: "" }, source: { dialect: "gate-decide", signal: "gate", traceId: null, spanId: null, parentSpanId: null }, ...over });
const ran = (callId: string, over: Partial<Action> = {}): Action => action(callId, { ...own, id: `${callId}:result`, phase: "result", outcome: { status: "ok", errorType: null }, ...over });
const last = async (): Promise<BreakerRecord | undefined> => (await w.records("breakers")).at(-1);
const tripped = (rule: string) => vi.waitFor(async () => expect((await last())?.trip?.findings.map((finding) => finding.rule)).toContain(rule), { timeout: 5_000 });
/** Whatever came before has been judged once this has. */
async function judged(): Promise<void> {
  await w.append("actions", KEY, readAction(`after-${Math.random()}`));
  await w.log.idle();
}

describe("the breaker, of calls that the gate decided", () => {
  it("does not open on the result of an allowed call, nor after a restart between the two", async () => {
    await w.append("actions", KEY, asked("c1", "allow"));
    await judged();
    await breaker.stop();
    breaker = w.breaker();
    await breaker.start();
    await w.append("actions", KEY, ran("c1"));
    await judged();
    expect(await last()).toBe(undefined);
    await w.append("actions", KEY, ran("c1", { request: { kind: "graphql", url: "https://backboard.railway.com/graphql/v2", document: 'mutation { volumeDelete(volumeId: "vol-2") }', operationName: null, variables: null } }));
    await tripped("irreversible.railway.volumeDelete");
  });

  it("opens on what ran although the gate held it", async () => {
    await w.append("actions", KEY, asked("c1", "hold"));
    await judged();
    expect(await last()).toBe(undefined);
    await w.append("actions", KEY, ran("c1"));
    await tripped("gate.bypassed");
  });

  it("remembers nothing of the gate where another instance of a new name starts, but what that one kept", async () => {
    await w.append("actions", KEY, asked("c1", "allow"));
    await judged();
    await breaker.stop();
    breaker = w.breaker("newcomer");
    await breaker.start();
    await w.append("actions", KEY, ran("c1"));
    await judged();
    expect((await last())?.trip ?? null).toBe(null);
  });

  it("counts, after a reset, what the gate let through, and nothing that it refused", async () => {
    await w.append("breakers", KEY, { v: 1, tenant: TENANT, agent: AGENT, generation: 1, position: { state: "probing", tripId: "t", sinceMs: 1, actionsLeft: 2 }, holds: [], trip: null, atMs: 1, resetAtMs: 1, commandIds: [], change: "reset" });
    await breaker.stop();
    breaker = w.breaker();
    await breaker.start();
    const read = (callId: string, outcome: "allow" | "hold"): Action => ({ ...asked(callId, outcome), tool: "read_file", request: null, resource: null });
    await w.append("actions", KEY, asked("c1", "hold"));
    await w.append("actions", KEY, ran("c1", { outcome: { status: "refused", errorType: null } }));
    await w.append("actions", KEY, read("r1", "hold"));
    await w.append("actions", KEY, read("r2", "allow"));
    await w.append("actions", KEY, { ...readAction("r2"), phase: "result" });
    await vi.waitFor(async () => expect((await last())?.position).toMatchObject({ state: "probing", actionsLeft: 1 }));
    await w.append("actions", KEY, read("r3", "allow"));
    await vi.waitFor(async () => expect((await last())?.position).toEqual({ state: "closed" }));
  });

  it("opens on a destructive call of an agent that must ask the gate and did not", async () => {
    await w.append("agents", KEY, { v: 1, version: 2, tenant: TENANT, agent: AGENT, role: null, owner: "platform", environment: "staging", status: "active", gate: "required", atMs: 2 });
    await judged();
    await w.append("actions", KEY, ran("c1"));
    await tripped("gate.bypass");
  });

  it("opens on a read with a decoy, and revokes nothing of it: it opens nothing", async () => {
    await w.append("credentials", TENANT, foundCredential({ id: "bait", provider: "decoy", fingerprint: "f".repeat(64), issuedTo: [], autoRevoke: "page", decoy: true }));
    await judged();
    await w.append("actions", KEY, { ...readAction("c1"), credentials: [{ fingerprint: "f".repeat(64), principal: null, leaseId: null }] });
    await tripped("decoy.touched");
    const items = await vi.waitFor(async () => (await w.records("containments")).at(-1)?.items ?? Promise.reject(new Error("not yet")), { timeout: 5_000 }).catch(() => []);
    expect(items.map(({ credentialId }) => credentialId)).not.toContain("bait");
    expect(w.provider.calls).toEqual([]);
  });
});
