/** What a broker cannot be made to do at a chosen moment; producing to real brokers is in the tests of the servers. */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createMetrics } from "@tripline/runtime";
import { afterEach, expect, it, vi } from "vitest";
import type { Appended } from "../event-log.ts";
import type { ClientPool } from "./client-pool.ts";
import { createInstruments } from "./instruments.ts";
import { KAFKA_LIMITS } from "./options.ts";
import { Producer } from "./producer.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

afterEach(() => vi.restoreAllMocks());

it("sends again to the new leader as soon as there is one, and does not wait for a broker that hangs", async () => {
  const world = { leader: 1, sentTo: [] as number[], cut: [] as number[] };
  const results = [{ topic: "clock", partition: 0, errorCode: 0, baseOffset: 4, appendTimeMs: 1_000 }];
  const client = {
    usable: true,
    leaderOf: () => world.leader,
    cut: (node: number) => world.cut.push(node),
    refresh: async () => void (world.leader = 2),
    send: (node: number) => {
      world.sentTo.push(node);
      return node === 1 ? new Promise(() => undefined) : Promise.resolve(results);
    },
  };
  const clients = { take: async () => client, discard: () => undefined } as unknown as ClientPool;
  const producer = new Producer({ clients, instruments: createInstruments(createMetrics()), clock: () => 1_000, nameOf: (topic) => topic, queueBytes: 1_000_000, appendTimeoutMs: 30_000 });
  const startMs = performance.now();
  await new Promise((resolve, reject) => producer.add("clock", [{ key: "acme", value: Buffer.from("one") }], [0], { resolve, reject }));
  expect(performance.now() - startMs).toBeLessThan(KAFKA_LIMITS.requestMs / 2);
  expect(world).toMatchObject({ sentTo: [1, 2], cut: [1] });
  await producer.close();
}, 20_000);

it("refuses what waited through a standstill of its process, and appends what is asked for afterwards", async () => {
  const requests: { answer: (results: object[]) => void }[] = [];
  const client = {
    usable: true,
    leaderOf: () => 1,
    cut: () => undefined,
    refresh: async () => undefined,
    send: () => new Promise((resolve) => requests.push({ answer: resolve })),
  };
  const clients = { take: async () => client, discard: () => undefined } as unknown as ClientPool;
  const producer = new Producer({ clients, instruments: createInstruments(createMetrics()), clock: () => 1_000, nameOf: (topic) => topic, queueBytes: 1_000_000, appendTimeoutMs: 30_000 });
  const append = (text: string): Promise<Appended[]> =>
    new Promise((resolve, reject) => producer.add("clock", [{ key: "acme", value: Buffer.from(text) }], [0], { resolve, reject }));
  const answer = (at: number, baseOffset: number): void => requests[at]?.answer([{ topic: "clock", partition: 0, errorCode: 0, baseOffset, appendTimeMs: 1_000 }]);

  const inFlight = append("in flight");
  await vi.waitFor(() => expect(requests).toHaveLength(1));
  const queued = append("queued").catch((error: unknown) => error);
  // The broker's answer was there already; then the clock shows that nothing ran here for a while.
  answer(0, 7);
  await expect(inFlight).resolves.toEqual([{ partition: 0, offset: 7, timestampMs: 1_000 }]);
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + KAFKA_LIMITS.standstillMs + 1_000);
  await expect(queued).resolves.toMatchObject({ code: "TL_LOG_UNAVAILABLE" });
  const after = append("after");
  await vi.waitFor(() => expect(requests.length).toBeGreaterThan(1));
  answer(1, 8);
  await sleep(20);
  answer(2, 9);
  await expect(after).resolves.toHaveLength(1);
  await producer.close();
});

it("holds no more than its queue may while no broker answers, however long appends go on", async () => {
  const held: WeakRef<Uint8Array>[] = [];
  const refused = new Map<string, number>();
  const clients = { take: () => Promise.reject(new Error("no broker")), discard: () => undefined } as unknown as ClientPool;
  const producer = new Producer({ clients, instruments: createInstruments(createMetrics()), clock: () => 1_000, nameOf: (topic) => topic, queueBytes: 1_000_000, appendTimeoutMs: 50 });
  const add = (): void => {
    const value = new Uint8Array(100_000);
    held.push(new WeakRef(value));
    const reject = (error: Error & { code?: string }): void => void refused.set(error.code ?? "", (refused.get(error.code ?? "") ?? 0) + 1);
    producer.add("clock", [{ key: "acme", value }], [0], { resolve: () => expect.unreachable(), reject });
  };
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 12; n++) add();
    await vi.waitFor(() => expect(producer.queuedBytes).toBe(0), { timeout: 5_000 });
  }
  expect(refused).toEqual(new Map([["TL_LOG_FULL", 9], ["TL_LOG_UNAVAILABLE", 27]]));
  await vi.waitFor(async () => {
    await sleep(0);
    collectGarbage();
    expect(held.filter((one) => one.deref() !== undefined)).toHaveLength(0);
  }, { timeout: 5_000 });
  await producer.close();
});
