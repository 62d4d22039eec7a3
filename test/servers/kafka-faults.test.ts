/** The Kafka event log while brokers die and hang: what was acknowledged is there, in order for each agent, and readers miss nothing. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EventLog, openEventLog } from "@tripline/event-log";
import { createMetrics } from "@tripline/runtime";
import { type KafkaCluster, type KafkaNode, requireKafka } from "./kafka.ts";

const installs = await requireKafka("the event log while brokers die and hang", { ours: true });
const AGENTS = 60;
const text = (value: Uint8Array): string => Buffer.from(value).toString("utf8");

/** Appends numbered records of many agents, one batch after another, and knows which were acknowledged. */
class Load {
  readonly acknowledged = new Map<string, number[]>();
  refused = 0;
  slowestMs = 0;
  #stopped = false;
  readonly #done: Promise<void>;

  /** Agents of this load alone, so that an earlier one's records cannot stand in for what it lost. */
  readonly #run = randomBytes(4).toString("hex");

  constructor(log: EventLog) {
    this.#done = Promise.all(Array.from({ length: 6 }, (_, worker) => this.#work(log, worker))).then(() => undefined);
  }

  async #work(log: EventLog, worker: number): Promise<void> {
    const agents = Array.from({ length: AGENTS / 6 }, (_, n) => `acme/agent-${this.#run}-${worker}-${n}`);
    for (let number = 0; !this.#stopped; number++) {
      const startedMs = performance.now();
      const records = agents.map((key) => ({ key, value: Buffer.from(String(number)) }));
      const acknowledged = await log.append("actions", records).then(() => true, () => false);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs);
      if (!acknowledged) this.refused++;
      else for (const agent of agents) this.acknowledged.set(agent, [...(this.acknowledged.get(agent) ?? []), number]);
      await sleep(5);
    }
  }

  get count(): number {
    return [...this.acknowledged.values()].reduce((sum, numbers) => sum + numbers.length, 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }
}

/** Collects what a reader sees, and refuses gaps in offsets and disorder of first sights. */
class Seen {
  readonly numbers = new Map<string, number[]>();
  readonly #next = new Map<number, number>();
  repeated = 0;
  last = performance.now();
  longestPauseMs = 0;

  readonly take = async (records: readonly { key: string; partition: number; offset: number; value: Uint8Array }[]): Promise<void> => {
    this.longestPauseMs = Math.max(this.longestPauseMs, performance.now() - this.last);
    this.last = performance.now();
    for (const { key, partition, offset, value } of records) {
      expect(offset).toBe(this.#next.get(partition) ?? offset);
      this.#next.set(partition, offset + 1);
      const numbers = this.numbers.get(key) ?? [];
      this.numbers.set(key, numbers);
      const number = Number(text(value));
      // At least once: a repetition is a number that was there before; a first sight is the next one.
      if (number <= (numbers.at(-1) ?? -1)) {
        expect(numbers).toContain(number);
        this.repeated++;
      } else numbers.push(number);
    }
  };

  async until(load: Load): Promise<void> {
    const complete = (): boolean => [...load.acknowledged].every(([agent, numbers]) => (this.numbers.get(agent)?.at(-1) ?? -1) >= (numbers.at(-1) ?? -1));
    for (const endMs = performance.now() + 40_000; !complete() && performance.now() < endMs; ) await sleep(50);
  }

  /** Acknowledged records that were never seen. */
  lost(load: Load): number {
    let lost = 0;
    for (const [agent, numbers] of load.acknowledged) {
      const seen = new Set(this.numbers.get(agent));
      lost += numbers.filter((number) => !seen.has(number)).length;
    }
    return lost;
  }
}

describe.each(installs)("three nodes of Kafka $version", (install) => {
  let cluster: KafkaCluster;
  let log: EventLog;
  beforeAll(async () => {
    cluster = await install.start({ nodes: 3 });
    log = await openEventLog({ kind: "kafka", brokers: cluster.brokers, clientId: "faults", partitions: 12 }, { metrics: createMetrics(), clock: () => Date.now() });
  }, 120_000);
  afterAll(async () => {
    await log.close();
    await cluster.stop();
  }, 60_000);

  async function under(fault: (node: KafkaNode) => Promise<void>): Promise<{ load: Load; seen: Seen }> {
    const seen = new Seen();
    const reader = await log.read("actions", { from: "start" }, seen.take);
    const load = new Load(log);
    await sleep(1_500);
    for (const node of cluster.nodes) await fault(node);
    await sleep(1_500);
    await load.stop();
    await seen.until(load);
    await reader.close();
    console.log(`acknowledged ${load.count}, lost ${seen.lost(load)}, repeated ${seen.repeated}, refused appends ${load.refused}, slowest append ${Math.round(load.slowestMs)} ms, longest pause of the reader ${Math.round(seen.longestPauseMs)} ms`);
    return { load, seen };
  }

  it("loses nothing acknowledged when each leader in turn is killed", async () => {
    const { load, seen } = await under(async (node) => {
      await node.kill();
      await sleep(3_000);
      node.start();
      await cluster.ready();
      await sleep(1_500);
    });
    expect(load.count).toBeGreaterThan(100);
    expect(seen.lost(load)).toBe(0);
  }, 180_000);

  it("goes on when each broker in turn hangs for longer than its session, and loses nothing when it wakes", async () => {
    const { load, seen } = await under(async (node) => {
      node.pause();
      await sleep(9_000);
      node.resume();
      await sleep(2_000);
      await cluster.ready();
    });
    expect(load.count).toBeGreaterThan(100);
    expect(seen.lost(load)).toBe(0);
  }, 180_000);

  it("has everything after all brokers were killed at once", async () => {
    let killed = false;
    const { load, seen } = await under(async () => {
      if (killed) return;
      killed = true;
      await Promise.all(cluster.nodes.map((node) => node.kill()));
      for (const node of cluster.nodes) node.start();
      await cluster.ready();
    });
    expect(load.count).toBeGreaterThan(100);
    expect(seen.lost(load)).toBe(0);
  }, 180_000);
});

if (installs.length === 0) it.skip("SKIPPED: brokers that fail needs Apache Kafka", () => undefined);
