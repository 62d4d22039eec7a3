import { describe, expect, it } from "vitest";
import { BaselineTable } from "../baseline-table.ts";
import { STRIDE_WORDS } from "../layout.ts";
import { APPENDED_FORMAT, APPENDED_WORDS, FORMAT } from "../stored.ts";
import { learnRates, measureRates, newRatesView, type RatesView } from "./agent-rates.ts";

const START_MS = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;

interface Told {
  readonly atMs: number;
  readonly loop: number;
  readonly stream: RatesView["stream"] | null;
  readonly expected: number;
  readonly observed: number;
}

class Agent {
  readonly table = new BaselineTable(2);
  slot = this.table.allocate()!;
  readonly view = newRatesView();
  readonly told: Told[] = [];
  nowMs = START_MS;
  #calls = 0;

  /** One call after `gapMs`; a new one unless `hash` says which. */
  call({ gapMs = 1_000, hash = 1_000_000 + this.#calls, sideEffect = false, bytes = 0, ordinary = true } = {}): void {
    this.#calls += 1;
    this.nowMs += gapMs;
    Object.assign(this.view.signs, { callHash: hash, sideEffect, failed: false, bytes });
    const page = this.table.page(this.slot);
    const word = this.table.wordAt(this.slot);
    measureRates(page, word, this.nowMs, this.view);
    const { loop, bits, stream, expected, observed } = this.view;
    if (loop.bits > 0 || bits > 0) this.told.push({ atMs: this.nowMs, loop: loop.bits > 0 ? loop.repeats : 0, stream: bits > 0 ? stream : null, expected, observed });
    learnRates(page, word, this.view, ordinary);
  }

  /** Days of work from nine to five: a call every 40 to 80 s, every fifth with a side effect. */
  work(days: number): void {
    for (let day = 0; day < days; day += 1) {
      const evening = this.nowMs + 8 * HOUR_MS;
      while (this.nowMs < evening) this.call({ gapMs: 40_000 + ((this.#calls * 7_919) % 40_000), sideEffect: this.#calls % 5 === 0, bytes: 500 + ((this.#calls * 104_729) % 3_000) });
      this.nowMs += 16 * HOUR_MS;
    }
  }
}

describe("an agent's rates", () => {
  it("say nothing of steady work, its nights and its mornings", () => {
    const agent = new Agent();
    agent.work(20);
    expect(agent.told).toEqual([]);
  });
  it("tell of hundreds of calls within the quarter of an hour in which they come, once", () => {
    const agent = new Agent();
    agent.work(5);
    const from = agent.nowMs;
    for (let call = 0; call < 250; call += 1) agent.call({ gapMs: 1_000 });
    expect(agent.told).toHaveLength(1);
    expect(agent.told[0]).toMatchObject({ stream: "calls", loop: 0 });
    expect(agent.told[0]!.atMs - from).toBeLessThan(120_000);
    expect(agent.told[0]!.expected).toBeGreaterThan(10);
    expect(agent.told[0]!.expected).toBeLessThan(20);
    expect(agent.told[0]!.observed).toBeLessThan(120);
  });
  it("tell of side effects although the number of calls is usual", () => {
    const agent = new Agent();
    agent.work(10);
    for (let call = 0; call < 200; call += 1) agent.call({ gapMs: 40_000, sideEffect: true });
    expect(agent.told.map(({ stream }) => stream)).toContain("side-effects");
    expect(agent.told.map(({ stream }) => stream)).not.toContain("calls");
  });
  it("tell of one call far larger than any before, at that call", () => {
    const agent = new Agent();
    agent.work(5);
    agent.call({ bytes: 50_000_000 });
    expect(agent.told).toMatchObject([{ stream: "size", observed: expect.closeTo(50_000_000, -3) as number }]);
  });
  it("do not take what was not ordinary for usual", () => {
    const words = (ordinary: boolean): number => {
      const agent = new Agent();
      agent.work(2);
      for (let call = 0; call < 2_000; call += 1) agent.call({ gapMs: 500, ordinary });
      return agent.told.length;
    };
    expect(words(true)).toBeGreaterThan(0);
    expect(words(false)).toBe(0);
  });
});

describe("a run of the same call", () => {
  it("is told of an agent in its first minute, once until it has grown much longer", () => {
    const agent = new Agent();
    for (let call = 0; call < 60; call += 1) agent.call({ hash: 7 });
    expect(agent.told).toHaveLength(1);
    expect(agent.told[0]!.loop).toBeLessThan(20);
    for (let call = 0; call < 100; call += 1) agent.call({ hash: 7 });
    expect(agent.told).toHaveLength(2);
  });
  it("is told when two or three calls take turns", () => {
    const agent = new Agent();
    for (let call = 0; call < 40; call += 1) agent.call({ hash: 7 + (call % 3) });
    expect(agent.told).toHaveLength(1);
  });
  it("is none where every call differs, or where it is made once an hour", () => {
    const agent = new Agent();
    for (let call = 0; call < 50; call += 1) agent.call({ hash: 7 + call });
    for (let call = 0; call < 50; call += 1) agent.call({ hash: 7, gapMs: HOUR_MS });
    expect(agent.told).toEqual([]);
  });
  it("is none where calls say nothing that tells them apart", () => {
    const agent = new Agent();
    for (let call = 0; call < 50; call += 1) agent.call({ hash: 0 });
    expect(agent.told).toEqual([]);
  });
  it("is no longer told once the agent has made a habit of it", () => {
    const agent = new Agent();
    const poll = (): number => {
      const before = agent.told.length;
      for (let task = 0; task < 20; task += 1) {
        for (let call = 0; call < 30; call += 1) agent.call({ hash: 7, gapMs: 5_000 });
        for (let call = 0; call < 4; call += 1) agent.call({ gapMs: 5_000 });
      }
      return agent.told.length - before;
    };
    expect(poll()).toBeGreaterThan(0);
    expect(poll()).toBe(0);
  });
});

describe("stored rates", () => {
  const worked = (): Agent => {
    const agent = new Agent();
    agent.work(3);
    for (let call = 0; call < 5; call += 1) agent.call({ hash: 7 });
    return agent;
  };
  const words = ({ table }: Agent, slot: number): Uint32Array => table.page(slot).u32.slice(table.wordAt(slot), table.wordAt(slot) + STRIDE_WORDS);

  it("go on as if nothing had happened", () => {
    const agent = worked();
    const bytes = agent.table.serialize(agent.slot);
    expect(bytes[0]).toBe(APPENDED_FORMAT);
    const other = agent.table.allocate()!;
    expect(agent.table.restore(other, bytes)).toBe("restored");
    expect(words(agent, other)).toEqual(words(agent, agent.slot));
    expect(bytes.length).toBeLessThan(1_536);
  });
  it("are refused whole where they are cut short, too long, or of a later build", () => {
    const agent = worked();
    const bytes = agent.table.serialize(agent.slot);
    const count = bytes.findIndex((_, at) => at > 1 && bytes[at] === APPENDED_WORDS.length && bytes[at + 1] === 0);
    const later = Uint8Array.from(bytes);
    later[count] = APPENDED_WORDS.length + 1;
    const other = agent.table.allocate()!;
    for (const broken of [bytes.slice(0, -1), bytes.slice(0, -4), Uint8Array.from([...bytes, 0]), bytes.slice(0, 1), new Uint8Array(), later]) {
      expect(agent.table.restore(other, broken)).toBe("unusable");
      expect(words(agent, other).every((word) => word === 0)).toBe(true);
    }
  });
  it("are missing from what an older build stored, and begin afresh", () => {
    const table = new BaselineTable(1);
    const slot = table.allocate()!;
    const bytes = table.serialize(slot);
    expect(bytes[0]).toBe(FORMAT);
    expect(table.restore(slot, bytes)).toBe("restored");
  });
});
