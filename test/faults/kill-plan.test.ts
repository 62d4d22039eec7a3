import { describe, expect, it } from "vitest";
import { COUNTED_WINDOWS, planKills, WINDOWS } from "./kill-plan.ts";
import { seededRandom } from "./random.ts";

const plan = (kills: number, seed: number) => planKills(kills, seededRandom(seed));

describe("the plan of kills", () => {
  it.each([9, 50, 200])("has exactly %i, more than a tenth of them in each window that is counted", (kills) => {
    const kinds = plan(kills, 3);
    expect(kinds).toHaveLength(kills);
    for (const window of COUNTED_WINDOWS) {
      expect(kinds.filter((kill) => kill.kind === "window" && kill.window === window).length).toBeGreaterThan(kills / 10);
    }
  });

  it("of a whole campaign kills in every window, while starting, at random and while the provider is silent", () => {
    const kinds = plan(200, 3);
    for (const window of Object.keys(WINDOWS)) expect(kinds.some((kill) => kill.kind === "window" && kill.window === window), window).toBe(true);
    for (const kind of ["random", "random-ready", "executed-unanswered"]) expect(kinds.filter((kill) => kill.kind === kind).length, kind).toBeGreaterThan(5);
  });

  it("is the same for the same seed and another for another", () => {
    expect(plan(50, 3)).toEqual(plan(50, 3));
    expect(plan(50, 3)).not.toEqual(plan(50, 4));
  });
});
