import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SendOutcome } from "@tripline/alerts";
import { LIMITS } from "./limits.ts";
import { backoffMs, settle } from "./settle.ts";
import type { Delivery } from "./work.ts";

const alert = { id: "alert_1", type: "breaker.tripped", atMs: 0, title: "t", data: {} } as const;
const fresh: Delivery = { alert, sink: "soc", attempts: 0, firstMs: 0, state: "open", lastReason: null };
const retry = (afterMs: number | null): SendOutcome => ({ kind: "retry", reason: "HTTP 503", afterMs });

describe("settling a delivery", () => {
  it("ends with a success and with a rejection", () => {
    expect(settle(fresh, { kind: "sent" }, 5, 0.5)).toMatchObject({ delivery: { state: "sent", attempts: 1 }, nextAttemptMs: null });
    expect(settle(fresh, { kind: "rejected", reason: "HTTP 410" }, 5, 0.5)).toMatchObject({ delivery: { state: "rejected" }, nextAttemptMs: null });
  });

  it("goes on for three days with a growing, spread-out wait, then gives up", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 200, maxLength: 200 }), (randoms) => {
        let delivery = fresh;
        let nowMs = 0;
        let attempts = 0;
        for (const random of randoms) {
          const settled = settle(delivery, retry(null), nowMs, random);
          attempts += 1;
          delivery = settled.delivery;
          if (settled.nextAttemptMs === null) break;
          expect(settled.nextAttemptMs - nowMs).toBeLessThanOrEqual(LIMITS.retryMaxMs);
          expect(settled.nextAttemptMs - nowMs).toBeGreaterThanOrEqual(LIMITS.retryMs / 2);
          nowMs = settled.nextAttemptMs;
        }
        expect(delivery.state).toBe("given-up");
        expect(nowMs).toBeGreaterThanOrEqual(LIMITS.giveUpMs);
        expect(attempts).toBeLessThan(160);
      }),
      { numRuns: 50 },
    );
  });

  it("waits as long as the receiver asks", () => {
    expect(settle(fresh, retry(90_000), 1_000, 0).nextAttemptMs).toBe(91_000);
    expect(settle(fresh, retry(1), 1_000, 0).nextAttemptMs).toBe(1_500);
  });

  it("spreads alerts that failed together over half of the wait", () => {
    expect([backoffMs(1, 0), backoffMs(1, 1), backoffMs(4, 0), backoffMs(4, 1), backoffMs(1_000, 1)]).toEqual([500, 1_000, 4_000, 8_000, LIMITS.retryMaxMs]);
  });
});
