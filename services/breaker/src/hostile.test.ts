/** What a compromised agent, a crash, a full disk or a bad provider does to the breaker. */
import { prepareClassifiers } from "@tripline/core";
import { type BreakerRecord, type Command, type Containment, type Grant, TriplineError } from "@tripline/model";
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
const revocations = (): string[] => w.provider.calls.filter((call) => call.startsWith("revoke"));

async function api(method: "GET" | "POST", url: string, body?: unknown) {
  const app = fastify();
  breaker.routes(app, TENANT);
  const answer = await app.inject({ method, url, ...(body === undefined ? {} : { payload: body as object }) });
  await app.close();
  return { status: answer.statusCode, body: answer.json<{ message: string; breakers: BreakerRecord[]; containments: Containment[] }>() };
}
const order = (kind: Command["kind"], over: object = {}) => api("POST", "/v1/commands", { kind, agent: AGENT, by: "soc", reason: "test", ...over });

const grant: Grant = { v: 1, version: 1, id: "g", tenant: TENANT, agent: AGENT, task: null, environments: ["staging"], operations: [], resources: [], effects: [], irreversible: [], expiresAtMs: null, atMs: 1 };
const openRecord = (foreignCredentials: string[], change: string): BreakerRecord => ({
  v: 1, tenant: TENANT, agent: AGENT, generation: 0, position: { state: "open", tripId: `trip:${KEY}:0`, sinceMs: 1 }, holds: [], atMs: 1, resetAtMs: 0, commandIds: [], change,
  trip: { id: `trip:${KEY}:0`, tenant: TENANT, agent: AGENT, generation: 0, atMs: 1, cause: { kind: "hard-finding", findingId: "f" }, findings: [], foreignCredentials, soft: false, summary: "" },
});

describe("after a crash", () => {
  it("contains what evidence added to an open trip, though the process died before that was planned", async () => {
    await breaker.start();
    await order("trip");
    await ended("escalated");
    await breaker.stop();
    await w.append("breakers", KEY, { ...openRecord([MARK], "evidence-added"), commandIds: [] });
    breaker = w.breaker();
    await breaker.start();
    await vi.waitFor(() => expect(revocations()).toEqual(["revoke found"]), 5_000);
    await ended("verified");
  });

  it("still shows a containment that was verified before, and calls nobody again", async () => {
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
    await breaker.stop();
    const records = (await w.records("containments")).length;
    w.provider.calls.length = 0;
    breaker = w.breaker();
    await breaker.start();
    expect((await api("GET", "/v1/containments")).body.containments).toMatchObject([{ status: "verified", items: [{ credentialId: "found", state: "verified" }] }]);
    expect(w.provider.calls).toEqual([]);
    expect(await w.records("containments")).toHaveLength(records);
  });

  it("contains a foreign credential seen before, though the checkpoint that should have kept it failed once", async () => {
    await breaker.start();
    vi.spyOn(w.store, "commitCheckpoint").mockRejectedValueOnce(new Error("disk full"));
    await w.append("actions", KEY, action("c0", { tool: "read_file", request: null }));
    await vi.waitFor(async () => expect((await w.store.loadCheckpoint("breaker:test", w.log.partitionOf(KEY)))?.offsets.get("actions")).toBe(1), 3_000);
    await breaker.stop();
    breaker = w.breaker();
    await breaker.start();
    await order("trip");
    await ended("verified");
    expect(revocations()).toEqual(["revoke found"]);
  });

  it("finishes though a write took effect and was reported as failed", async () => {
    const updateWork = w.store.updateWork.bind(w.store);
    vi.spyOn(w.store, "updateWork").mockImplementationOnce(async (item) => {
      await updateWork(item);
      throw new Error("the answer was lost");
    });
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
  });

  it("reads on where it stopped, though the first attempt to read again fails", async () => {
    const read = w.log.read.bind(w.log);
    let attempts = 0;
    vi.spyOn(w.log, "read").mockImplementation((topic, options, batch) => {
      if (topic !== "actions") return read(topic, options, batch);
      attempts += 1;
      if (attempts === 1) return Promise.resolve({ close: () => Promise.resolve(), done: Promise.reject(new Error("the reader ended")) });
      return attempts === 2 ? Promise.reject(new Error("not yet")) : read(topic, options, batch);
    });
    await breaker.start();
    await vi.waitFor(() => expect(breaker.health().ready).toBe(false));
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
    expect(attempts).toBe(3);
    expect(breaker.health().ready).toBe(true);
  });
});

describe("a compromised agent", () => {
  it("cannot hide a side effect while probing behind the call id of an earlier read", async () => {
    await breaker.start();
    await order("trip");
    await order("reset");
    await w.append("actions", KEY, readAction("r1"));
    await w.append("actions", KEY, action("r1", { phase: "result", id: "r1:result", tool: "shell", request: { kind: "shell", command: "touch notes.txt" }, credentials: [] }));
    await vi.waitFor(async () => expect(await lastBreaker()).toMatchObject({ change: "trip", trip: { cause: { kind: "probe-violation" } } }), 3_000);
  });

  it("cannot hide a found database login behind a made-up fingerprint", async () => {
    await w.append("credentials", TENANT, foundCredential({ id: "db-login", fingerprint: null, principal: "billing" }));
    w.sealed.set(`credential:${TENANT}/db-login`, "password");
    await breaker.start();
    await w.append("actions", KEY, action("c0", { tool: "read_file", request: null, credentials: [{ fingerprint: "f".repeat(64), principal: "billing", leaseId: null }] }));
    await vi.waitFor(async () => expect(await w.records("actions")).toHaveLength(1));
    await order("trip");
    await ended("verified");
    expect(revocations()).toEqual(["revoke db-login"]);
  });
});

describe("a provider", () => {
  it("at which somebody put a contained credential back is asked again when an agent is seen using it, and not believed unasked", async () => {
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
    await order("reset");
    w.provider.calls.length = 0;
    w.provider.probes = [{ kind: "still-works", by: "provider-listing" }];
    await w.append("actions", KEY, action("c2"));
    await vi.waitFor(() => expect(w.provider.calls.slice(0, 2)).toEqual(["revoke found", "probe found without secret"]), 5_000);
    await vi.waitFor(async () => expect(await lastContainment()).toMatchObject({ tripId: `trip:${KEY}:1`, status: "open", items: [{ credentialId: "found" }] }));
  });

  it("that throws at once when it is checked is shown as unreachable, and ends nothing", async () => {
    w.provider.verify = () => {
      throw new Error("not even a promise");
    };
    await breaker.start();
    await vi.waitFor(async () => expect((await api("GET", "/v1/credentials")).body).toMatchObject({ providers: [{ status: "unreachable" }] }));
  });

  it("whose secret can no longer be opened is probed without it, instead of for ever failing to open it", async () => {
    await breaker.start();
    w.sealed.get = () => {
      throw new TriplineError("TL_SEAL_BROKEN");
    };
    await w.append("actions", KEY, action("c1"));
    await ended("verified");
    expect(w.provider.calls).toEqual(["revoke found", "probe found without secret"]);
  });

  it("that throws while it issues is reported, and its lease is met by the next trip", async () => {
    await w.append("grants", KEY, grant);
    w.provider.issue = () => Promise.reject(new Error("https://user:secret@provider"));
    await breaker.start();
    const answer = await api("POST", "/v1/leases", { agent: AGENT, provider: "scripted" });
    expect(answer).toMatchObject({ status: 502, body: { message: expect.stringMatching(/TL_PROVIDER_FAILED/) } });
    expect(answer.body.message).not.toContain("secret");
    expect((await w.records("leases")).at(-1)).toMatchObject({ status: "active" });
  });

  it("that is slow to issue has its credential revoked when a trip comes first", async () => {
    await w.append("grants", KEY, grant);
    const issue = w.provider.issue.bind(w.provider);
    const gate = Promise.withResolvers<void>();
    w.provider.issue = async (request, signal) => {
      await gate.promise;
      return issue(request, signal);
    };
    await breaker.start();
    const lease = api("POST", "/v1/leases", { agent: AGENT, provider: "scripted" });
    await vi.waitFor(async () => expect(await w.records("leases")).toHaveLength(1));
    await order("trip");
    gate.resolve();
    expect((await lease).status).toBe(403);
    await ended("verified");
    expect(revocations()).toEqual([expect.stringMatching(/^revoke lease-/)]);
  });

  it("that issues just before a trip has its credential revoked, however late the reader hears of the lease", async () => {
    await w.append("grants", KEY, grant);
    await breaker.start();
    // The order is on its way before the lease's facts can have been read back.
    const [lease, trip] = await Promise.all([api("POST", "/v1/leases", { agent: AGENT, provider: "scripted" }), order("trip")]);
    expect(trip.status).toBe(200);
    expect([201, 403]).toContain(lease.status);
    await vi.waitFor(() => expect(revocations()).toEqual(w.provider.calls.some((call) => call.startsWith("issue")) ? [expect.stringMatching(/^revoke lease-/)] : []), 3_000);
  });

  it("has nothing else revoked when a hold comes while it issues, though an old trip is on record", async () => {
    await w.append("grants", KEY, grant);
    await w.append("credentials", TENANT, foundCredential({ id: "own", providerRef: "ref-2", fingerprint: null, issuedTo: [AGENT] }));
    await w.append("breakers", KEY, { ...openRecord([], "probe-passed"), generation: 1, position: { state: "closed" } });
    const issue = w.provider.issue.bind(w.provider);
    w.provider.issue = async (request, signal) => {
      await order("hold");
      return issue(request, signal);
    };
    await breaker.start();
    expect((await api("POST", "/v1/leases", { agent: AGENT, provider: "scripted" })).status).toBe(403);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(revocations()).toEqual([expect.stringMatching(/^revoke lease-/)]);
  });
});

describe("a log that cannot write", () => {
  it.each(["TL_LOG_FULL", "TL_LOG_UNAVAILABLE"] as const)("(%s) is told to whoever orders, and the order is not applied later", async (code) => {
    await breaker.start();
    const append = w.log.append.bind(w.log);
    vi.spyOn(w.log, "append").mockImplementation((topic, records) => (topic === "commands" ? Promise.reject(new TriplineError(code)) : append(topic, records)));
    const { status, body } = await order("hold");
    expect({ status, message: body.message }).toEqual({ status: 503, message: new TriplineError("TL_ORDER_UNRECORDED", `The event log said ${code}.`).message });
    vi.restoreAllMocks();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await w.records("commands")).toEqual([]);
  }, 15_000);
});
