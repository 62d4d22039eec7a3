import fc from "fast-check";
import { expect, it } from "vitest";
import { Ordering, type Touched } from "./ordering.ts";

const touched = fc.uniqueArray(fc.record({ name: fc.constantFrom("a", "b", "c"), alone: fc.boolean() }), { minLength: 1, selector: ({ name }) => name });
const conflict = (one: readonly Touched[], other: readonly Touched[]): boolean =>
  one.some((a) => other.some((b) => a.name === b.name && (a.alone || b.alone)));

it("never runs two calls together that touch the same unless both share it, keeps their order, and lets all others go at once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(fc.record({ touched, fails: fc.boolean() }), { maxLength: 12 }), async (scheduler, calls) => {
      const ordering = new Ordering();
      const started: number[] = [];
      const over = new Set<number>();
      const all = calls.map((call, index) =>
        ordering.run(call.touched, async () => {
          for (let earlier = 0; earlier < index; earlier += 1) {
            if (conflict(call.touched, calls[earlier]?.touched ?? [])) expect(over).toContain(earlier);
          }
          started.push(index);
          await scheduler.schedule(Promise.resolve());
          over.add(index);
          if (call.fails) throw new Error(String(index));
        }),
      );
      const free = calls.flatMap((call, index) => (calls.slice(0, index).some((earlier) => conflict(call.touched, earlier.touched)) ? [] : [index]));
      expect(started).toEqual(free);
      const settled = Promise.allSettled(all);
      await scheduler.waitFor(settled);
      expect((await settled).map(({ status }) => status === "rejected")).toEqual(calls.map(({ fails }) => fails));
      await Promise.resolve();
      expect(ordering.size).toBe(0);
    }),
  );
});
