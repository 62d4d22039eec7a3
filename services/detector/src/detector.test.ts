import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { accountOf, DEFAULT_POLICY } from "@tripline/core";
import { decode, encode, TriplineError } from "@tripline/model";
import type { Store } from "@tripline/store";
import { type World, start, newDetector, action, shell, mutation, send, all, findings, history } from "./detector.fixture.ts";

const HOUR_MS = 3_600_000;

describe("records", () => {
  it("counts attempt and result of one call once, and the same record again not at all", async () => {
    const world = await start();
    const attempt = action(world, mutation("volumeDelete"), { id: "c9:attempt", callId: "c9", phase: "attempt" });
    await send(world, attempt, { ...attempt, id: "c9:result", phase: "result" }, attempt);
    expect((await findings(world)).filter(({ detector }) => detector === "irreversible-action")).toHaveLength(1);
  });

  it("counts what was done although the empty results of it came first, and forgets that in no restart", async () => {
    const world = await start();
    await history(world);
    const calls = Array.from({ length: 20 }, (_, index) => `late${index}`);
    await send(world, ...calls.map((callId) => action(world, shell(""), { id: `${callId}:result`, callId, request: null })));
    await world.detector.stop();
    world.detector = newDetector(world.log, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    await send(world, ...calls.map((callId) => action(world, shell(`rm -rf build/${callId}`), { id: `${callId}:attempt`, callId, phase: "attempt" })));
    expect((await findings(world)).filter(({ detector, risk }) => detector === "destructive-burst" && risk?.over === true).length).toBeGreaterThan(10);
  });

  it("judges nothing of a claimed identity", async () => {
    const world = await start();
    await send(world, action(world, mutation("volumeDelete"), { assurance: "claimed" }));
    expect(await findings(world)).toEqual([]);
    expect(await world.metrics.render()).toContain('reason="claimed"} 1');
  });

  it("sets aside a record that cannot be decoded, and goes on", async () => {
    const world = await start();
    await world.log.append("actions", [{ key: "t/bot", value: new TextEncoder().encode("not json") }]);
    await send(world, action(world, mutation("volumeDelete")));
    const letters = (await all(world.log, "actions.dead")).map((value) => decode("actions.dead", value));
    expect(letters).toMatchObject([{ ok: true, value: { reason: "TL_RECORD_UNDECODABLE", topic: "actions", payload: "bm90IGpzb24=" } }]);
    expect((await findings(world)).length).toBeGreaterThan(0);
  });
});

describe("restarts", () => {
  it("remembers baselines and calls, and repeats no finding", async () => {
    const world = await start();
    await history(world);
    const call = action(world, mutation("volumeDelete"), { id: "v:attempt", callId: "v", phase: "attempt" });
    await send(world, call);
    const before = await findings(world);
    await world.detector.stop();
    world.detector = newDetector(world.log, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    await send(world, { ...call, id: "v:result", phase: "result" });
    expect((await findings(world)).length).toBe(before.length);
    world.nowMs += HOUR_MS;
    for (let index = 0; index < 5; index += 1) {
      world.nowMs += 90;
      await send(world, action(world, shell(`rm -rf dist/x${index}`)));
    }
    expect((await findings(world)).some(({ risk }) => risk?.over === true)).toBe(true);
  }, 60_000);

  it("follows a script that was written long before, and tells what of it was told already no second time", async () => {
    const world = await start();
    await send(world, action(world, shell("cat > clean.sh <<'EOF'\npsql -c \"DROP TABLE orders\"\nEOF")));
    await send(world, ...Array.from({ length: 1_100 }, (_, index) => action(world, shell(`cat src/file${index % 20}.ts`))));
    const restart = async (): Promise<void> => {
      await world.detector.stop();
      world.detector = newDetector(world.log, world.store, world.metrics, () => world.nowMs);
      await world.detector.start();
    };
    const hard = async (): Promise<number> => (await findings(world)).filter(({ detector }) => detector === "irreversible-action").length;
    await restart();
    const run = action(world, shell("sh clean.sh"), { id: "run:attempt", callId: "run", phase: "attempt" });
    await send(world, run);
    expect(await hard()).toBe(1);
    await restart();
    await send(world, { ...run, id: "run:result", phase: "result" });
    expect(await hard()).toBe(1);
    await send(world, action(world, shell("sh clean.sh")));
    expect(await hard()).toBe(2);
  }, 60_000);

  it("judges again what was not checkpointed, from the same states, to the same findings once", async () => {
    const world = await start();
    await send(world, action(world, mutation("volumeDelete")), action(world, mutation("volumeDelete")));
    const before = await findings(world);
    expect(before.length).toBeGreaterThan(1);
    // A second owner takes over without the first having written a checkpoint: its group membership ends, its claim is newer.
    const usurper = newDetector(world.log, noCheckpoints(world.store), world.metrics, () => world.nowMs);
    await usurper.start();
    await world.log.idle();
    await usurper.stop();
    expect(await findings(world)).toEqual(before);
  });

  it("takes a partition over where the last offset of its findings comes to no reader, as a transaction's marker", async () => {
    const world = await start();
    await world.detector.stop();
    await world.log.append("findings", [{ key: "t/bot", value: new Uint8Array([1]) }]);
    const marked = replacing(world.log, "read", (read) => (topic, options, batch) => read(topic, options, topic === "findings" ? () => Promise.resolve() : batch));
    world.detector = newDetector(marked, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    await send(world, action(world, mutation("volumeDelete")));
    await expect.poll(async () => (await all(world.log, "findings")).length).toBeGreaterThan(1);
  });

  it.each(["reset", "reset-tripped"])("forgives what a human has reset (%s)", async (change) => {
    const world = await start();
    await history(world);
    for (let index = 0; index < 6; index += 1) await send(world, action(world, shell(`rm -rf dist/x${index}`)));
    expect((await findings(world)).some(({ risk }) => risk?.over === true)).toBe(true);
    const count = (await findings(world)).length;
    const reset = {
      v: 1 as const, tenant: "t", agent: "bot", generation: 1, position: { state: "closed" as const }, holds: [], trip: null, atMs: world.nowMs, resetAtMs: world.nowMs, commandIds: [], change,
    };
    await world.log.append("breakers", [{ key: "t/bot", value: encode("breakers", reset) }]);
    await world.log.idle();
    world.nowMs += 180_000;
    await send(world, action(world, shell("rm -rf dist/y")));
    expect((await findings(world)).length).toBe(count);
  }, 60_000);
});

describe("the alarm budget", () => {
  it("is accounted for: calls, hours, alerts and trips on risk, in metrics and in the stored baseline", async () => {
    const world = await start();
    await history(world);
    for (let index = 0; index < 6; index += 1) await send(world, action(world, shell(`rm -rf dist/x${index}`)));
    const found = await findings(world);
    const alerts = found.filter(({ alert }) => alert === true);
    expect(alerts.length).toBeGreaterThan(0);
    expect(alerts.every(({ risk, weight }) => weight === "soft" && risk?.over === false)).toBe(true);
    const trip = { id: "trip:t/bot:0", tenant: "t", agent: "bot", generation: 0, atMs: world.nowMs, cause: { kind: "risk" as const, bits: 30, budgetBits: 20 }, findings: [], foreignCredentials: [], soft: false, summary: "" };
    const record = {
      v: 1 as const, tenant: "t", agent: "bot", generation: 0, position: { state: "open" as const, tripId: trip.id, sinceMs: world.nowMs }, holds: [], trip, atMs: world.nowMs, resetAtMs: 0, commandIds: [], change: "trip",
    };
    await world.log.append("breakers", [{ key: "t/bot", value: encode("breakers", record) }, { key: "t/bot", value: encode("breakers", { ...record, change: "evidence-added" }) }]);
    await world.log.idle();
    const metrics = await world.metrics.render();
    expect(metrics).toMatch(new RegExp(`^tripline_assessed_calls_total ${world.calls}$`, "m"));
    expect(metrics).toMatch(/^tripline_agent_hours_total (24|48|72|96)$/m);
    expect(metrics).toMatch(new RegExp(`^tripline_finding_alerts_total ${alerts.length}$`, "m"));
    expect(metrics).toMatch(/^tripline_risk_trips_total 1$/m);
    await world.detector.stop();
    const stored = (await world.store.loadStates("detector", ["t/bot"])).get("t/bot")!;
    expect(accountOf(stored, DEFAULT_POLICY)).toMatchObject({ calls: world.calls, trips: { actual: 1 }, alerts: { actual: alerts.length } });
  }, 60_000);
});

describe("failures of log and store", () => {
  /** The stored baseline of an agent that did these, each once, without any failure. */
  async function undisturbed(...batches: readonly (readonly string[])[]): Promise<Uint8Array | undefined> {
    const world = await start();
    for (const commands of batches) await send(world, ...commands.map((command) => action(world, shell(command))));
    await world.detector.stop();
    return stored(world);
  }
  const stored = async (world: World): Promise<Uint8Array | undefined> => (await world.store.loadStates("detector", ["t/bot"])).get("t/bot");
  const partitionOf = (world: World): number => world.log.partitionOf("t/bot");
  const ready = (world: World) => vi.waitFor(() => expect(world.detector.health().ready).toBe(true), { timeout: 5_000 });
  const [first, second] = [["ls src", "cat a"], ["cat b", "rm -rf dist"]] as const;

  it("goes on from its checkpoint when a claim of a process that had lost the partition fenced it", async () => {
    const world = await start();
    await send(world, ...first.map((command) => action(world, shell(command))));
    // It was assigned the partition once, was stopped there, and wakes only now.
    await world.store.claim("detector", partitionOf(world));
    world.nowMs += 3_000;
    await vi.waitFor(() => expect(world.detector.health().ready).toBe(false), { timeout: 5_000 });
    await ready(world);
    world.nowMs -= 3_000;
    await send(world, ...second.map((command) => action(world, shell(command))));
    await world.detector.stop();
    expect(await stored(world)).toEqual(await undisturbed(first, second));
  }, 20_000);

  it("loses no change and applies none twice when a checkpoint could not be written", async () => {
    const world = await start();
    await world.detector.stop();
    let failures = 1;
    const failing = replacing(world.store, "commitCheckpoint", (commit) => async (...args) => {
      if (failures-- > 0) throw new TriplineError("TL_STORE_UNKNOWN");
      return commit(...args);
    });
    world.detector = newDetector(world.log, failing, world.metrics, () => world.nowMs, 2);
    await world.detector.start();
    await send(world, ...first.map((command) => action(world, shell(command))));
    await vi.waitFor(() => expect(failures).toBeLessThan(0), { timeout: 5_000 });
    await ready(world);
    await send(world, ...second.map((command) => action(world, shell(command))));
    await world.detector.stop();
    expect(await stored(world)).toEqual(await undisturbed(first, second));
  }, 20_000);

  it("writes nothing of records that it could not finish when it is stopped: another judges them once", async () => {
    const world = await start();
    await world.detector.stop();
    const away = replacing(world.log, "append", (append) => async (topic, records) => {
      if (topic === "findings") throw new TriplineError("TL_LOG_UNAVAILABLE");
      return append(topic, records);
    });
    world.detector = newDetector(away, world.store, world.metrics, () => world.nowMs, 100);
    await world.detector.start();
    await send(world, ...first.map((command) => action(world, shell(command))));
    void world.log.append("actions", [{ key: "t/bot", value: encode("actions", action(world, mutation("volumeDelete"))) }]);
    await sleep(300);
    await world.detector.stop();
    world.detector = newDetector(world.log, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    await world.log.idle();
    await world.detector.stop();
    const other = await start();
    await send(other, ...first.map((command) => action(other, shell(command))), action(other, mutation("volumeDelete")));
    await other.detector.stop();
    expect(await stored(world)).toEqual(await stored(other));
    expect((await findings(world)).map(({ id }) => id)).toEqual((await findings(other)).map(({ id }) => id));
  }, 20_000);
});

/** The same, with one member replaced by what is made of it. */
function replacing<T extends object, K extends keyof T>(target: T, name: K, make: (member: T[K]) => T[K]): T {
  const bind = (member: unknown): unknown => (typeof member === "function" ? (member as (...args: unknown[]) => unknown).bind(target) : member);
  const made = make(bind(target[name]) as T[K]);
  return new Proxy(target, { get: (_, member) => (member === name ? made : bind(Reflect.get(target, member))) });
}

/** The store of a process that died before its first checkpoint: it answers as empty. */
function noCheckpoints(store: Store): Store {
  const answers: Record<string, () => Promise<unknown>> = { loadCheckpoint: async () => null, loadStates: async () => new Map() };
  return new Proxy(store, { get: (target, name) => answers[String(name)] ?? (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target) });
}
