import { getEventListeners } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AlertSink, openSink } from "@tripline/alerts";
import { type Receiver, startReceiver } from "@tripline/alerts/battery";
import { type EventLog, openEventLog } from "@tripline/event-log";
import { type BreakerRecord, type Containment, type ContainmentItem, type Trip, agentKey, encode } from "@tripline/model";
import { type Metrics, type Module, createLogger, createMetrics } from "@tripline/runtime";
import { type Store, openStore } from "@tripline/store";
import { breakerAlerts } from "./breaker-alerts.ts";
import { createNotifier } from "./index.ts";
import { newDelivery } from "./work.ts";

const SECRET = `whsec_${Buffer.from("a-signing-secret-for-tests").toString("base64")}`;
const KEY = agentKey("acme", "builder");

const trip: Trip = {
  id: "trip:acme/builder:0",
  tenant: "acme",
  agent: "builder",
  generation: 0,
  atMs: 1_790_000_000_000,
  cause: { kind: "hard-finding", findingId: "f1" },
  findings: [],
  foreignCredentials: [],
  soft: false,
  summary: "volumeDelete on production \u001b[31m<script>alert(1)</script>",
};
const open: BreakerRecord = {
  v: 1,
  tenant: "acme",
  agent: "builder",
  generation: 0,
  position: { state: "open", tripId: trip.id, sinceMs: trip.atMs },
  holds: [],
  trip,
  atMs: trip.atMs,
  resetAtMs: 0,
  commandIds: [],
  change: "trip",
};
const item = (credentialId: string, change: Partial<ContainmentItem>): ContainmentItem => ({
  credentialId,
  provider: "railway",
  reason: "foreign",
  state: "revoking",
  outcome: null,
  probe: null,
  attempts: 1,
  intendedAtMs: trip.atMs,
  revokedAtMs: null,
  verifiedAtMs: null,
  nextAttemptMs: null,
  escalation: null,
  ...change,
});
const verified = (id: string) => item(id, { state: "verified", outcome: { kind: "revoked", sessionsCut: 0 }, probe: { kind: "refused", by: "used-and-refused" }, verifiedAtMs: trip.atMs + 40 });
const containment = (status: Containment["status"], items: ContainmentItem[]): Containment => ({
  v: 1,
  tripId: trip.id,
  tenant: "acme",
  agent: "builder",
  status,
  items,
  startedAtMs: trip.atMs,
  endedAtMs: status === "open" ? null : trip.atMs + 50,
});

interface Body {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly title: string; readonly contained: string[]; readonly notContained: string[] };
}

describe("the notifier", () => {
  let dir: string;
  let eventLog: EventLog;
  let store: Store;
  let metrics: Metrics;
  let receiver: Receiver;
  const modules: Module[] = [];
  const logger = createLogger({ level: "silent", name: "test" });

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "tripline-notifier-"));
    metrics = createMetrics();
    receiver = await startReceiver();
    await openLogAndStore();
  });
  afterEach(async () => {
    await Promise.all(modules.splice(0).map((module) => module.stop()));
    await closeLogAndStore();
    await receiver.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function openLogAndStore() {
    eventLog = await openEventLog({ kind: "embedded", dir: join(dir, "log"), partitions: 4 }, { metrics, clock: () => Date.now() });
    store = await openStore({ kind: "sqlite", path: join(dir, "store.db") }, { metrics });
  }
  async function closeLogAndStore() {
    await eventLog.close();
    await store.close();
  }
  const sink = (name: string, url: string): AlertSink =>
    openSink(name, { kind: "webhook", url, secrets: [{ env: "S" }], timeoutMs: 300, allowPrivate: true }, { readSecret: () => SECRET, nowMs: () => Date.now() });
  async function start(sinks: readonly AlertSink[] = [sink("soc", receiver.url)]) {
    const module = createNotifier({ instance: "0", eventLog, store, metrics, logger, clock: () => Date.now(), sinks, random: () => 0 });
    modules.push(module);
    await module.start();
    return module;
  }
  /** The real store, of which one call fails while `broken` says so. */
  const breaking = (call: keyof Store, broken: () => boolean): Store =>
    new Proxy(store, {
      get: (target, name) => {
        if (name === call && broken()) return () => Promise.reject(new Error("disk full"));
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
  const tellBreaker = (record: BreakerRecord) => eventLog.append("breakers", [{ key: KEY, value: encode("breakers", record) }]);
  const tellContainment = (record: Containment) => eventLog.append("containments", [{ key: KEY, value: encode("containments", record) }]);
  /** Every body that came, each checked by the reference verifier. */
  const bodies = () => receiver.received.map(({ body, headers }) => new Webhook(SECRET).verify(body, headers as Record<string, string>) as Body);
  const types = () => bodies().map((body) => body.type);

  it("sends a signed alert for a trip and for the end of its containment, and says what is contained", async () => {
    await start();
    await tellBreaker(open);
    await tellContainment(containment("open", [item("found-token", {}), verified("lease-7")]));
    await tellContainment(containment("verified", [verified("found-token"), verified("lease-7")]));
    await expect.poll(types, { timeout: 5_000 }).toHaveLength(2);
    const [tripped, contained] = bodies().toSorted((a, b) => a.type.localeCompare(b.type));
    expect(tripped).toMatchObject({ type: "breaker.tripped", timestamp: new Date(trip.atMs).toISOString() });
    expect(tripped?.data.notContained[0]).toContain("Nothing is verified yet");
    expect(contained).toMatchObject({ type: "containment.verified", data: { msToVerified: 40, counts: { credentials: 2, contained: 2, notContained: 0 } } });
    expect(contained?.data.contained).toContain("found-token (railway, foreign): refused when used");
  });

  it("says plainly what is NOT contained, and calls again only for something new", async () => {
    await start();
    const stuck = item("admin-token", {
      state: "escalated",
      outcome: { kind: "failed", reason: "HTTP 500", effect: "unknown", retryAfterMs: null },
      probe: { kind: "still-works", by: "used-and-refused" },
      escalation: "delete it in the provider's console",
    });
    await tellContainment(containment("open", [verified("lease-7"), stuck]));
    await tellContainment(containment("escalated", [verified("lease-7"), { ...stuck, attempts: 9 }]));
    await expect.poll(types, { timeout: 5_000 }).toEqual(["containment.escalated"]);
    const [first] = bodies();
    expect(first?.data.title).toContain("NOT contained: 1 of 2 credentials");
    expect(first?.data.notContained).toEqual([
      "admin-token (railway, foreign): delete it in the provider's console; revocation failed, effect unknown (HTTP 500); IT STILL WORKS when used",
    ]);
    expect(first?.data.contained).toEqual(["lease-7 (railway, foreign): refused when used"]);
    const another = item("second-token", { state: "escalated", outcome: { kind: "not-revocable", reason: "no API" }, escalation: "call its owner" });
    await tellContainment(containment("escalated", [verified("lease-7"), stuck, another]));
    await expect.poll(types, { timeout: 5_000 }).toEqual(["containment.escalated", "containment.escalated"]);
    // They ordered its revocation, and that failed as well.
    const failed = { ...stuck, orderedAtMs: stuck.intendedAtMs + 60_000 };
    for (let n = 0; n < 2; n += 1) await tellContainment(containment("escalated", [verified("lease-7"), failed, another]));
    await expect.poll(types, { timeout: 5_000 }).toEqual(["containment.escalated", "containment.escalated", "containment.escalated"]);
  });

  it("does not call a trip contained when it knew no credential", async () => {
    await start();
    await tellContainment(containment("escalated", []));
    await expect.poll(bodies, { timeout: 5_000 }).toMatchObject([{ type: "containment.escalated", data: { title: expect.stringContaining("knows no credential") as string } }]);
  });

  it("tells of a soft trip that nothing is revoked", async () => {
    await start();
    await tellBreaker({ ...open, trip: { ...trip, soft: true, cause: { kind: "risk", bits: 40, budgetBits: 30 } } });
    await expect.poll(bodies, { timeout: 5_000 }).toMatchObject([{ data: { title: expect.stringContaining("NOTHING IS REVOKED") as string } }]);
  });

  it("tells of holds, releases, resets and closings, each once", async () => {
    await start();
    const hold = { id: "h1", by: "alice", reason: "looking", atMs: trip.atMs + 1 };
    await tellBreaker({ ...open, holds: [hold], change: "hold" });
    await tellBreaker({ ...open, holds: [hold], change: "evidence-added" });
    await tellBreaker({ ...open, change: "release", atMs: trip.atMs + 2 });
    await tellBreaker({ ...open, position: { state: "probing", tripId: trip.id, sinceMs: trip.atMs + 3, actionsLeft: 2 }, change: "reset", atMs: trip.atMs + 3 });
    await tellBreaker({ ...open, position: { state: "closed" }, trip: null, change: "probe-passed", atMs: trip.atMs + 4 });
    const all = ["breaker.closed", "breaker.held", "breaker.probing", "breaker.released", "breaker.tripped"];
    await expect.poll(() => types().toSorted(), { timeout: 5_000 }).toEqual(all);
  });

  it("shows an agent's text as data, with nothing in it that a terminal or a page would act on", async () => {
    await start();
    await tellBreaker(open);
    await expect.poll(types, { timeout: 5_000 }).toHaveLength(1);
    const [body] = bodies();
    expect(body?.data["summary"]).toBe("volumeDelete on production \\u{1b}[31m<script>alert(1)</script>");
    expect(body?.data.title).not.toContain("script");
  });

  it("tries again under the same id until the receiver takes it", async () => {
    let refusals = 2;
    receiver.answer((response) => void response.writeHead((refusals -= 1) >= 0 ? 503 : 204).end());
    await start();
    await tellBreaker(open);
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(3);
    expect(new Set(receiver.received.map((one) => one.headers["webhook-id"])).size).toBe(1);
    expect(new Set(receiver.received.map((one) => one.body)).size).toBe(1);
    await expect.poll(() => store.openWork("alert", 10)).toEqual([]);
  });

  it("keeps an alert through a stop and a start of everything while the receiver is down", async () => {
    receiver.answer((response) => void response.writeHead(500).end());
    const module = await start();
    await tellBreaker(open);
    await expect.poll(() => receiver.received.length, { timeout: 5_000 }).toBeGreaterThan(0);
    expect(module.health()).toMatchObject({ ready: true, detail: expect.stringContaining("soc: HTTP 500") as string });
    await modules.pop()?.stop();
    await closeLogAndStore();
    await openLogAndStore();
    const before = receiver.received.length;
    receiver.answer((response) => void response.writeHead(200).end());
    await start();
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(before + 1);
    expect(receiver.received.at(-1)?.headers["webhook-id"]).toBe(receiver.received[0]?.headers["webhook-id"]);
    await modules.pop()?.stop();
    // Everything is settled: a third start sends nothing.
    await start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(receiver.received).toHaveLength(before + 1);
  });

  it("keeps one dead receiver from holding up another", async () => {
    const dead = await startReceiver();
    dead.answer(() => undefined);
    await start([sink("dead", dead.url), sink("soc", receiver.url)]);
    await Promise.all(Array.from({ length: 40 }, (_unused, n) => tellBreaker({ ...open, agent: "builder", trip: { ...trip, id: `${trip.id}${n}` } })));
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(40);
    expect(dead.received.length).toBeLessThan(20);
    await dead.close();
  });

  it("sends once more under the same id, after a pause, when the store fails between sending and settling", async () => {
    let calls = 0;
    // Claim and settle take turns: twice the alert is out and not settled.
    const failing = breaking("updateWork", () => [2, 4].includes((calls += 1)));
    const module = createNotifier({ instance: "0", eventLog, store: failing, metrics, logger, clock: () => Date.now(), sinks: [sink("soc", receiver.url)], random: () => 0 });
    modules.push(module);
    await module.start();
    const startMs = performance.now();
    await tellBreaker(open);
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(3);
    expect(performance.now() - startMs).toBeGreaterThan(1_900);
    await expect.poll(() => store.openWork("alert", 10)).toEqual([]);
    expect(new Set(receiver.received.map((one) => one.headers["webhook-id"])).size).toBe(1);
  });

  it("waits for a store that cannot record, and skips nothing", async () => {
    let failures = 1;
    const failing = breaking("recordWork", () => (failures -= 1) >= 0);
    const module = createNotifier({ instance: "0", eventLog, store: failing, metrics, logger, clock: () => Date.now(), sinks: [sink("soc", receiver.url)], random: () => 0 });
    modules.push(module);
    await module.start();
    await tellBreaker(open);
    await expect.poll(types, { timeout: 10_000 }).toEqual(["breaker.tripped"]);
    expect(failures).toBeLessThan(0);
  });

  it("goes on when the store cannot keep its place for a while", async () => {
    let failures = 1;
    const failing = breaking("commitCheckpoint", () => (failures -= 1) >= 0);
    const module = createNotifier({ instance: "0", eventLog, store: failing, metrics, logger, clock: () => Date.now(), sinks: [sink("soc", receiver.url)], random: () => 0 });
    modules.push(module);
    await module.start();
    await tellBreaker(open);
    await expect.poll(() => failures, { timeout: 5_000 }).toBeLessThan(1);
    await tellContainment(containment("verified", [verified("token-1")]));
    await expect.poll(types, { timeout: 10_000 }).toEqual(["breaker.tripped", "containment.verified"]);
    expect(module.health()).toMatchObject({ ready: true });
  });

  it("takes its place in the group again when that failed under it, though the store is away at first", async () => {
    const failure = Promise.withResolvers<never>();
    let joins = 0;
    const consume: EventLog["consume"] = async (...args) => {
      const subscription = await eventLog.consume(...args);
      joins += 1;
      if (joins > 1) return subscription;
      return { close: () => subscription.close(), done: Promise.race([subscription.done, failure.promise]) };
    };
    const fragile = new Proxy(eventLog, {
      get: (target, name) => {
        const member: unknown = name === "consume" ? consume : Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    let failures = 0;
    const away = breaking("claim", () => (failures -= 1) >= 0);
    const module = createNotifier({ instance: "0", eventLog: fragile, store: away, metrics, logger, clock: () => Date.now(), sinks: [sink("soc", receiver.url)], random: () => 0 });
    modules.push(module);
    await module.start();
    failures = 1;
    failure.reject(new Error("the brokers are gone"));
    failure.promise.catch(() => undefined);
    await expect.poll(() => module.health().ready).toBe(false);
    await tellBreaker(open);
    await expect.poll(types, { timeout: 5_000 }).toEqual(["breaker.tripped"]);
    expect(module.health()).toMatchObject({ ready: true });
  });

  it("leaves no listener behind on its own signal however often it wakes", async () => {
    const real = sink("soc", receiver.url);
    const signals = new Set<AbortSignal>();
    const send: AlertSink["send"] = (alert, signal) => {
      signals.add(signal);
      return real.send(alert, signal);
    };
    await start([{ name: real.name, send }]);
    const holds = Array.from({ length: 15 }, (_, number) => ({ id: `h${number}`, by: "soc", reason: "look", atMs: number }));
    for (const hold of holds) await tellBreaker({ ...open, trip: null, position: { state: "closed" }, holds: [hold], change: "hold" });
    await expect.poll(types, { timeout: 5_000 }).toHaveLength(holds.length);
    expect([...signals].map((signal) => getEventListeners(signal, "abort").length).every((count) => count < holds.length / 2)).toBe(true);
    expect(signals.size).toBe(1);
  });

  it("goes on when a record that it cannot read cannot be set aside for a while", async () => {
    let failures = 1;
    const append: EventLog["append"] = (topic, records) => (topic === "breakers.dead" && (failures -= 1) >= 0 ? Promise.reject(new Error("disk full")) : eventLog.append(topic, records));
    const full = new Proxy(eventLog, {
      get: (target, name) => {
        const member: unknown = name === "append" ? append : Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    const module = createNotifier({ instance: "0", eventLog: full, store, metrics, logger, clock: () => Date.now(), sinks: [sink("soc", receiver.url)], random: () => 0 });
    modules.push(module);
    await module.start();
    await eventLog.append("breakers", [{ key: KEY, value: new TextEncoder().encode("{broken") }]);
    await tellBreaker(open);
    await expect.poll(types, { timeout: 5_000 }).toEqual(["breaker.tripped"]);
    expect([...(await eventLog.ends("breakers.dead")).values()].reduce((sum, { high }) => sum + high, 0)).toBe(1);
  });

  it("shares its queue with other notifiers: each alert goes out once", async () => {
    for (const instance of ["a", "b", "c"]) {
      const module = createNotifier({ instance, eventLog, store, metrics, logger, clock: () => Date.now(), sinks: [sink("soc", receiver.url)], random: () => 0 });
      modules.push(module);
      await module.start();
    }
    receiver.answer((response) => void setTimeout(() => response.writeHead(200).end(), 30));
    await Promise.all(Array.from({ length: 40 }, (_unused, n) => tellBreaker({ ...open, trip: { ...trip, id: `${trip.id}${n}` } })));
    await expect.poll(() => store.openWork("alert", 100), { timeout: 10_000 }).toEqual([]);
    expect(receiver.received).toHaveLength(40);
    expect(new Set(receiver.received.map((one) => one.headers["webhook-id"])).size).toBe(40);
  });

  it("leaves an alert to the instance that has begun to send it, until that one's time is over", async () => {
    const claimMs = 1_500;
    const delivery = { ...newDelivery(breakerAlerts(open)[0]!, "soc", Date.now()) };
    const claimed = { ...delivery, payload: JSON.stringify({ ...JSON.parse(delivery.payload), claimedBy: "another" }), nextAttemptMs: Date.now() + claimMs };
    await store.recordWork([claimed]);
    await start();
    await new Promise((resolve) => setTimeout(resolve, claimMs - 500));
    expect(receiver.received).toHaveLength(0);
    await expect.poll(() => receiver.received.length, { timeout: 5_000 }).toBe(1);
  });

  it("goes on at once with what it had claimed before a restart", async () => {
    const delivery = newDelivery(breakerAlerts(open)[0]!, "soc", Date.now());
    await store.recordWork([{ ...delivery, payload: JSON.stringify({ ...JSON.parse(delivery.payload), claimedBy: "0" }), nextAttemptMs: Date.now() + 60_000 }]);
    await start();
    await expect.poll(() => receiver.received.length, { timeout: 2_000 }).toBe(1);
    await expect.poll(() => store.openWork("alert", 10)).toEqual([]);
  });

  it("gives up an alert for a sink that is no longer there, and counts it", async () => {
    receiver.answer((response) => void response.writeHead(500).end());
    await start();
    await tellBreaker(open);
    await expect.poll(() => receiver.received.length, { timeout: 5_000 }).toBeGreaterThan(0);
    await modules.pop()?.stop();
    await start([]);
    await expect.poll(() => store.openWork("alert", 10), { timeout: 5_000 }).toEqual([]);
    expect(await metrics.render()).toContain('tripline_alert_deliveries_total{sink="removed",outcome="sink-removed"} 1');
  });

  it("sets a record that it cannot read aside and goes on", async () => {
    await start();
    await eventLog.append("breakers", [{ key: KEY, value: new TextEncoder().encode("{broken") }]);
    await tellBreaker(open);
    await expect.poll(types, { timeout: 5_000 }).toEqual(["breaker.tripped"]);
    const ends = await eventLog.ends("breakers.dead");
    expect([...ends.values()].reduce((sum, { high }) => sum + high, 0)).toBe(1);
  });
});
