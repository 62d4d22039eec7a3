import { setTimeout as sleep } from "node:timers/promises";
import { encode, TriplineError } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type MemoryLog, openMemoryLog } from "./memory/memory-log.ts";
import { type Stay, stayInGroup } from "./stay-in-group.ts";

const tick = (atMs: number) => ({ key: "acme", value: encode("clock", { v: 1, atMs }) });

describe("staying in a group", () => {
  let log: MemoryLog;
  let stay: Stay | null = null;
  afterEach(async () => {
    await stay?.close();
    await log.close();
  });

  /** Applied offsets, as a store would keep them; `fault` may fail a handler. */
  async function start(fault: { assigned?: () => void; batch?: () => void } = {}) {
    log = await openMemoryLog({ partitions: 1 }, { metrics: createMetrics(), clock: () => 1_000 });
    const seen: number[] = [];
    const told: string[] = [];
    const handlers = {
      assigned: async () => {
        fault.assigned?.();
        return new Map([["clock" as const, seen.length]]);
      },
      batch: async (records: readonly { offset: number }[]) => {
        fault.batch?.();
        seen.push(...records.map(({ offset }) => offset));
      },
      revoked: async () => undefined,
    };
    stay = await stayInGroup(log, "judges", ["clock"], handlers, { lost: (error) => told.push(error instanceof TriplineError ? error.code : String(error)), joined: () => told.push("joined") });
    return { seen, told };
  }

  it("goes on from where the store says after a handler failed, and after several failed starts", async () => {
    let failures = 1;
    let refusals = 2;
    const world = await start({
      batch: () => {
        if (failures-- > 0) throw new TriplineError("TL_STORE_FENCED");
      },
      assigned: () => {
        if (failures === 0 && refusals-- > 0) throw new TriplineError("TL_LOG_UNAVAILABLE");
      },
    });
    await log.append("clock", [tick(1), tick(2)]);
    await vi.waitFor(() => expect(world.seen).toEqual([0, 1]), { timeout: 8_000 });
    expect(world.told).toEqual(["joined", "TL_STORE_FENCED", "TL_LOG_UNAVAILABLE", "TL_LOG_UNAVAILABLE", "joined"]);
  }, 10_000);

  it("begins anew when its owner asks for it, and lets nothing come twice", async () => {
    const world = await start();
    await log.append("clock", [tick(1)]);
    await log.idle();
    stay?.again(new TriplineError("TL_STORE_FENCED"));
    await vi.waitFor(() => expect(world.told).toEqual(["joined", "TL_STORE_FENCED", "joined"]));
    await log.append("clock", [tick(2)]);
    await vi.waitFor(() => expect(world.seen).toEqual([0, 1]));
  });

  it("ends when it is closed while it waits to join again, and when the log is closed", async () => {
    const world = await start({
      batch: () => {
        throw new Error("never");
      },
    });
    await log.append("clock", [tick(1)]);
    await vi.waitFor(() => expect(world.told).toContain("Error: never"));
    await stay?.close();
    const told = world.told.length;
    await sleep(600);
    expect(world.told).toHaveLength(told);
    const other = await start();
    await log.close();
    await sleep(50);
    expect(other.told).toEqual(["joined"]);
  });

  it("is refused as the log refuses when it cannot join the first time", async () => {
    const refused = start({
      assigned: () => {
        throw new TriplineError("TL_LOG_POSITION");
      },
    });
    await expect(refused).rejects.toMatchObject({ code: "TL_LOG_POSITION" });
    stay = null;
  });
});
