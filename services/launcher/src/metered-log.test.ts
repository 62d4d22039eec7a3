import { type MemoryLog, openMemoryLog } from "@tripline/event-log";
import type { Topic } from "@tripline/model";
import { createMetrics, type Metrics } from "@tripline/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type MeteredLog, meterLog } from "./metered-log.ts";

let nowMs = 1_000;
let memory: MemoryLog;
let metrics: Metrics;
let log: MeteredLog;

beforeEach(async () => {
  nowMs = 1_000;
  metrics = createMetrics();
  memory = await openMemoryLog({}, { metrics, clock: () => nowMs });
  log = meterLog(memory, metrics, () => nowMs);
});
afterEach(() => log.close());

const fill = (count: number, topic: Topic = "actions") => log.append(topic, Array.from({ length: count }, (_, n) => ({ key: `acme/${n}`, value: new Uint8Array([n]) })));
const lagOf = async (reader: string, topic = "actions"): Promise<number | undefined> => {
  await log.look();
  const family = (await metrics.families()).find(({ name }) => name === "tripline_reader_lag_records");
  return family?.points.find(({ labels }) => labels["reader"] === reader && labels["topic"] === topic)?.value;
};
const starts = new Map<Topic, number>([["actions", 0]]);

describe("a metered log", () => {
  it("counts what a group has not handled, from where it starts to the end, and what comes while it is held up", async () => {
    await fill(50);
    const held = Promise.withResolvers<void>();
    const group = await log.consume("detector", ["actions"], { assigned: () => Promise.resolve(starts), batch: () => held.promise, revoked: () => Promise.resolve() });
    expect(await lagOf("detector")).toBe(50);
    await fill(10);
    expect(await lagOf("detector")).toBe(60);
    held.resolve();
    await expect.poll(() => lagOf("detector")).toBe(0);
    await group.close();
  });

  it("tells how old what is handled is", async () => {
    await fill(1);
    nowMs = 1_750;
    let seen = 0;
    const reader = await log.read("actions", { from: "start" }, () => Promise.resolve(void (seen += 1)));
    await expect.poll(() => seen).toBe(1);
    await expect.poll(async () => (await metrics.families()).find(({ name }) => name === "tripline_reader_delay_ms")?.histograms).toMatchObject([{ labels: { reader: "groupless", topic: "actions" }, sum: 750, count: 1 }]);
    await reader.close();
  });

  it("leaves out partitions that went to another member, and readers that ended", async () => {
    const handlers = { assigned: () => Promise.resolve(starts), batch: () => Promise.resolve(), revoked: () => Promise.resolve() };
    await log.consume("detector", ["actions"], handlers);
    const second = await memory.consume("detector", ["actions"], handlers);
    await fill(20);
    expect(await lagOf("detector")).toBe(0);
    await second.close();
    const from = new Map([...(await log.ends("actions"))].map(([partition]) => [partition, 0]));
    const reader = await log.read("actions", { from }, () => Promise.resolve());
    await reader.close();
    expect(await lagOf("groupless")).toBe(0);
  });

  it("measures no topic in which no work waits", async () => {
    await fill(5, "agents");
    const reader = await log.read("agents", { from: "start" }, () => Promise.resolve());
    expect(await lagOf("groupless", "agents")).toBeUndefined();
    await reader.close();
  });
});
