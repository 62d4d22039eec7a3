import { encode } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { describe, expect, it } from "vitest";
import type { LogRecord, ReadOptions } from "./event-log.ts";
import { follow } from "./follow.ts";
import { type MemoryLog, openMemoryLog } from "./memory/memory-log.ts";

const open = (): Promise<MemoryLog> => openMemoryLog({}, { metrics: createMetrics(), clock: () => 1_000 });
const tick = (atMs: number, key = "acme") => ({ key, value: encode("clock", { v: 1, atMs }) });

describe("following a topic", () => {
  it("delivers decoded records in order, and says when it has seen all that was there", async () => {
    const log = await open();
    await log.append("clock", [tick(1), tick(2), tick(3, "other")]);
    const seen: number[] = [];
    const followed = await follow(log, "clock", { from: "start" }, (items) => void seen.push(...items.map(({ payload }) => payload.atMs)), () => expect.unreachable());
    await followed.caughtUp;
    expect(seen.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    await log.append("clock", [tick(4)]);
    await log.idle();
    expect(seen.at(-1)).toBe(4);
    await followed.close();
  });

  it("delivers what can be decoded while the rest is still being set aside, and goes on after both", async () => {
    const log = await open();
    await log.append("clock", [{ key: "acme", value: Buffer.from("rubbish") }, { key: "acme", value: Buffer.from("more") }, tick(1), tick(2)]);
    const aside = Promise.withResolvers<void>();
    const seen: number[] = [];
    let rubbish = 0;
    const followed = await follow(log, "clock", { from: "start" }, (items) => void seen.push(...items.map(({ payload }) => payload.atMs)), () => {
      rubbish += 1;
      return aside.promise;
    });
    await expect.poll(() => [seen, rubbish]).toEqual([[1, 2], 2]);
    await log.append("clock", [tick(3)]);
    expect(seen).toEqual([1, 2]);
    aside.resolve();
    await expect.poll(() => seen).toEqual([1, 2, 3]);
    await followed.close();
  });

  it("is caught up at once when there is nothing to see", async () => {
    const log = await open();
    await log.append("clock", [tick(1)]);
    await (await follow(log, "clock", { from: "end" }, () => undefined, () => undefined)).caughtUp;
    await (await follow(log, "findings", { from: "start" }, () => undefined, () => undefined)).caughtUp;
    await log.close();
  });

  it("is caught up when retention removes what it was waiting for", async () => {
    const log = await open();
    await log.append("clock", [tick(1)]);
    const partition = log.partitionOf("acme");
    let low = 0;
    const trimming = new Proxy(log, {
      get: (target, name) => {
        if (name === "read") return (topic: "clock", _options: object, batch: () => Promise<void>) => target.read(topic, { from: "end" }, batch);
        if (name === "ends") return () => Promise.resolve(new Map([[partition, { low, high: 1 }]]));
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    const followed = await follow(trimming, "clock", { from: "start" }, () => undefined, () => undefined);
    low = 1;
    await followed.caughtUp;
    await followed.close();
    await log.close();
  });

  it("is caught up at an end that no record has, such as a transaction's marker", async () => {
    const log = await open();
    await log.append("clock", [tick(1), tick(2)]);
    const seen: number[] = [];
    // The second offset comes to no handler.
    const marked = new Proxy(log, {
      get: (target, name) => {
        if (name === "read") return (topic: "clock", options: ReadOptions, batch: (records: readonly LogRecord[]) => Promise<void>) => target.read(topic, options, (records) => batch(records.slice(0, 1)));
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    const followed = await follow(marked, "clock", { from: "start" }, (items) => void seen.push(...items.map(({ payload }) => payload.atMs)), () => undefined);
    await followed.caughtUp;
    expect(seen).toEqual([1]);
    await followed.close();
    await log.close();
  });

  it("hands what it cannot decode to its owner, with the reason, and goes on", async () => {
    const log = await open();
    await log.append("clock", [tick(1), { key: "acme", value: Buffer.from("not json") }, { key: "acme", value: Buffer.from('{"v":9}') }, tick(2)]);
    const seen: number[] = [];
    const refused: string[] = [];
    const followed = await follow(
      log,
      "clock",
      { from: "start" },
      (items) => void seen.push(...items.map(({ payload }) => payload.atMs)),
      ({ offset }, reason) => void refused.push(`${offset} ${reason}`),
    );
    await followed.caughtUp;
    expect(seen).toEqual([1, 2]);
    expect(refused).toEqual(["1 not-json", "2 unknown-version"]);
  });

  it("ends, and never claims to have caught up, when its owner throws", async () => {
    const log = await open();
    await log.append("clock", [tick(1)]);
    const followed = await follow(log, "clock", { from: "start" }, () => Promise.reject(new Error("owner")), () => undefined);
    await expect(followed.done).rejects.toThrow("owner");
    await expect(followed.caughtUp).rejects.toThrow("owner");
  });
});
