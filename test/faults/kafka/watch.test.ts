import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { watchCampaign } from "./watch.ts";

describe("a campaign's watch", () => {
  const start = (bounds: { stallMs: number; boundMs: number }) => {
    const world = { acknowledged: 0, said: [] as string[] };
    const watch = watchCampaign({
      acknowledged: () => world.acknowledged,
      instances: [{ name: "detector-0", ready: false }, { name: "breaker-1", ready: true }],
      kafka: { nodes: [] },
      say: (line) => void world.said.push(line),
      tellMs: 500,
      ...bounds,
    });
    return { ...world, world, watch };
  };
  const never = new Promise<never>(() => undefined);

  it("gives up when agents send and nothing is acknowledged, and says who is not there", async () => {
    const { watch, world } = start({ stallMs: 1_200, boundMs: 60_000 });
    await expect(watch.guard(sleep(1_500, "judged"))).resolves.toBe("judged");
    watch.phase("striking", true);
    const given = watch.guard(never);
    setTimeout(() => (world.acknowledged = 5), 700);
    await expect(given).rejects.toThrow("nothing was acknowledged for 1 s while striking; not running: detector-0");
    expect(world.said.some((line) => /^striking: 5 acknowledged, \d+\/s; not running: detector-0$/u.test(line))).toBe(true);
    watch.stop();
  });

  it("gives up at its bound, whatever goes on", async () => {
    const { watch } = start({ stallMs: 60_000, boundMs: 1_000 });
    await expect(watch.guard(never)).rejects.toThrow("not finished in 1 s, while starting; 0 acknowledged");
    watch.stop();
  });
});
