/**
 * What every event log must do, whatever it is made of. A backend's test calls this with a way to open its log; delivery is at
 * least once everywhere, so the collector here accepts a record again, but only the same one.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { encode, LIMITS, type Topic, TriplineError } from "@tripline/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytes, Collector, member, textOf } from "./battery-collector.ts";
import type { EventLog } from "./event-log.ts";
import { follow } from "./follow.ts";
import { BATCH_BYTES, BATCH_RECORDS } from "./record-run.ts";

export interface LogUnderTest {
  /** Opens the log; after a close, the same one again. */
  open(): Promise<EventLog>;
  dispose(): Promise<void>;
}

const fromText = (key: string, ...texts: string[]): { key: string; value: Uint8Array }[] => texts.map((text) => ({ key, value: bytes(text) }));

export function describeEventLog(name: string, make: () => Promise<LogUnderTest>): void {
  describe(`event log: ${name}`, () => {
    let under: LogUnderTest;
    let log: EventLog;
    beforeEach(async () => {
      under = await make();
      log = await under.open();
    });
    afterEach(async () => {
      await log.close();
      await under.dispose();
    });
    const reopen = async (): Promise<void> => {
      await log.close();
      log = await under.open();
    };
    const one = (key: string, text: string) => log.append("actions", fromText(key, text));
    const readAll = async (count: number, topic: Topic = "actions"): Promise<Collector> => {
      const collector = new Collector();
      const subscription = await log.read(topic, { from: "start" }, collector.take);
      await collector.until(count);
      await subscription.close();
      return collector;
    };
    describe("appending", () => appending({ log: () => log, reopen, readAll }));
    describe("reading", () => reading({ log: () => log, one, readAll }));
    describe("groups", () => groups({ log: () => log, one, reopen }));
    describe("ending", () => ending({ log: () => log, one, reopen }));
  });
}

interface Tools {
  readonly log: () => EventLog;
  readonly reopen: () => Promise<void>;
  readonly one: (key: string, text: string) => Promise<unknown>;
  readonly readAll: (count: number, topic?: Topic) => Promise<Collector>;
}

function appending({ log, reopen, readAll }: Pick<Tools, "log" | "reopen" | "readAll">): void {
  it("answers positions in the order given, gapless per partition, with the partition of the key", async () => {
    const keys = Array.from({ length: 200 }, (_, i) => `acme/agent-${i % 90}`);
    const appended = await log().append("actions", keys.map((key) => ({ key, value: bytes(key) })));
    const { byPartition } = await readAll(200);
    appended.forEach(({ partition, offset, timestampMs }, index) => {
      expect(partition).toBe(log().partitionOf(keys[index] ?? ""));
      const record = byPartition.get(`actions/${partition}`)?.[offset];
      expect(record).toMatchObject({ topic: "actions", key: keys[index], partition, offset, timestampMs });
    });
  });

  it("holds what was appended, whatever the caller then does with its memory", async () => {
    const value = bytes("as appended");
    await log().append("actions", [{ key: "acme/a", value }]);
    value.fill(0);
    expect((await readAll(1)).textsOf("acme/a")).toEqual(["as appended"]);
  });

  it("keeps the order of a key under parallel appends", async () => {
    const keys = Array.from({ length: 20 }, (_, i) => `acme/agent-${i}`);
    await Promise.all(Array.from({ length: 50 }, (_, n) => keys.map((key) => log().append("actions", fromText(key, String(n))))).flat());
    const collector = await readAll(1_000);
    for (const key of keys) expect(collector.textsOf(key)).toEqual(Array.from({ length: 50 }, (_, n) => String(n)));
  });

  it("has everything acknowledged after a restart, and goes on at the next offset", async () => {
    await log().append("actions", fromText("acme/a", "one", "two"));
    const before = await log().ends("actions");
    await reopen();
    expect(await log().ends("actions")).toEqual(before);
    const [next] = await log().append("actions", fromText("acme/a", "three"));
    expect(next?.offset).toBe(2);
    expect((await readAll(3)).textsOf("acme/a")).toEqual(["one", "two", "three"]);
  });

  it("keeps topics apart, and knows their ends", async () => {
    await log().append("actions", fromText("acme/a", "1", "2"));
    await log().append("actions.dead", fromText("acme/a", "x"));
    const partition = log().partitionOf("acme/a");
    expect((await log().ends("actions")).get(partition)).toEqual({ low: 0, high: 2 });
    expect((await log().ends("actions.dead")).get(partition)).toEqual({ low: 0, high: 1 });
    expect([...(await log().ends("findings")).values()].every(({ low, high }) => low === 0 && high === 0)).toBe(true);
    expect((await log().ends("findings")).size).toBe(log().partitions);
  });

  it("uses all of 48 partitions", async () => {
    expect(log().partitions).toBe(48);
    await log().append("actions", Array.from({ length: 2_000 }, (_, i) => ({ key: `acme/agent-${i}`, value: bytes("x") })));
    expect((await readAll(2_000)).byPartition.size).toBe(48);
  });

  it("takes records up to the limit, and empty ones and keys in any script; refuses one byte more", async () => {
    const large = new Uint8Array(LIMITS.recordBytes).fill(7);
    await log().append("actions", [{ key: "acme/a", value: large }, { key: "acme/a", value: new Uint8Array() }, { key: "клиент/агент", value: large }]);
    const collector = await readAll(3);
    expect(collector.all.filter(({ key }) => key === "acme/a").map(({ value }) => value.byteLength)).toEqual([LIMITS.recordBytes, 0]);
    expect(collector.all.find(({ key }) => key === "клиент/агент")?.value).toEqual(large);
    await expect(log().append("actions", [{ key: "acme/a", value: new Uint8Array(LIMITS.recordBytes + 1) }])).rejects.toMatchObject({ code: "TL_LOG_RECORD_SIZE" });
    await expect(log().append("nonsense" as Topic, fromText("acme/a", "x"))).rejects.toMatchObject({ code: "TL_LOG_TOPIC" });
  });

  it("accepts an append of nothing", async () => {
    expect(await log().append("actions", [])).toEqual([]);
  });
}

function reading({ log, one, readAll }: Omit<Tools, "reopen">): void {
  it("follows from the end: what comes later, nothing from before", async () => {
    await one("acme/a", "before");
    const partition = log().partitionOf("acme/a");
    const collector = new Collector(new Map([[partition, 1]]));
    const subscription = await log().read("actions", { from: "end" }, collector.take);
    await one("acme/a", "after");
    await collector.until(1);
    expect(collector.all.map(textOf)).toEqual(["after"]);
    await subscription.close();
  });

  it("starts at given positions, in the partitions asked for only", async () => {
    const [first] = await log().append("actions", fromText("acme/a", "0", "1", "2"));
    const partition = first?.partition ?? 0;
    const other = Array.from({ length: 100 }, (_, i) => `acme/b${i}`).find((key) => log().partitionOf(key) !== partition) ?? "";
    await one(other, "elsewhere");
    const collector = new Collector(new Map([[partition, 1]]));
    const subscription = await log().read("actions", { from: new Map([[partition, 1]]), partitions: [partition] }, collector.take);
    await collector.until(2);
    await one(other, "elsewhere again");
    await one("acme/a", "3");
    await collector.until(3);
    expect(collector.all.map(textOf)).toEqual(["1", "2", "3"]);
    await subscription.close();
  });

  it("gives every reader every record", async () => {
    const collectors = [new Collector(), new Collector(), new Collector()];
    const subscriptions = await Promise.all(collectors.map(({ take }) => log().read("actions", { from: "start" }, take)));
    await Promise.all(Array.from({ length: 300 }, (_, i) => one(`acme/agent-${i % 40}`, String(i))));
    await Promise.all(collectors.map((collector) => collector.until(300)));
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    expect(collectors.map(({ all }) => all.length)).toEqual([300, 300, 300]);
  });

  it("hands a slow reader bounded batches of a long backlog, one at a time", async () => {
    await log().append("actions", Array.from({ length: 5_000 }, (_, i) => ({ key: "acme/a", value: bytes(String(i).padEnd(200)) })));
    const collector = new Collector();
    let running = 0;
    let most = 0;
    const subscription = await log().read("actions", { from: "start" }, async (records) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      await collector.take(records);
      running--;
    });
    await collector.until(5_000);
    await subscription.close();
    expect(most).toBe(1);
    expect(collector.largestBatch.records).toBeLessThanOrEqual(2 * BATCH_RECORDS);
    expect(collector.largestBatch.bytes).toBeLessThanOrEqual(2 * BATCH_BYTES);
  });

  it("refuses a start beyond the end: such a reader would skip what comes", async () => {
    await one("acme/a", "only");
    const partition = log().partitionOf("acme/a");
    const read = log().read("actions", { from: new Map([[partition, 9]]), partitions: [partition] }, async () => undefined);
    await expect(read).rejects.toMatchObject({ code: "TL_LOG_POSITION" });
  });

  it("tells where a reader begins, and how far it is only once that is handled", async () => {
    await log().append("actions", fromText("acme/a", "0", "1", "2"));
    const partition = log().partitionOf("acme/a");
    const told: number[] = [];
    let handled = 1;
    const passed = (of: number, offset: number): void => {
      expect(of).toBe(partition);
      expect(offset).toBeLessThanOrEqual(handled);
      told.push(offset);
    };
    const subscription = await log().read("actions", { from: new Map([[partition, 1]]), partitions: [partition], passed }, async (records) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      handled = (records.at(-1)?.offset ?? 0) + 1;
    });
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe(3);
    expect(told[0]).toBe(1);
    await one("acme/a", "3");
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe(4);
    expect(told.toSorted((a, b) => a - b)).toEqual(told);
    await subscription.close();
  });

  it("is followed up to what was there, also where one partition is empty and another is read from its end", async () => {
    const keys = ["acme/a", "acme/b", "acme/c"];
    for (const key of keys) await log().append("clock", [{ key, value: encode("clock", { v: 1, atMs: 1 }) }]);
    let seen = 0;
    const followed = await follow(log(), "clock", { from: new Map([[log().partitionOf("acme/a"), 1]]) }, (items) => void (seen += items.length), () => undefined);
    await followed.caughtUp;
    expect(seen).toBe(keys.length - 1);
    await followed.close();
  });

  it("ends without another batch when a handler throws, and says so", async () => {
    await log().append("actions", fromText("acme/a", "poison"));
    const handled: string[] = [];
    const subscription = await log().read("actions", { from: "start" }, async (records) => {
      handled.push(...records.map(textOf));
      throw new TypeError("handler");
    });
    await expect(subscription.done).rejects.toThrow("handler");
    await one("acme/a", "later");
    expect(handled).toEqual(["poison"]);
    expect((await readAll(2)).textsOf("acme/a")).toEqual(["poison", "later"]);
  });
}

function groups({ log, one, reopen }: Omit<Tools, "readAll">): void {
  const from = (offset: number): ReadonlyMap<Topic, number> => new Map([["actions", offset]]);

  it("asks for the start of every partition before its first batch, and resumes there", async () => {
    await log().append("actions", fromText("acme/a", "0", "1", "2"));
    const partition = log().partitionOf("acme/a");
    const collector = new Collector(new Map([[partition, 2]]));
    const handlers = member(new Map(), collector.take);
    const asked: number[] = [];
    const subscription = await log().consume("readers", ["actions"], {
      ...handlers,
      assigned: async (ownership) => {
        asked.push(ownership.partition);
        return from(ownership.partition === partition ? 2 : 0);
      },
    });
    await collector.until(1);
    await subscription.close();
    expect(asked.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 48 }, (_, i) => i));
    expect(collector.all.map(textOf)).toEqual(["2"]);
    expect(handlers.lost.length).toBe(48);
  });

  it("delivers several topics of one partition one batch at a time", async () => {
    const collector = new Collector();
    const running = new Map<number, number>();
    let most = 0;
    const handlers = member(new Map(), async (records, { partition }) => {
      running.set(partition, (running.get(partition) ?? 0) + 1);
      most = Math.max(most, running.get(partition) ?? 0);
      await new Promise((resolve) => setImmediate(resolve));
      await collector.take(records);
      running.set(partition, (running.get(partition) ?? 1) - 1);
    });
    const subscription = await log().consume("readers", ["actions", "findings"], handlers);
    await Promise.all(Array.from({ length: 100 }, (_, i) => [one(`acme/${i}`, "a"), log().append("findings", fromText(`acme/${i}`, "f"))]).flat());
    await collector.until(200);
    await subscription.close();
    expect(most).toBe(1);
  });

  it("raises the epoch with each owner and with each restart, and tells the old owner", async () => {
    const epochs: number[] = [];
    const first = member(from(0), async () => undefined);
    await log().consume("readers", ["actions"], first);
    epochs.push(first.owned[0]?.epoch ?? 0);
    expect(first.owned[0]?.current()).toBe(true);
    const second = member(from(0), async () => undefined);
    await log().consume("readers", ["actions"], second);
    epochs.push(second.owned[0]?.epoch ?? 0);
    expect(first.owned.some((ownership) => ownership.current())).toBe(false);
    expect(first.lost.length).toBe(48);
    await reopen();
    expect(second.owned.some((ownership) => ownership.current())).toBe(false);
    const third = member(from(0), async () => undefined);
    await log().consume("readers", ["actions"], third);
    epochs.push(third.owned[0]?.epoch ?? 0);
    expect(epochs.toSorted((a, b) => a - b)).toEqual(epochs);
    expect(new Set(epochs).size).toBe(3);
  });

  it("lets the old owner's running handler finish before the new one is asked", async () => {
    const order: string[] = [];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let entered = (): void => undefined;
    const running = new Promise<void>((resolve) => (entered = resolve));
    await log().consume("readers", ["actions"], member(from(0), async () => {
      entered();
      await held;
      order.push("old finished");
    }));
    await one("acme/a", "x");
    await running;
    const taking = log().consume("readers", ["actions"], {
      ...member(from(0), async () => undefined),
      assigned: async () => {
        order.push("new asked");
        return from(0);
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    await taking;
    expect(order.slice(0, 2)).toEqual(["old finished", "new asked"]);
  });

  it("skips nothing when a handler throws: the next owner gets the batch again", async () => {
    await log().append("actions", fromText("acme/a", "0", "1"));
    const failing = await log().consume("readers", ["actions"], member(from(0), () => Promise.reject(new Error("once"))));
    await expect(failing.done).rejects.toThrow("once");
    const collector = new Collector();
    const subscription = await log().consume("readers", ["actions"], member(from(0), collector.take));
    await collector.until(2);
    await subscription.close();
    expect(collector.textsOf("acme/a")).toEqual(["0", "1"]);
  });

  it("rejects, and leaves the group free, when the start of a partition cannot be told", async () => {
    const broken = { ...member(from(0), async () => undefined), assigned: () => Promise.reject(new Error("store away")) };
    await expect(log().consume("readers", ["actions"], broken)).rejects.toThrow("store away");
    await (await log().consume("readers", ["actions"], member(from(0), async () => undefined))).close();
  });
}

function ending({ log, one, reopen }: Omit<Tools, "readAll">): void {
  it("tells that records are durable before the append resolves", async () => {
    const told: string[] = [];
    const listener = (message: unknown): void => {
      told.push(JSON.stringify(message));
    };
    subscribe("tripline:event-log.durable", listener);
    await log().append("actions", fromText("acme/a", "1", "2")).then(() => told.push("resolved"));
    unsubscribe("tripline:event-log.durable", listener);
    expect(told).toEqual(['{"topic":"actions","count":2}', "resolved"]);
  });

  it("waits on close for the handlers that run, and starts no other", async () => {
    let finished = 0;
    const subscription = await log().read("actions", { from: "start" }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      finished++;
    });
    await one("acme/a", "x");
    await new Promise((resolve) => setTimeout(resolve, 5));
    await subscription.close();
    const after = finished;
    await one("acme/a", "y");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(finished).toBe(after);
    await expect(subscription.done).resolves.toBeUndefined();
  });

  it("finishes readers, appends and groups when the log closes under them, and refuses afterwards", async () => {
    const reader = await log().read("actions", { from: "start" }, async () => undefined);
    const handlers = member(new Map(), async () => undefined);
    const group = await log().consume("readers", ["actions"], handlers);
    const appends = Array.from({ length: 50 }, (_, i) => one(`acme/${i}`, "x").then(() => "durable", (error: unknown) => (error instanceof TriplineError ? error.code : "other")));
    const closed = log();
    await closed.close();
    await expect(Promise.all([reader.done, group.done])).resolves.toBeDefined();
    for (const outcome of await Promise.all(appends)) expect(["durable", "TL_LOG_CLOSED"]).toContain(outcome);
    await expect(closed.append("actions", fromText("acme/a", "x"))).rejects.toMatchObject({ code: "TL_LOG_CLOSED" });
    await expect(closed.read("actions", { from: "start" }, async () => undefined)).rejects.toMatchObject({ code: "TL_LOG_CLOSED" });
    await expect(closed.consume("other", ["actions"], handlers)).rejects.toMatchObject({ code: "TL_LOG_CLOSED" });
    await expect(closed.ends("actions")).rejects.toMatchObject({ code: "TL_LOG_CLOSED" });
    await closed.close();
    await reopen();
  });
}
