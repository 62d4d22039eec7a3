import { createMetrics } from "@tripline/runtime";
import { describe, expect, it } from "vitest";
import { bytes, Collector, member, textOf } from "../battery-collector.ts";
import { describeEventLog, type LogUnderTest } from "../battery.ts";
import type { MemoryFaults, MemoryLog, MemoryOptions } from "./memory-log.ts";
import { openMemoryLog } from "./memory-log.ts";

const open = (options: Omit<MemoryOptions, "kind"> = {}): Promise<MemoryLog> => openMemoryLog(options, { metrics: createMetrics(), clock: () => Date.now() });

async function underTest(faults?: MemoryFaults): Promise<LogUnderTest> {
  const log = await open(faults === undefined ? {} : { faults });
  let opened = false;
  return {
    open: async () => {
      if (opened) log.reopen();
      opened = true;
      return log;
    },
    dispose: async () => undefined,
  };
}

describeEventLog("memory", () => underTest());
for (const seed of [1, 2, 3, 4]) {
  describeEventLog(`memory with faults, seed ${seed}`, () => underTest({ seed, syncTurns: seed * 2, redeliverRate: seed / 4, delayRate: 0.3 }));
}

const FAULTS = { seed: 1, syncTurns: 8, redeliverRate: 0, delayRate: 0 };
const record = (text: string): { key: string; value: Uint8Array } => ({ key: "acme/a", value: bytes(text) });

describe("memory log", () => {
  it("loses what was not synced when it crashes, and nothing that was acknowledged", async () => {
    const log = await open({ faults: FAULTS });
    await log.append("actions", [record("acknowledged")]);
    const pending = log.append("actions", Array.from({ length: 500 }, (_, i) => record(`unsynced ${i}`)));
    const report = log.crash();
    await expect(pending).rejects.toMatchObject({ code: "TL_LOG_CLOSED" });
    expect(report.lost + report.survived).toBe(500);
    expect(report.lost).toBeGreaterThan(0);
    log.reopen();
    const collector = new Collector();
    await log.read("actions", { from: "start" }, collector.take);
    await log.idle();
    expect(collector.all.map(textOf).slice(0, 2)).toEqual(["acknowledged", ...(report.survived > 0 ? ["unsynced 0"] : [])]);
    expect(collector.all.length).toBe(1 + report.survived);
  });

  it("tears the record that the crash cut in the middle", async () => {
    const torn = await Promise.all(
      Array.from({ length: 40 }, async (_, seed) => {
        const log = await open({ faults: { ...FAULTS, seed } });
        log.append("actions", [record("x".repeat(1_000))]).catch(() => undefined);
        return log.crash().torn;
      }),
    );
    expect(torn.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  });

  it("ends subscriptions and ownership at a crash", async () => {
    const log = await open();
    const handlers = member(new Map(), async () => undefined);
    const subscription = await log.consume("readers", ["actions"], handlers);
    log.crash();
    expect(handlers.owned[0]?.current()).toBe(false);
    await expect(subscription.done).rejects.toMatchObject({ code: "TL_LOG_CLOSED" });
    log.reopen();
    expect(handlers.owned[0]?.current()).toBe(false);
  });

  it("repeats deliveries when told to, only with records already delivered", async () => {
    const log = await open({ faults: { ...FAULTS, redeliverRate: 1 } });
    let delivered = 0;
    const collector = new Collector();
    await log.read("actions", { from: "start" }, async (records) => {
      delivered += records.length;
      await collector.take(records);
    });
    for (let i = 0; i < 50; i++) await log.append("actions", [record(String(i))]);
    await log.idle();
    expect(collector.all.length).toBe(50);
    expect(delivered).toBeGreaterThan(50);
  });

  it("never repeats what lies before a reader's start", async () => {
    const log = await open({ faults: { ...FAULTS, redeliverRate: 1 } });
    const partition = log.partitionOf("acme/a");
    for (let i = 0; i < 20; i++) await log.append("actions", [record(String(i))]);
    const offsets: number[] = [];
    await log.read("actions", { from: new Map([[partition, 15]]), partitions: [partition] }, async (records) => {
      offsets.push(...records.map(({ offset }) => offset));
    });
    for (let i = 0; i < 20; i++) await log.append("actions", [record(String(i))]);
    await log.idle();
    expect(Math.min(...offsets)).toBe(15);
    expect(new Set(offsets).size).toBe(25);
  });

  it("keeps a bounded history when told to, but nothing a live reader still needs", async () => {
    const log = await open({ retainRecords: 10 });
    const partition = log.partitionOf("acme/a");
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const collector = new Collector();
    await log.read("actions", { from: "start" }, async (records) => {
      await held;
      await collector.take(records);
    });
    for (let i = 0; i < 100; i++) await log.append("actions", [record(String(i))]);
    release();
    await log.idle();
    expect(collector.all.length).toBe(100);
    for (let i = 0; i < 100; i++) await log.append("actions", [record(String(i))]);
    await log.idle();
    for (let i = 0; i < 100; i++) await log.append("actions", [record(String(i))]);
    const { low, high } = (await log.ends("actions")).get(partition) ?? { low: 0, high: 0 };
    expect(high).toBe(300);
    expect(low).toBeGreaterThan(150);
  });

  it("takes timestamps from the clock it is given, never going back", async () => {
    let nowMs = 1_000;
    const log = await openMemoryLog({}, { metrics: createMetrics(), clock: () => nowMs });
    const stamps: number[] = [];
    for (const at of [1_000, 5_000, 2_000, 6_000]) {
      nowMs = at;
      stamps.push((await log.append("actions", [record("x")]))[0]?.timestampMs ?? 0);
    }
    expect(stamps).toEqual([1_000, 5_000, 5_000, 6_000]);
  });
});
