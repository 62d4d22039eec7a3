import { afterEach, describe, expect, it, vi } from "vitest";
import { TURN_MS, TurnBudget } from "./turn-budget.ts";

const busy = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

afterEach(() => void vi.restoreAllMocks());

describe("turn budget", () => {
  it("lets work go on until the turn's time is spent, then asks for a later turn", async () => {
    let nowMs = 1_000;
    vi.spyOn(performance, "now").mockImplementation(() => nowMs);
    const budget = new TurnBudget();
    expect(budget.pause()).toBeNull();
    nowMs += TURN_MS - 1;
    expect(budget.pause()).toBeNull();
    nowMs += 2;
    const pause = budget.pause();
    expect(pause).not.toBeNull();
    await pause;
    expect(budget.pause()).toBeNull();
  });

  it("gives timers and I/O their turn between many that work", async () => {
    const budget = new TurnBudget();
    let longestMs = 0;
    let last = performance.now();
    const beat = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }, 1);
    const work = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        for (let pause = budget.pause(); pause !== null; pause = budget.pause()) await pause;
        busy(1);
        await Promise.resolve();
      }
    };
    await Promise.all(Array.from({ length: 20 }, work));
    clearInterval(beat);
    // 400 ms of work in all; a busy machine may double a turn, but never join them all.
    expect(longestMs).toBeLessThan(200);
    expect(longestMs).toBeGreaterThan(0);
  });
});
