import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clampEventTime, MAX_EVENT_AGE_MS } from "./time.ts";

const RECEIVE = 1_777_000_000_000;

describe("event time", () => {
  it("is used as sent inside the window, ends included", () => {
    for (const ms of [RECEIVE, RECEIVE - 1, RECEIVE - MAX_EVENT_AGE_MS]) {
      expect(clampEventTime(ms, RECEIVE)).toEqual({ ms, clamped: false });
    }
  });

  it("is the receive time when the sender's clock is ahead, and says so", () => {
    expect(clampEventTime(RECEIVE + 1, RECEIVE)).toEqual({ ms: RECEIVE, clamped: true });
  });

  it("is five minutes ago when the sender's clock is further behind, and says so", () => {
    expect(clampEventTime(RECEIVE - MAX_EVENT_AGE_MS - 1, RECEIVE)).toEqual({ ms: RECEIVE - MAX_EVENT_AGE_MS, clamped: true });
    expect(clampEventTime(0, RECEIVE).ms).toBe(RECEIVE - MAX_EVENT_AGE_MS);
  });

  it("never leaves the window, keeps the order of two events, and clamping it again changes nothing", () => {
    const times = fc.integer({ min: 0, max: RECEIVE * 2 });
    fc.assert(
      fc.property(times, times, (a, b) => {
        const [first, second] = [clampEventTime(Math.min(a, b), RECEIVE), clampEventTime(Math.max(a, b), RECEIVE)];
        expect(first.ms).toBeGreaterThanOrEqual(RECEIVE - MAX_EVENT_AGE_MS);
        expect(second.ms).toBeLessThanOrEqual(RECEIVE);
        expect(first.ms).toBeLessThanOrEqual(second.ms);
        expect(clampEventTime(first.ms, RECEIVE)).toEqual({ ms: first.ms, clamped: false });
      }),
    );
  });
});
