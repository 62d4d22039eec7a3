/** Ending of leases that no provider ends by itself. */
import { Registry } from "@tripline/core";
import { createLogger, createMetrics } from "@tripline/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { foundCredential, KEY, TENANT, AGENT, world, type World } from "./breaker.fixture.ts";
import { BreakerStates } from "./breaker-states.ts";
import { ContainmentReports } from "./containment-reports.ts";
import { endDueLeases } from "./lease-expiry.ts";
import { noPeers } from "./peers.ts";
import { ProviderCalls } from "./provider-calls.ts";

const HOUR_MS = 3_600_000;
let w: World;
let stop: AbortController;
let registry: Registry;
let states: BreakerStates;

beforeEach(async () => {
  w = await world();
  stop = new AbortController();
  registry = new Registry();
  states = new BreakerStates();
  registry.apply("leases", { v: 1, version: 1, id: "l1", tenant: TENANT, agent: AGENT, grantId: "g", credentialId: "lease-l1", provider: "scripted", status: "active", expiresAtMs: HOUR_MS, atMs: 1 });
  registry.apply("credentials", foundCredential({ id: "lease-l1", fingerprint: null, principal: "role-l1", issuedTo: [AGENT] }));
});
afterEach(async () => {
  stop.abort();
  await w.log.close();
  await w.store.close();
});

async function round(nowMs: number): Promise<void> {
  const base = {
    eventLog: w.log, store: w.store, metrics: createMetrics(), logger: createLogger({ level: "silent", name: "test" }), providers: new Map([["scripted", w.provider]]), clock: () => nowMs,
    secrets: { seal: () => Promise.resolve(), open: () => Promise.resolve("the-secret"), erase: () => Promise.resolve() }, config: { instance: "test", leaseTtlMs: HOUR_MS },
  };
  const deps = { ...base, registry, states, stopping: stop.signal, peers: noPeers("test"), reports: new ContainmentReports({ ...base, stopping: stop.signal }) };
  await endDueLeases(deps, new ProviderCalls(base.providers));
}

describe("an expired lease", () => {
  it("has its credential revoked and probed, and only then counts as ended", async () => {
    w.provider.probes = [{ kind: "still-works", by: "used-and-refused" }, { kind: "refused", by: "used-and-refused" }];
    await round(HOUR_MS);
    expect(w.provider.calls).toEqual(["revoke lease-l1", "probe lease-l1 with secret"]);
    expect(await w.records("leases")).toEqual([]);
  });

  it("ends when the probe is refused", async () => {
    await round(HOUR_MS);
    expect(await w.records("leases")).toMatchObject([{ id: "l1", status: "revoked", version: 2 }]);
    expect((await w.records("credentials")).at(-1)).toMatchObject({ id: "lease-l1", status: "revoked" });
  });

  it("is not touched before its time, nor while its agent's breaker is open", async () => {
    await round(HOUR_MS - 1);
    states.set({ ...states.get(KEY), position: { state: "open", tripId: "t", sinceMs: 1 } });
    await round(HOUR_MS);
    expect(w.provider.calls).toEqual([]);
  });
});
