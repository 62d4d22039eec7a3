import { prepareClassifiers } from "@tripline/core";
import type { BreakerRecord, Command, Containment } from "@tripline/model";
import { fastify } from "fastify";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { BreakerModule } from "./breaker.ts";
import { action, AGENT, foundCredential, KEY, MARK, readAction, TENANT, world, type World } from "./breaker.fixture.ts";

let w: World;
let breaker: BreakerModule;

beforeAll(() => prepareClassifiers());
beforeEach(async () => {
  w = await world();
  breaker = w.breaker();
});
afterEach(async () => {
  await breaker.stop();
  await w.log.close();
  await w.store.close();
});

const lastContainment = async (): Promise<Containment | undefined> => (await w.records("containments")).at(-1);
const lastBreaker = async (): Promise<BreakerRecord | undefined> => (await w.records("breakers")).at(-1);
const ended = (status: Containment["status"]) => vi.waitFor(async () => expect((await lastContainment())?.status).toBe(status), { timeout: 5_000 });

async function api(method: "GET" | "POST", url: string, body?: unknown) {
  const app = fastify();
  breaker.routes(app, TENANT);
  const answer = await app.inject({ method, url, ...(body === undefined ? {} : { payload: body as object }) });
  await app.close();
  return { status: answer.statusCode, body: answer.json<{ applied: boolean; breakers: BreakerRecord[]; secret: string; principal: string; agents: { state: string }[] }>() };
}
/** An agent that was denied on risk alone while too many others were, with a foreign credential in use. */
async function softTrip(): Promise<void> {
  const trip = { id: `trip:${KEY}:0`, tenant: TENANT, agent: AGENT, generation: 0, atMs: 1, cause: { kind: "risk" as const, bits: 40, budgetBits: 20 }, findings: [], foreignCredentials: [MARK], soft: true, summary: "" };
  await w.append("breakers", KEY, { v: 1, tenant: TENANT, agent: AGENT, generation: 0, position: { state: "open", tripId: trip.id, sinceMs: 1 }, holds: [], trip, atMs: 1, resetAtMs: 0, commandIds: [], change: "trip" });
}

const order = (kind: Command["kind"], over: object = {}) => api("POST", "/v1/commands", { kind, agent: AGENT, by: "soc", reason: "test", ...over });

describe("breaker service", () => {
  it("trips on one irreversible call with a found credential, revokes it, probes it with its secret, and erases the secret", async () => {
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
    expect(w.provider.calls).toEqual(["revoke found", "probe found with secret"]);
    expect(w.sealed.size).toBe(0);
    expect((await w.records("credentials")).at(-1)).toMatchObject({ id: "found", status: "revoked", version: 2 });
    expect(await lastBreaker()).toMatchObject({ position: { state: "open" }, trip: { cause: { kind: "hard-finding" } } });
  });

  it("writes the intent with the trip in it, and only then calls the provider", async () => {
    const happened: string[] = [];
    const append = w.log.append.bind(w.log);
    vi.spyOn(w.log, "append").mockImplementation(async (topic, records) => {
      const done = await append(topic, records);
      if (topic === "breakers") happened.push("trip durable");
      return done;
    });
    const recordWork = w.store.recordWork.bind(w.store);
    vi.spyOn(w.store, "recordWork").mockImplementation(async (items) => {
      const done = await recordWork(items);
      happened.push("intent durable");
      return done;
    });
    const revoke = w.provider.revoke.bind(w.provider);
    w.provider.revoke = (target, signal) => {
      happened.push("call");
      return revoke(target, signal);
    };
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
    expect(happened.indexOf("intent durable")).toBeLessThan(happened.indexOf("call"));
    expect(happened).toContain("trip durable");
  });

  it("trips once for one call reported in two phases and for a retry of the same report", async () => {
    await breaker.start();
    for (const phase of ["attempt", "attempt", "result"] as const) await w.append("actions", KEY, action("c1", { phase, id: `c1:${phase}` }));
    await ended("verified");
    expect((await w.records("breakers")).filter((record) => record.change === "trip")).toHaveLength(1);
    expect(w.provider.calls.filter((call) => call.startsWith("revoke"))).toHaveLength(1);
  });

  it("never acts on a claimed identity", async () => {
    await breaker.start();
    await w.append("actions", KEY, action("c1", { assurance: "claimed" }));
    await w.append("actions", KEY, readAction("c2"));
    await vi.waitFor(async () => expect((await w.records("actions")).length).toBe(2));
    expect(await w.records("breakers")).toEqual([]);
    expect(w.provider.calls).toEqual([]);
  });

  it("asks a probe when a revocation may have taken effect, and is verified without a second call", async () => {
    w.provider.revocations = [{ kind: "failed", reason: "time-out", effect: "unknown", retryAfterMs: null }];
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
    expect(w.provider.calls).toEqual(["revoke found", "probe found with secret"]);
  });

  it("goes on probing while a revoked credential still works", async () => {
    w.provider.probes = [{ kind: "still-works", by: "used-and-refused" }, { kind: "still-works", by: "used-and-refused" }, { kind: "refused", by: "used-and-refused" }];
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
    expect(w.provider.calls.filter((call) => call.startsWith("probe"))).toHaveLength(3);
  });

  it("escalates what cannot be revoked and says why, and never calls it contained", async () => {
    w.provider.revocations = [{ kind: "not-revocable", reason: "no such call" }];
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("escalated");
    expect((await lastContainment())?.items[0]?.escalation).toMatch(/cannot be revoked: no such call/);
    expect(w.sealed.size).toBe(1);
  });

  it("leaves a credential with autoRevoke page to a human", async () => {
    await w.append("credentials", TENANT, foundCredential({ autoRevoke: "page", alsoUsedBy: ["deploy-service"], version: 2 }));
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("escalated");
    expect(w.provider.calls.filter((call) => call.startsWith("revoke"))).toEqual([]);
  });

  it("revokes at a human's order what it left to them, probes it until it is refused, and does so once however often it is ordered", async () => {
    await w.append("credentials", TENANT, foundCredential({ autoRevoke: "page", version: 2 }));
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("escalated");
    expect((await lastContainment())?.items[0]?.escalation).toMatch(/A human must decide.*`tripline revoke found`/);
    expect(w.provider.calls).toEqual([]);
    // It waits for a minute before its first probe, and is not waited for.
    expect(await order("revoke", { agent: null, credentialId: "found" })).toMatchObject({ status: 200, body: { applied: true } });
    await ended("verified");
    expect(w.provider.calls).toEqual(["revoke found", "probe found with secret"]);
    expect((await w.records("commands")).at(-1)).toMatchObject({ kind: "revoke", agent: AGENT, credentialId: "found", tripId: `trip:${KEY}:0`, by: "soc" });
    expect((await lastBreaker())?.change).toBe("trip");
    const [ordered] = await w.records("commands");
    await w.append("commands", KEY, ordered!);
    expect(await order("revoke", { agent: null, credentialId: "found" })).toMatchObject({ status: 409 });
    expect(await order("revoke", { agent: null, credentialId: "other" })).toMatchObject({ status: 409 });
    expect(await order("revoke", { agent: null })).toMatchObject({ status: 400 });
    expect(w.provider.calls.filter((call) => call.startsWith("revoke"))).toHaveLength(1);
  });

  it("carries out after a restart an order that a crash kept from being carried out", async () => {
    await w.append("credentials", TENANT, foundCredential({ autoRevoke: "page", version: 2 }));
    w.provider.probes = [{ kind: "still-works", by: "used-and-refused" }];
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("escalated");
    await breaker.stop();
    await w.append("commands", KEY, { v: 1, id: "order-1", tenant: TENANT, agent: AGENT, kind: "revoke", holdId: null, credentialId: "found", tripId: `trip:${KEY}:0`, by: "soc", reason: "test", atMs: 5 });
    w.provider.calls.length = 0;
    w.provider.revoke = () => {
      w.provider.calls.push("revoke found");
      w.provider.probes = [{ kind: "refused", by: "used-and-refused" }];
      return Promise.resolve({ kind: "revoked", sessionsCut: 0 });
    };
    breaker = w.breaker();
    await breaker.start();
    await ended("verified");
    expect(w.provider.calls.filter((call) => call.startsWith("revoke"))).toHaveLength(1);
    expect((await lastContainment())?.items[0]).toMatchObject({ state: "verified", orderedAtMs: 5 });
  });

  it("finishes after a restart what a crash left between intent and outcome, asking a probe first", async () => {
    w.provider.revoke = () => new Promise(() => undefined);
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await vi.waitFor(async () => expect(await w.store.openWork("revocation", 10)).toHaveLength(2));
    const crashed = breaker;
    w.provider.calls.length = 0;
    breaker = w.breaker();
    await breaker.start();
    await ended("verified");
    expect(w.provider.calls).toEqual(["probe found with secret"]);
    void crashed.stop();
  });

  it("puts a trip that was written ahead into the log after a crash, and goes on with it, asking a probe first", async () => {
    const append = w.log.append.bind(w.log);
    const gone = Promise.withResolvers<never>();
    const held = vi.spyOn(w.log, "append").mockImplementation((topic, records) => (topic === "breakers" ? gone.promise : append(topic, records)));
    w.provider.revoke = () => new Promise(() => undefined);
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await vi.waitFor(async () => expect(await w.store.openWork("revocation", 10)).toHaveLength(2));
    expect(await w.records("breakers")).toEqual([]);
    expect(await w.records("containments")).toEqual([]);
    const crashed = breaker;
    held.mockRestore();
    w.provider.calls.length = 0;
    breaker = w.breaker();
    await breaker.start();
    await ended("verified");
    expect(w.provider.calls).toEqual(["probe found with secret"]);
    expect((await w.records("breakers")).map(({ change }) => change)).toEqual(["trip"]);
    void crashed.stop();
    gone.reject(new Error("the process is gone"));
  });

  it("calls the provider while the log has not taken the trip yet, and tells of nothing before it has", async () => {
    const append = w.log.append.bind(w.log);
    const taken = Promise.withResolvers<void>();
    vi.spyOn(w.log, "append").mockImplementation(async (topic, records) => {
      if (topic === "breakers") await taken.promise;
      return append(topic, records);
    });
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await vi.waitFor(() => expect(w.provider.calls).toEqual(["revoke found", "probe found with secret"]));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await w.records("containments")).toEqual([]);
    taken.resolve();
    await ended("verified");
    expect(await lastBreaker()).toMatchObject({ position: { state: "open" } });
  });

  it("plans the containment of a trip that was recorded when the process died before the intent", async () => {
    const trip = { id: `trip:${KEY}:0`, tenant: TENANT, agent: AGENT, generation: 0, atMs: 1, cause: { kind: "hard-finding" as const, findingId: "f" }, findings: [], foreignCredentials: ["a".repeat(64)], soft: false, summary: "" };
    await w.append("breakers", KEY, { v: 1, tenant: TENANT, agent: AGENT, generation: 0, position: { state: "open", tripId: trip.id, sinceMs: 1 }, holds: [], trip, atMs: 1, resetAtMs: 0, commandIds: [], change: "trip" });
    await breaker.start();
    await ended("verified");
    expect(w.provider.calls).toContain("revoke found");
  });

  it("does not trip again for the same action when it is read again after a reset", async () => {
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
    await order("reset");
    await breaker.stop();
    vi.spyOn(w.store, "loadCheckpoint").mockResolvedValue(null);
    breaker = w.breaker();
    await breaker.start();
    expect(await lastBreaker()).toMatchObject({ change: "reset", generation: 1 });
  });

  it("contains on a manual trip a foreign credential that the agent only read with, before a restart", async () => {
    await breaker.start();
    await w.append("actions", KEY, action("c0", { tool: "read_file", request: null }));
    await vi.waitFor(async () => expect((await w.records("actions")).length).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await breaker.stop();
    breaker = w.breaker();
    await breaker.start();
    expect((await order("trip")).body.applied).toBe(true);
    await ended("verified");
    expect(w.provider.calls).toContain("revoke found");
  });

  it("probes after a reset: reads pass and close it, a side effect opens it again", async () => {
    await breaker.start();
    await order("trip");
    await order("reset");
    await w.append("actions", KEY, readAction("r1"));
    await vi.waitFor(async () => expect(await lastBreaker()).toMatchObject({ change: "probe-used", position: { state: "probing" } }));
    await w.append("actions", KEY, action("w1", { tool: "shell", request: { kind: "shell", command: "touch notes.txt" }, credentials: [] }));
    await vi.waitFor(async () => expect(await lastBreaker()).toMatchObject({ change: "trip", generation: 1, trip: { cause: { kind: "probe-violation" } } }));
  });

  it("stacks holds, refuses a reset while one stands, and denies leases meanwhile", async () => {
    await breaker.start();
    const first = (await order("hold")).body.breakers[0]?.holds[0]?.id;
    await order("trip");
    expect(await order("reset")).toMatchObject({ status: 409, body: { message: expect.stringMatching(/TL_BREAKER_CONFLICT.*a hold stands/) } });
    expect(await lastBreaker()).toMatchObject({ position: { state: "open" }, change: "order-refused" });
    await order("release", { holdId: first });
    expect((await order("reset")).body.breakers[0]?.position.state).toBe("probing");
  });

  it("revokes after all when a human orders the trip of an agent that the mass-trip guard only denied", async () => {
    await softTrip();
    await breaker.start();
    await ended("escalated");
    expect(w.provider.calls.filter((call) => call.startsWith("revoke"))).toEqual([]);
    await order("trip");
    await ended("verified");
    expect(w.provider.calls).toContain("revoke found");
  });

  it("panic for all trips every registered agent", async () => {
    await w.append("agents", `${TENANT}/other`, { v: 1, version: 1, tenant: TENANT, agent: "other", role: null, owner: "platform", environment: "staging", status: "active", atMs: 1 });
    await breaker.start();
    const { body } = await order("panic", { agent: null });
    expect(new Map(body.breakers.map((record) => [record.agent, record.position.state]))).toEqual(new Map([["coder", "open"], ["other", "open"]]));
  });

  it("issues a lease under a grant, contains it on a trip, and issues none while open", async () => {
    await w.append("grants", KEY, { v: 1, version: 1, id: "g", tenant: TENANT, agent: AGENT, task: null, environments: ["staging"], operations: [], resources: [], effects: [], irreversible: [], expiresAtMs: null, atMs: 1 });
    await breaker.start();
    const lease = await api("POST", "/v1/leases", { agent: AGENT, provider: "scripted" });
    expect(lease).toMatchObject({ status: 201, body: { secret: "s3cret-of-the-lease" } });
    await order("trip");
    await ended("verified");
    expect((await w.records("leases")).at(-1)).toMatchObject({ status: "revoked" });
    expect((await api("POST", "/v1/leases", { agent: AGENT, provider: "scripted" })).status).toBe(403);
    expect(w.provider.calls.filter((call) => call.startsWith("issue"))).toHaveLength(1);
  });

  it("takes back what a failed issue may have left behind", async () => {
    await w.append("grants", KEY, { v: 1, version: 1, id: "g", tenant: TENANT, agent: AGENT, task: null, environments: ["staging"], operations: [], resources: [], effects: [], irreversible: [], expiresAtMs: null, atMs: 1 });
    w.provider.issue = ({ leaseId }) => Promise.resolve({ kind: "failed", reason: "time-out", leftover: { id: leaseId, kind: "role", providerRef: "half-made", principal: "half-made" } });
    await breaker.start();
    expect((await api("POST", "/v1/leases", { agent: AGENT, provider: "scripted" })).status).toBe(502);
    expect(w.provider.calls).toEqual([expect.stringMatching(/^revoke lease-/)]);
    expect((await w.records("credentials")).at(-1)).toMatchObject({ providerRef: "half-made", issuedTo: [AGENT] });
  });

  it("says which provider could not revoke, and what exists there that nobody registered", async () => {
    w.provider.list = () => Promise.resolve({ kind: "listed", credentials: [{ target: { id: "x", kind: "api-token", providerRef: "ref-2", principal: null }, name: "old-token", createdAtMs: null }, { target: { id: "found", kind: "api-token", providerRef: "ref-1", principal: null }, name: "found", createdAtMs: null }] });
    await breaker.start();
    await vi.waitFor(async () => expect((await api("GET", "/v1/credentials")).body).toMatchObject({ providers: [{ status: "ready", unregistered: [{ providerRef: "ref-2" }] }] }));
    await breaker.stop();
    w.provider.verify = () => Promise.resolve({ kind: "ready", detail: "rights are sufficient", warnings: ["everybody may create"] });
    breaker = w.breaker();
    await breaker.start();
    await vi.waitFor(async () => expect((await api("GET", "/v1/credentials")).body).toMatchObject({ providers: [{ status: "ready", detail: "rights are sufficient; WARNING: everybody may create" }] }));
    await breaker.stop();
    w.provider.verify = () => Promise.resolve({ kind: "unfit", missing: ["apiTokenDelete"] });
    breaker = w.breaker();
    await breaker.start();
    await vi.waitFor(async () => expect((await api("GET", "/v1/credentials")).body).toMatchObject({ providers: [{ status: "unfit", detail: "missing: apiTokenDelete", unregistered: null }] }));
  });

  it("refuses a lease without a grant, for an unknown agent and at an unknown provider", async () => {
    await breaker.start();
    await expect(api("POST", "/v1/leases", { agent: AGENT, provider: "scripted" })).resolves.toMatchObject({ status: 403 });
    await expect(api("POST", "/v1/leases", { agent: "nobody", provider: "scripted" })).resolves.toMatchObject({ status: 403 });
    await expect(api("POST", "/v1/leases", { agent: AGENT, provider: "elsewhere" })).resolves.toMatchObject({ status: 400 });
    expect(w.provider.calls).toEqual([]);
  });

  it("contains though the store refuses the intent at first", async () => {
    await breaker.start();
    vi.spyOn(w.store, "recordWork").mockRejectedValueOnce(new Error("disk full"));
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
  });

  it("contains though the log refuses the trip at first, and calls nobody before it is recorded", async () => {
    await breaker.start();
    const append = w.log.append.bind(w.log);
    let refusals = 3;
    vi.spyOn(w.log, "append").mockImplementation((topic, records) => {
      if (topic !== "breakers" || refusals === 0) return append(topic, records);
      refusals -= 1;
      expect(w.provider.calls).toEqual([]);
      return Promise.reject(new Error("disk full"));
    });
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
    expect(refusals).toBe(0);
  });

  it("keeps a record that cannot be decoded, with its reason, and judges the next one", async () => {
    await breaker.start();
    await w.log.append("actions", [{ key: KEY, value: new TextEncoder().encode("{") }]);
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
    expect(await w.records("actions.dead")).toMatchObject([{ reason: "TL_RECORD_UNDECODABLE" }]);
  });

  it("shows the state of every agent", async () => {
    await breaker.start();
    expect((await api("GET", "/v1/agents")).body.agents).toMatchObject([{ agent: AGENT, state: "closed" }]);
    await order("hold");
    expect((await api("GET", "/v1/agents")).body.agents).toMatchObject([{ state: "held" }]);
  });
});
