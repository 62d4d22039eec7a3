import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { budgetBits } from "../risk/budget.ts";
import { combine } from "../risk/risk.ts";
import { BaselineTable } from "./baseline-table.ts";
import { DAY_MS, F32 } from "./layout.ts";
import { learn, measure } from "./measure.ts";
import { newBaselineView } from "./view.ts";

const START_MS = Date.UTC(2026, 0, 5);
const POLICY = { budget: { agentHoursPerFalseTrip: 50_000 } };

/** One agent with a budget of its own, as in production. */
class Newcomer {
  readonly #table = new BaselineTable(1);
  readonly #slot = this.#table.allocate()!;
  readonly #view = newBaselineView();
  #nowMs = START_MS;

  /** Acts after a pause; true if that trips. */
  act(pauseMs: number, destructive: boolean): boolean {
    this.#nowMs += pauseMs;
    this.#view.destructive = destructive;
    this.#view.scope.signs.shown.fill(-1);
    const page = this.#table.page(this.#slot);
    const word = this.#table.wordAt(this.#slot);
    measure(page, word, this.#nowMs, this.#nowMs, this.#view);
    const risk = combine(page, word, this.#nowMs, this.#view, budgetBits(POLICY, this.#view.actionsPerHour));
    learn(page, word, this.#nowMs, this.#view, !risk.over);
    return risk.over;
  }

  /** Number of the deletion that trips, of `count` with `pauseMs` between them; null if none does. */
  burst(count: number, pauseMs: number): number | null {
    for (let call = 1; call <= count; call += 1) if (this.act(pauseMs, true)) return call;
    return null;
  }

  get figures(): { share: number; near: number } {
    const { f32 } = this.#table.page(this.#slot);
    const word = this.#table.wordAt(this.#slot);
    return { share: f32[word + F32.shareDestructive]!, near: f32[word + F32.actionsNear]! };
  }
}

describe("an agent without a history", () => {
  it("trips on a hundred deletions in nine seconds, its very first calls, within two seconds", () => {
    const call = new Newcomer().burst(100, 90);
    expect(call).toBeLessThanOrEqual(20);
  });

  it("trips as soon after sixty quick reads, however quick reads and deletions are", () => {
    const pauses = fc.integer({ min: 5, max: 400 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), pauses, pauses, (reads, readPauseMs, deletePauseMs) => {
        const agent = new Newcomer();
        for (let read = 0; read < reads; read += 1) agent.act(readPauseMs, false);
        const call = agent.burst(40, deletePauseMs);
        expect(call).not.toBeNull();
        expect(call).toBeLessThanOrEqual(25);
      }),
      { numRuns: 200 },
    );
  });

  it("trips on a burst hidden among three times as many reads", () => {
    const agent = new Newcomer();
    for (let read = 0; read < 60; read += 1) agent.act(2_000, false);
    let tripped = 0;
    for (let call = 1; call <= 60 && tripped === 0; call += 1) {
      for (let read = 0; read < 3; read += 1) agent.act(25, false);
      if (agent.act(25, true)) tripped = call;
    }
    expect(tripped).toBeGreaterThan(0);
    expect(tripped).toBeLessThanOrEqual(25);
  });

  it("may clean up in clusters of up to six at its usual pace from the first hour on", () => {
    const task = fc.record({ reads: fc.integer({ min: 30, max: 300 }), size: fc.integer({ min: 1, max: 6 }), hurry: fc.double({ min: 0.3, max: 2, noNaN: true }), breakMs: fc.integer({ min: 0, max: 7_200_000 }) });
    fc.assert(
      fc.property(fc.array(task, { minLength: 1, maxLength: 12 }), fc.integer({ min: 500, max: 30_000 }), (tasks, paceMs) => {
        const agent = new Newcomer();
        for (const { reads, size, hurry, breakMs } of tasks) {
          for (let call = 0; call < reads; call += 1) expect(agent.act(paceMs, false)).toBe(false);
          expect(agent.burst(size, paceMs * hurry)).toBeNull();
          agent.act(breakMs, false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("may send three deletions at once on its first day, though it never hurried", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 500, max: 40_000 }), fc.integer({ min: 5, max: 2_000 }), (reads, paceMs, pauseMs) => {
        const agent = new Newcomer();
        for (let call = 0; call < reads; call += 1) agent.act(paceMs, false);
        expect(agent.burst(3, pauseMs)).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it("trips sooner the longer it did nothing of the kind", () => {
    const callAfter = (days: number): number => {
      const agent = new Newcomer();
      for (let atMs = 0; atMs < days * DAY_MS; atMs += 180_000) agent.act(180_000, false);
      return agent.burst(100, 90)!;
    };
    expect(callAfter(0.1)).toBeLessThanOrEqual(callAfter(0));
    expect(callAfter(3)).toBeLessThan(callAfter(0.1));
    expect(callAfter(3)).toBeLessThanOrEqual(6);
  });
});

describe("a running burst", () => {
  it("teaches nothing about itself: neither the share of deletions nor how hurried its agent is", () => {
    const agent = new Newcomer();
    for (let read = 0; read < 200; read += 1) agent.act(5_000, false);
    const before = agent.figures;
    agent.burst(30, 90);
    expect(agent.figures).toEqual(before);
  });

  it("teaches once it is over", () => {
    const agent = new Newcomer();
    for (let read = 0; read < 200; read += 1) agent.act(5_000, false);
    agent.burst(4, 1_000);
    expect(agent.figures.share).toBe(0);
    agent.act(DAY_MS / 4, true);
    expect(agent.figures.share).toBe(4);
  });
});
