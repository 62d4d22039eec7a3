import { type LogRecord, openMemoryLog, type ReadOptions } from "@tripline/event-log";
import { encode } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import Fastify from "fastify";
import { expect, it } from "vitest";
import { registerRecordRoutes } from "./record-routes.ts";

const tick = (key: string, atMs: number) => ({ key, value: encode("clock", { v: 1, atMs }) });

it("ends a dump where the log ended, also behind a last offset that is no record", async () => {
  const log = await openMemoryLog({}, { metrics: createMetrics(), clock: () => 1_000 });
  await log.append("clock", [tick("acme", 1), tick("acme", 2), tick("globex", 3), tick("globex", 4)]);
  // As behind transactions: the last offset of one partition comes to no handler.
  const marker = { partition: log.partitionOf("acme"), offset: 1 };
  const marked = new Proxy(log, {
    get: (target, name) => {
      const visible = ({ partition, offset }: LogRecord): boolean => partition !== marker.partition || offset !== marker.offset;
      if (name === "read") return (topic: "clock", options: ReadOptions, batch: (records: readonly LogRecord[]) => Promise<void>) => target.read(topic, options, (records) => batch(records.filter(visible)));
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
  const app = Fastify();
  registerRecordRoutes(app, marked);
  const answer = await app.inject("/v1/records?topic=clock");
  const times = answer.body.trim().split("\n").map((line) => (JSON.parse(line) as { value: { atMs: number } }).value.atMs);
  expect(times.toSorted((a, b) => a - b)).toEqual([1, 3, 4]);
  expect((await app.inject("/v1/records?topic=findings")).body).toBe("");
  await app.close();
  await log.close();
});

it("dumps in the order of receipt over all partitions when asked, and tells how much there is", async () => {
  let nowMs = 1;
  const log = await openMemoryLog({ partitions: 4 }, { metrics: createMetrics(), clock: () => nowMs });
  for (let index = 0; index < 40; index += 1) {
    nowMs += 1;
    await log.append("clock", [tick(`tenant-${index % 7}`, nowMs)]);
  }
  const app = Fastify();
  registerRecordRoutes(app, log);
  const answer = await app.inject("/v1/records?topic=clock&order=received");
  const times = answer.body.trim().split("\n").map((line) => (JSON.parse(line) as { value: { atMs: number } }).value.atMs);
  expect(times).toEqual(Array.from({ length: 40 }, (_, index) => index + 2));
  expect((await app.inject("/v1/records/ends")).json()).toEqual({ actions: 0 });
  expect((await app.inject("/v1/records?topic=clock&order=size")).statusCode).toBe(400);
  await app.close();
  await log.close();
});
