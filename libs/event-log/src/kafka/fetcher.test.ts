/** What brokers cannot be made to do at a chosen moment; reading from real ones is in the tests of the servers. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Topic } from "@tripline/model";
import { createMetrics } from "@tripline/runtime";
import { expect, it, vi } from "vitest";
import type { ClientPool } from "./client-pool.ts";
import { encodeBatch } from "./batch-encoder.ts";
import type { FetchResult } from "./exchanges.ts";
import { Fetcher } from "./fetcher.ts";
import { createInstruments } from "./instruments.ts";
import { Lane } from "./lane.ts";
import { Refusals } from "./refusals.ts";

const laneOf = (partition: number, next = 0): Lane => {
  const lane = new Lane("clock", partition, { low: 0, high: 0 }, false, { gap: () => undefined, poison: () => undefined, damaged: () => undefined });
  lane.startAt(next);
  return lane;
};

/** `leader` of each partition; every fetch is answered by `answer`. */
function start(leader: (partition: number) => number | null, answer: (node: number) => Promise<readonly FetchResult[]>) {
  const sentTo: number[] = [];
  const client = {
    usable: true,
    leaderOf: (_topic: string, partition: number) => leader(partition),
    refresh: async () => undefined,
    cut: () => undefined,
    send: (node: number) => {
      sentTo.push(node);
      return answer(node);
    },
  };
  const clients = { take: async () => client, give: () => undefined, discard: () => undefined } as unknown as ClientPool;
  const grown: Lane[] = [];
  const instruments = createInstruments(createMetrics());
  const fetcher = new Fetcher({ clients, instruments, refusals: new Refusals(instruments, null), nameOf: (topic: Topic) => topic, grown: (lane) => grown.push(lane), failed: () => undefined }, null);
  return { fetcher, sentTo, grown };
}

it("fetches from the leaders that there are while a partition before theirs has none, and from its own once it has one", async () => {
  let first: number | null = null;
  const world = start((partition) => (partition === 0 ? first : partition), () => sleep(20, []));
  world.fetcher.add([laneOf(0), laneOf(1), laneOf(2)]);
  await vi.waitFor(() => expect(new Set(world.sentTo)).toEqual(new Set([1, 2])));
  first = 3;
  await vi.waitFor(() => expect(new Set(world.sentTo)).toEqual(new Set([1, 2, 3])), { timeout: 5_000 });
  world.fetcher.stop();
});

it("leaves out what was fetched for a partition that was let go and taken again at another place meanwhile", async () => {
  const answers: ((results: readonly FetchResult[]) => void)[] = [];
  const world = start(() => 1, () => new Promise((resolve) => answers.push(resolve)));
  const before = laneOf(0, 5);
  world.fetcher.add([before]);
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  world.fetcher.remove([before]);
  const after = laneOf(0);
  world.fetcher.add([after]);
  // Taken, it would leave out the records from 0 to 4.
  const recordSet = encodeBatch([{ key: "acme", value: Buffer.from("one") }], 1_000);
  recordSet.writeBigInt64BE(5n, 0);
  answers[0]?.([{ topic: "clock", partition: 0, errorCode: 0, recordSet }]);
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  expect([world.grown, after.next, after.filled]).toEqual([[], 0, false]);
  world.fetcher.stop();
});
