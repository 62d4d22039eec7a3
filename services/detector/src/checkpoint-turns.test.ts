import fc from "fast-check";
import { expect, it } from "vitest";
import { CheckpointTurns } from "./checkpoint-turns.ts";

it("writes no more checkpoints at once than it may, in the order asked, and goes on after one that fails", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 3 }), fc.array(fc.boolean(), { maxLength: 12 }), async (scheduler, atOnce, fails) => {
      const turns = new CheckpointTurns(atOnce);
      const started: number[] = [];
      let running = 0;
      const all = fails.map((isFailing, index) =>
        turns.take(async () => {
          started.push(index);
          running += 1;
          expect(running).toBeLessThanOrEqual(atOnce);
          await scheduler.schedule(Promise.resolve());
          running -= 1;
          if (isFailing) throw new Error("fails");
        }),
      );
      const settled = Promise.allSettled(all);
      await scheduler.waitFor(settled);
      expect((await settled).map(({ status }) => status === "rejected")).toEqual(fails);
      expect(started).toEqual(fails.map((_, index) => index));
    }),
  );
});
