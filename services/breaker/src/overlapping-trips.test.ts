/** What kills of the running product brought to light: trips that share a credential, evidence that comes late, half-told ends. */
import { prepareClassifiers } from "@tripline/core";
import { agentKey, type BreakerRecord, type Containment, encode, type Finding } from "@tripline/model";
import { fastify } from "fastify";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { BreakerModule } from "./breaker.ts";
import { action, AGENT, KEY, TENANT, world, type World } from "./breaker.fixture.ts";

const OTHER = "writer";

let w: World;
let breaker: BreakerModule;

beforeAll(() => prepareClassifiers());
beforeEach(async () => {
  w = await world();
  breaker = w.breaker();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await breaker.stop();
  await w.log.close();
  await w.store.close();
});

const lastOf = async (agent: string): Promise<Containment | undefined> => (await w.records("containments")).findLast((record) => record.agent === agent);
const ended = (agent: string, status: Containment["status"]) => vi.waitFor(async () => expect((await lastOf(agent))?.status).toBe(status), { timeout: 8_000 });

async function reset(): Promise<BreakerRecord | undefined> {
  const app = fastify();
  breaker.routes(app, TENANT);
  await app.inject({ method: "POST", url: "/v1/commands", payload: { kind: "reset", agent: AGENT, by: "soc", reason: "test" } });
  await app.close();
  return (await w.records("breakers")).at(-1);
}

describe("trips that overlap", () => {
  it("are both verified when one has revoked, probed and erased the credential that they share", async () => {
    let refusals = 0;
    let isDeleted = false;
    // Refused once; whoever asks after that, without the secret, learns nothing.
    vi.spyOn(w.provider, "probe").mockImplementation(() => {
      if (!isDeleted) return Promise.resolve({ kind: "still-works", by: "used-and-refused" });
      refusals += 1;
      return Promise.resolve(refusals === 1 ? { kind: "refused", by: "used-and-refused" } : { kind: "unknown", reason: "not listed" });
    });
    await breaker.start();
    const { agent } = action("c1");
    await w.append("actions", KEY, action("c1"));
    await w.append("actions", agentKey(TENANT, OTHER), action("c2", { agent: { ...agent, id: OTHER } }));
    await ended(AGENT, "open");
    await ended(OTHER, "open");
    isDeleted = true;
    await ended(AGENT, "verified");
    await ended(OTHER, "verified");
    expect((await w.records("credentials")).filter(({ status }) => status === "revoked")).toHaveLength(1);
  });

  it("say all that was found on the record that tripped, though the detector was first to find it", async () => {
    const marked: Finding = {
      v: 1, id: "irreversible-action:c1", tenant: TENANT, agent: AGENT, session: null, actionId: "c1:attempt", callId: "c1", detector: "irreversible-action", weight: "hard", rule: "r", bits: 30,
      summary: "Deleted a volume.", features: [], atMs: 1, receiveMs: Date.now(), foreignCredentials: [], decidedBy: { rules: "1", policy: 0, grant: 0, registry: 0 }, risk: null, digest: "c".repeat(64),
    };
    await breaker.start();
    const detectors = ["irreversible-action", "environment-crossing", "foreign-credential"] as const;
    await w.log.append("findings", detectors.map((detector) => ({ key: KEY, value: encode("findings", { ...marked, id: `${detector}:c1`, detector }) })));
    await vi.waitFor(async () => expect((await w.records("breakers")).at(-1)?.trip?.findings.map(({ detector }) => detector)).toEqual(detectors));
  });

  it("do not begin by a finding that was written after a reset about an action received before it", async () => {
    await breaker.start();
    await w.append("actions", KEY, action("c1"));
    await ended(AGENT, "verified");
    const judged = (await w.records("breakers")).at(-1)?.trip?.findings[0];
    expect(await reset()).toMatchObject({ change: "reset", generation: 1 });
    await w.append("findings", KEY, judged as Finding);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await w.records("breakers")).at(-1)).toMatchObject({ change: "reset", generation: 1 });
    await w.append("findings", KEY, { ...(judged as Finding), id: "late:c9", actionId: "c9", digest: "9".repeat(64), receiveMs: Date.now() + 1 });
    await vi.waitFor(async () => expect((await w.records("breakers")).at(-1)).toMatchObject({ change: "trip", generation: 1 }));
  });

  it("do not begin by a record that its sender sent again, and do by another deed under the same ids", async () => {
    await breaker.start();
    const deed = action("c1");
    await w.append("actions", KEY, deed);
    await ended(AGENT, "verified");
    expect(await reset()).toMatchObject({ change: "reset", generation: 1 });
    await w.append("actions", KEY, deed);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await w.records("breakers")).at(-1)).toMatchObject({ change: "reset", generation: 1 });
    await w.append("actions", KEY, { ...deed, eventMs: deed.eventMs + 1 });
    await vi.waitFor(async () => expect((await w.records("breakers")).at(-1)).toMatchObject({ change: "trip", generation: 1 }));
  });

  it("end after a crash between the refused probe and the inventory: credential revoked there, secret erased, end told", async () => {
    await breaker.start();
    const append = w.log.append.bind(w.log);
    vi.spyOn(w.log, "append").mockImplementation((topic, records) => (topic === "credentials" ? Promise.reject(new Error("disk")) : append(topic, records)));
    await w.append("actions", KEY, action("c1"));
    await vi.waitFor(async () => expect((await w.store.workOfGroup("revocation", `trip:${KEY}:0`)).some(({ payload }) => payload.includes('"verified"'))).toBe(true));
    await breaker.stop();
    vi.restoreAllMocks();
    expect(w.sealed.size).toBe(1);
    breaker = w.breaker();
    await breaker.start();
    await ended(AGENT, "verified");
    expect((await w.records("credentials")).at(-1)).toMatchObject({ id: "found", status: "revoked" });
    expect(w.sealed.size).toBe(0);
  });
});
