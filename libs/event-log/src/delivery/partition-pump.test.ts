import type { Topic } from "@tripline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogRecord } from "../event-log.ts";
import { PartitionPump } from "./partition-pump.ts";
import type { Source } from "./source.ts";
import { Wakeups } from "./wakeups.ts";

const TOPICS: readonly Topic[] = ["actions", "grants", "leases"];

/** A source over fixed records that hands out batches of at most `most`. */
function sourceOf(byTopic: ReadonlyMap<Topic, readonly LogRecord[]>, most: number, skipped: number[] = [], low = 0): Source {
  return {
    partitions: 1,
    bounds: (topic) => ({ low, high: low + (byTopic.get(topic)?.length ?? 0) }),
    fetch: (topic, _partition, position) => (byTopic.get(topic) ?? []).filter(({ offset }) => offset >= position).slice(0, most),
    skipped: (_topic, count) => skipped.push(count),
    pause: () => null,
    alive: () => true,
    nextEpoch: () => 1,
  };
}

const recordsAt = (topic: Topic, stamps: readonly number[], low = 0): LogRecord[] =>
  stamps.toSorted((a, b) => a - b).map((timestampMs, i) => ({ topic, partition: 0, offset: low + i, key: "acme/a", timestampMs, value: new Uint8Array() }));

async function deliveries(source: Source, starts: ReadonlyMap<Topic, number>, count: number): Promise<LogRecord[]> {
  const delivered: LogRecord[] = [];
  const pump: PartitionPump = new PartitionPump(source, new Wakeups(), 0, starts, async (records) => {
    expect(records.length).toBeGreaterThan(0);
    delivered.push(...records);
    if (delivered.length >= count) pump.stop();
  });
  if (count === 0) pump.stop();
  await pump.run();
  return delivered;
}

describe("partition pump", () => {
  it("tells how far it is once that is handled, also behind offsets that are no records", async () => {
    const records = recordsAt("actions", [1, 2, 3]);
    const handled: number[] = [];
    const told: string[] = [];
    // Two offsets are markers behind what is delivered, two at a time.
    const source: Source = {
      ...sourceOf(new Map([["actions", records]]), 2),
      bounds: () => ({ low: 0, high: records.length + 2 }),
      beyond: (_topic, _partition, position) => (position < records.length ? position : records.length + 2),
    };
    const pump: PartitionPump = new PartitionPump(
      source,
      new Wakeups(),
      0,
      new Map([["actions", 0]]),
      async (batch) => void handled.push(...batch.map(({ offset }) => offset)),
      (topic, offset) => {
        told.push(`${topic} ${offset} after ${handled.length}`);
        if (offset === records.length + 2) pump.stop();
      },
    );
    await pump.run();
    expect(told).toEqual(["actions 0 after 0", "actions 2 after 2", "actions 3 after 3", "actions 5 after 3"]);
  });

  it("delivers what several topics have waiting oldest first, each in offset order, whatever the batches", async () => {
    const stamps = fc.array(fc.nat(30), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(stamps, stamps, stamps, fc.integer({ min: 1, max: 6 }), async (a, b, c, most) => {
        const byTopic = new Map(TOPICS.map((topic, i) => [topic, recordsAt(topic, [a, b, c][i] ?? [])] as const));
        const all = [...byTopic.values()].flat();
        const delivered = await deliveries(sourceOf(byTopic, most), new Map(TOPICS.map((topic) => [topic, 0])), all.length);
        expect(delivered.map(({ timestampMs }) => timestampMs)).toEqual(all.map(({ timestampMs }) => timestampMs).toSorted((x, y) => x - y));
        for (const [topic, records] of byTopic) expect(delivered.filter((record) => record.topic === topic)).toEqual(records);
      }),
    );
  });

  it("starts where it is told, and counts what retention took before it came", async () => {
    const byTopic = new Map([["actions", recordsAt("actions", [1, 2, 3], 10)]] as const);
    const skipped: number[] = [];
    const delivered = await deliveries(sourceOf(byTopic, 9, skipped, 10), new Map([["actions", 4]]), 3);
    expect(delivered.map(({ offset }) => offset)).toEqual([10, 11, 12]);
    expect(skipped).toEqual([6]);
  });

  it("counts nothing as skipped for a reader that asks for all there is", async () => {
    const byTopic = new Map([["actions", recordsAt("actions", [1], 10)]] as const);
    const skipped: number[] = [];
    await deliveries(sourceOf(byTopic, 9, skipped, 10), new Map([["actions", 0]]), 1);
    expect(skipped).toEqual([]);
  });
});
