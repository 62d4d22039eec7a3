/** Two breakers on one log and one store: each reads everything, one acts, and what one leaves the other finishes. */
import { prepareClassifiers } from "@tripline/core";
import { agentKey, type BreakerRecord, type Containment } from "@tripline/model";
import { fastify } from "fastify";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { BreakerModule } from "./breaker.ts";
import { action, AGENT, foundCredential, KEY, readAction, TENANT, world, type World } from "./breaker.fixture.ts";
import { LIMITS } from "./limits.ts";
import { payloadOf } from "./work.ts";

let w: World;
let breakers: BreakerModule[];

beforeAll(() => prepareClassifiers());
beforeEach(async () => {
  w = await world();
  breakers = [w.breaker("a"), w.breaker("b")];
  for (const breaker of breakers) await breaker.start();
  // Each has to see the other before one is first in line.
  await new Promise((resolve) => setTimeout(resolve, LIMITS.beatMs * 2));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(breakers.map((breaker) => breaker.stop()));
  await w.log.close();
  await w.store.close();
});

const eventually = <T>(check: () => Promise<T> | T, timeout = 8_000): Promise<T> => vi.waitFor(check, { timeout, interval: 20 });
const lastOf = async (agent = AGENT): Promise<Containment | undefined> => (await w.records("containments")).findLast((record) => record.agent === agent);
const ownerOf = async (tripId: string): Promise<string | undefined> => {
  for (const row of await w.store.workOfGroup("revocation", tripId)) {
    const payload = payloadOf(row);
    if (payload.kind === "summary") return payload.owner;
  }
  return undefined;
};

interface Body {
  readonly applied: boolean;
  readonly breakers: BreakerRecord[];
  readonly containments: Containment[];
  readonly agents: { readonly state: string }[];
}

async function api(breaker: BreakerModule, method: "GET" | "POST", url: string, payload?: object): Promise<{ status: number; body: Body }> {
  const app = fastify();
  breaker.routes(app, TENANT);
  const answer = await app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
  await app.close();
  return { status: answer.statusCode, body: answer.json<Body>() };
}
const order = (breaker: BreakerModule, kind: string, over: object = {}) => api(breaker, "POST", "/v1/commands", { kind, agent: AGENT, by: "soc", reason: "test", ...over });

describe("two breakers", () => {
  it("trip once, revoke once and probe once, and both know", async () => {
    for (let n = 0; n < 8; n += 1) {
      const agent = `agent-${n}`;
      await w.append("credentials", TENANT, foundCredential({ id: `token-${n}`, fingerprint: `${n}`.repeat(64) }));
      await w.append("actions", agentKey(TENANT, agent), action(`c${n}`, { agent: { id: agent, name: null, version: null, role: null, runtime: null }, credentials: [{ fingerprint: `${n}`.repeat(64), principal: null, leaseId: null }] }));
    }
    for (let n = 0; n < 8; n += 1) await eventually(async () => expect((await lastOf(`agent-${n}`))?.status).toBe("verified"));
    expect(w.provider.calls.filter((call) => call.startsWith("revoke")).toSorted()).toEqual(Array.from({ length: 8 }, (_, n) => `revoke token-${n}`));
    // Each told once, and nobody found anything missing.
    expect((await w.records("breakers")).map(({ change }) => change)).toEqual(Array.from({ length: 8 }, () => "trip"));
    const owners = await Promise.all(Array.from({ length: 8 }, (_, n) => ownerOf(`trip:${TENANT}/agent-${n}:0`)));
    // Not all by one: the line differs by partition.
    expect(new Set(owners).size).toBe(2);
    for (const breaker of breakers) {
      await eventually(async () => {
        const { body } = await api(breaker, "GET", "/v1/breakers");
        expect(body.breakers.filter(({ position }) => position.state === "open")).toHaveLength(8);
        const listed = await api(breaker, "GET", "/v1/containments");
        expect(listed.body.containments.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => "verified"));
      });
    }
  });

  it("answer an order at either, in the same words: applied once, and refused by both alike", async () => {
    for (const breaker of breakers) {
      const held = await order(breaker, "hold");
      expect(held).toMatchObject({ status: 200, body: { applied: true } });
    }
    for (const breaker of breakers) await eventually(async () => expect((await api(breaker, "GET", "/v1/agents")).body.agents).toMatchObject([{ state: "held" }]));
    expect((await w.records("breakers")).at(-1)?.holds).toHaveLength(2);
    for (const breaker of breakers) expect(await order(breaker, "reset")).toMatchObject({ status: 409, body: { message: expect.stringContaining("it is not open") } });
    expect(await w.records("commands")).toHaveLength(4);
  });

  it("carry out an order at whichever contains the trip, wherever it is given, and call the provider once", async () => {
    await w.append("credentials", TENANT, foundCredential({ autoRevoke: "page", version: 2 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await w.append("actions", KEY, action("c1"));
    await eventually(async () => expect((await lastOf())?.status).toBe("escalated"));
    const owner = await ownerOf(`trip:${KEY}:0`);
    const other = breakers[owner === "a" ? 1 : 0]!;
    await eventually(async () => expect((await order(other, "revoke", { agent: null, credentialId: "found" })).status).toBe(200));
    await eventually(async () => expect((await lastOf())?.status).toBe("verified"));
    await new Promise((resolve) => setTimeout(resolve, LIMITS.standbyMs * 3));
    expect(w.provider.calls.filter((call) => call.startsWith("revoke"))).toEqual(["revoke found"]);
  });

  it("count a probing agent's reads once", async () => {
    await w.append("actions", KEY, action("c1"));
    await eventually(async () => expect((await lastOf())?.status).toBe("verified"));
    expect((await order(breakers[0]!, "reset")).body.breakers[0]?.position.state).toBe("probing");
    await eventually(async () => expect((await api(breakers[1]!, "GET", "/v1/breakers")).body.breakers[0]?.position.state).toBe("probing"));
    for (let n = 0; n < 5; n += 1) await w.append("actions", KEY, readAction(`r${n}`));
    await new Promise((resolve) => setTimeout(resolve, LIMITS.standbyMs * 3));
    expect((await w.records("breakers")).at(-1)).toMatchObject({ change: "probe-used", position: { actionsLeft: 15 } });
  });

  it("contain what the other tripped and did not live to contain", async () => {
    const hanging = Promise.withResolvers<never>();
    vi.spyOn(w.provider, "revoke").mockImplementationOnce(() => hanging.promise);
    await w.append("actions", KEY, action("c1"));
    const owner = await eventually(async () => {
      const found = await ownerOf(`trip:${KEY}:0`);
      expect(found).toBeDefined();
      return found;
    });
    // The other sees no more beats, as after kill -9: its process would be gone, its call unanswered.
    const write = w.store.commitCheckpoint.bind(w.store);
    vi.spyOn(w.store, "commitCheckpoint").mockImplementation((group, partition, epoch, commit) =>
      group === "breaker-peers" && commit.states[0]?.key === owner ? Promise.reject(new Error("paused")) : write(group, partition, epoch, commit));
    await eventually(async () => expect((await lastOf())?.status).toBe("verified"), 6_000);
    expect(await ownerOf(`trip:${KEY}:0`)).not.toBe(owner);
    // A call may have taken effect: a probe was asked first, and answered that it had.
    expect(w.provider.calls.at(-1)).toMatch(/^probe found/);
    hanging.reject(new Error("gone"));
  });

  it("take over at once from one that leaves", async () => {
    await breakers[0]!.stop();
    const startMs = performance.now();
    await w.append("actions", KEY, action("c1"));
    await eventually(async () => expect((await lastOf())?.status).toBe("verified"));
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  it("judge nothing twice when a new one comes: it goes on where the others are", async () => {
    await w.append("actions", KEY, action("c1"));
    await eventually(async () => expect((await lastOf())?.status).toBe("verified"));
    await order(breakers[0]!, "reset");
    await new Promise((resolve) => setTimeout(resolve, LIMITS.checkpointMs * 2));
    const c = w.breaker("c");
    breakers.push(c);
    await c.start();
    expect((await api(c, "GET", "/v1/breakers")).body.breakers).toMatchObject([{ generation: 1, position: { state: "probing" } }]);
    expect((await w.records("breakers")).filter(({ change }) => change === "trip")).toHaveLength(1);
  });

  it("find a lease that one issues while the other trips, and contain it", async () => {
    await w.append("grants", KEY, { v: 1, version: 1, id: "g", tenant: TENANT, agent: AGENT, task: null, environments: ["staging"], operations: [], resources: [], effects: [], irreversible: [], expiresAtMs: null, atMs: 1 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const issue = w.provider.issue.bind(w.provider);
    vi.spyOn(w.provider, "issue").mockImplementation(async (request, signal) => {
      await w.append("actions", KEY, action("c1"));
      await new Promise((resolve) => setTimeout(resolve, 300));
      return issue(request, signal);
    });
    expect(await api(breakers[0]!, "POST", "/v1/leases", { agent: AGENT, provider: "scripted" })).toMatchObject({ status: 403 });
    await eventually(async () => {
      const last = await lastOf();
      expect(last?.status).toBe("verified");
      expect(last?.items.map(({ reason }) => reason).toSorted()).toEqual(["foreign", "lease"]);
    });
  });
});
