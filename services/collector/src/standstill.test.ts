import { afterEach, describe, expect, it, vi } from "vitest";
import { STANDSTILL, watchStandstill } from "./standstill.ts";
import { openWorld, toolSpan, traces, type World } from "./testing/world.ts";

describe("a standstill", () => {
  it("is noticed by the first who looks afterwards, for as long as what waited is read, and a pause at the bound is none", () => {
    let nowMs = 0;
    const standstill = watchStandstill({ stillMs: 100, drainMs: 50 }, () => nowMs);
    const at = (ms: number): boolean => {
      nowMs = ms;
      return standstill.recent();
    };
    expect([at(60), at(160), at(261), at(310), at(311), at(400)]).toEqual([false, false, true, true, false, false]);
    standstill.stop();
  });
});

describe("a collector that stood still", () => {
  let world: World;
  afterEach(async () => {
    vi.restoreAllMocks();
    await world.close();
  });

  it("appends nothing of what was sent to it meanwhile, asks for it again, and soon takes everything", async () => {
    world = await openWorld();
    const now = performance.now.bind(performance);
    const moved = { ms: STANDSTILL.stillMs + 1_000 };
    vi.spyOn(performance, "now").mockImplementation(() => now() + moved.ms);
    const answer = await world.send(traces([toolSpan("b7ad6b7169203331")]));
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "1"]);
    expect(await world.actions()).toEqual([]);
    moved.ms += STANDSTILL.drainMs;
    expect((await world.send(traces([toolSpan("b7ad6b7169203331")]))).status).toBe(200);
    expect(await world.actions()).toHaveLength(1);
  });
});
