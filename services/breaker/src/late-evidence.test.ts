/** Orders and evidence are read side by side: what came after a reset may be read before it, by one breaker or by one of several. */
import { prepareClassifiers } from "@tripline/core";
import { type Action, type Command, type Containment } from "@tripline/model";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { BreakerModule } from "./breaker.ts";
import { action, AGENT, foundCredential, type Gates, KEY, TENANT, world, type World } from "./breaker.fixture.ts";
import { LIMITS } from "./limits.ts";

const OTHER_MARK = "b".repeat(64);

let w: World;
let breakers: BreakerModule[];
let soon: PromiseWithResolvers<void>;
let later: PromiseWithResolvers<void>;

beforeAll(() => prepareClassifiers());
beforeEach(async () => {
  w = await world();
  breakers = [];
  [soon, later] = [Promise.withResolvers(), Promise.withResolvers()];
  await w.append("credentials", TENANT, foundCredential({ id: "other", fingerprint: OTHER_MARK }));
});
afterEach(async () => {
  for (const gate of [soon, later]) gate.resolve();
  await Promise.all(breakers.map((breaker) => breaker.stop()));
  await w.log.close();
  await w.store.close();
});

async function started(gates: Gates, instance?: string): Promise<void> {
  const breaker = w.breaker(instance, gates);
  breakers.push(breaker);
  await breaker.start();
}
const eventually = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 8_000, interval: 20 });
const last = async () => (await w.records("breakers")).at(-1);
const containment = async (tripId: string): Promise<Containment | undefined> => (await w.records("containments")).findLast((one) => one.tripId === tripId);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Ordered by a human before `second` was received: the log dates both. */
async function reset(id: string): Promise<void> {
  const command: Command = { v: 1, id, tenant: TENANT, agent: AGENT, kind: "reset", holdId: null, by: "soc", reason: "", atMs: Date.now() };
  await w.append("commands", KEY, command);
  await pause(5);
}
const second = (): Action => action("c2", { credentials: [{ fingerprint: OTHER_MARK, principal: null, leaseId: null }] });
const sentAgain = async (deed: Action): Promise<void> => {
  await w.append("actions", KEY, deed);
  await pause(LIMITS.standbyMs * 2);
};

describe("what came after a reset", () => {
  it("trips a breaker that read it first, contains what it used, and is judged by the next reset", async () => {
    const gates: Gates = {};
    await started(gates);
    await w.append("actions", KEY, action("c1"));
    await eventually(async () => expect((await containment(`trip:${KEY}:0`))?.status).toBe("verified"));
    gates.commands = soon.promise;
    await reset("r1");
    const deed = second();
    await w.append("actions", KEY, deed);
    await eventually(async () => expect(await last()).toMatchObject({ change: "evidence-added", generation: 0 }));
    soon.resolve();
    await eventually(async () => expect(await last()).toMatchObject({ change: "reset-tripped", generation: 1, trip: { cause: { kind: "hard-finding" } } }));
    expect(new Set((await last())?.trip?.findings.map(({ actionId }) => actionId))).toEqual(new Set(["c2:attempt"]));
    await eventually(async () => expect((await containment(`trip:${KEY}:1`))?.status).toBe("verified"));
    await reset("r2");
    await eventually(async () => expect(await last()).toMatchObject({ change: "reset", generation: 2 }));
    await sentAgain(deed);
    expect(await last()).toMatchObject({ change: "reset", generation: 2 });
  });

  describe("where two breakers share the log", () => {
    const ahead: Gates = {};
    const behind: Gates = {};
    let deed: Action;

    /** Both know of the first trip, one of its reset; the other, that does not, takes the second deed for more evidence. */
    beforeEach(async () => {
      for (const gates of [ahead, behind]) for (const topic of ["actions", "breakers", "commands"] as const) delete gates[topic];
      await started(ahead, "a");
      await started(behind, "b");
      await pause(LIMITS.beatMs * 2);
      await w.append("actions", KEY, action("c1"));
      await eventually(async () => expect((await containment(`trip:${KEY}:0`))?.status).toBe("verified"));
      await pause(LIMITS.standbyMs * 2);
      behind.breakers = soon.promise;
      behind.commands = later.promise;
      ahead.actions = later.promise;
      await reset("r1");
      await eventually(async () => expect(await last()).toMatchObject({ change: "reset", generation: 1 }));
      deed = second();
    });

    it("trips the one ahead, though it is told as evidence of the trip before, and is judged by the next reset", async () => {
      await w.append("actions", KEY, deed);
      // It has not read the deed itself.
      await eventually(async () => expect(await last()).toMatchObject({ change: "merged", generation: 1, position: { state: "open" }, trip: { id: `trip:${KEY}:1` } }));
      for (const gate of [soon, later]) gate.resolve();
      await eventually(async () => expect((await containment(`trip:${KEY}:1`))?.items).toMatchObject([{ credentialId: "other", state: "verified" }]));
      await pause(LIMITS.standbyMs * 2);
      expect(await last()).toMatchObject({ generation: 1, position: { state: "open", tripId: `trip:${KEY}:1` } });
      await reset("r2");
      await sentAgain(deed);
      expect(await last()).toMatchObject({ generation: 2, position: { state: "probing" } });
    });

    it("trips the one behind when it hears of the reset from the other's record, and is contained, though the one ahead does nothing any more", async () => {
      ahead.breakers = later.promise;
      await w.append("actions", KEY, deed);
      await eventually(async () => expect(await last()).toMatchObject({ change: "evidence-added", generation: 0 }));
      soon.resolve();
      await eventually(async () => expect((await containment(`trip:${KEY}:1`))?.items).toMatchObject([{ credentialId: "other", state: "verified" }]));
    });
  });
});
