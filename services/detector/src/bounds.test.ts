import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMetrics } from "@tripline/runtime";
import { openStore } from "@tripline/store";
import { CallMemory } from "./call-memory.ts";
import { GROUP, HotBaselines } from "./hot-baselines.ts";

describe("call memory", () => {
  it("recognises later phases and repeats, and forgets a call when its last record is too old", () => {
    const memory = new CallMemory(3);
    expect(memory.note("t/a", "c1", "c1:attempt").kind).toBe("first");
    expect(memory.note("t/a", "c1", "c1:attempt").kind).toBe("repeat");
    expect(memory.note("t/a", "c1", "c1:result").kind).toBe("later");
    memory.note("t/a", "c2", "c2");
    memory.note("t/a", "c3", "c3");
    expect(memory.note("t/a", "c1", "c1:decision").kind).toBe("later");
    for (const call of ["c4", "c5", "c6"]) memory.note("t/a", call, call);
    expect(memory.note("t/a", "c1", "c1:result").kind).toBe("first");
  });
  it("keeps agents apart that use the same call ids", () => {
    const memory = new CallMemory(10);
    memory.note("t/a", "1", "1");
    expect(memory.note("t/b", "1", "1").kind).toBe("first");
  });
  it("holds no more calls than records, and is rebuilt whole from the last of them", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 80 }), fc.integer({ min: 1, max: 20 }), (calls, capacity) => {
        const lived = new CallMemory(capacity);
        const rebuilt = new CallMemory(capacity);
        calls.forEach((call, index) => lived.note("t/a", `c${call}`, `a${index}`));
        calls.slice(-capacity).forEach((call, index) => rebuilt.note("t/a", `c${call}`, `b${index}`));
        expect(lived.size).toBeLessThanOrEqual(capacity);
        expect(rebuilt.size).toBe(lived.size);
        for (let call = 0; call <= 12; call += 1) {
          // Each look is one more record for both, so they keep in step.
          expect(rebuilt.note("t/a", `c${call}`, "probe").kind).toBe(lived.note("t/a", `c${call}`, "probe").kind);
        }
      }),
    );
  });
});

describe("hot baselines", () => {
  it("keeps what an evicted agent learned until the checkpoint, and loads it again", async () => {
    const dir = await mkdtemp(join(tmpdir(), "tripline-hot-"));
    const store = await openStore({ kind: "sqlite", path: join(dir, "state.sqlite") }, { metrics: createMetrics() });
    const hot = new HotBaselines(store, 2, () => expect.fail("no state is unusable here"));
    const mark = async (key: string, value: number): Promise<void> => {
      await hot.load(0, new Set([key]));
      const slot = hot.touch(key)!;
      hot.table.page(slot).f32[hot.table.wordAt(slot) + 20] = value;
    };
    const read = async (key: string): Promise<number> => {
      await hot.load(0, new Set([key]));
      const slot = hot.touch(key)!;
      return hot.table.page(slot).f32[hot.table.wordAt(slot) + 20]!;
    };
    for (const [index, key] of ["t/a", "t/b", "t/c"].entries()) await mark(key, index + 1);
    expect(hot.table.size).toBe(2);
    expect(await read("t/a")).toBe(1);
    const epoch = await store.claim(GROUP, 0);
    const states = hot.takeChanges(0);
    expect(states.map(({ key }) => key).toSorted()).toEqual(["t/a", "t/b", "t/c"]);
    expect(await store.commitCheckpoint(GROUP, 0, epoch, { offsets: new Map(), states })).toBe("committed");
    expect(hot.takeChanges(0)).toEqual([]);
    expect([await read("t/b"), await read("t/c"), await read("t/a")]).toEqual([2, 3, 1]);
    hot.drop(0);
    expect(hot.table.size).toBe(0);
    await store.close();
    await rm(dir, { recursive: true });
  });

  it("gives what was used lately a second chance, and lets nothing of the turn in hand leave", async () => {
    const dir = await mkdtemp(join(tmpdir(), "tripline-hot-"));
    const store = await openStore({ kind: "sqlite", path: join(dir, "state.sqlite") }, { metrics: createMetrics() });
    const keys = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(keys, { maxLength: 40 }), async (turns) => {
        const hot = new HotBaselines(store, 8, () => expect.fail("no state is unusable here"));
        for (const turn of turns) {
          await hot.load(0, new Set(turn.map((key) => `t/${key}`)));
          const slots = turn.map((key) => hot.touch(`t/${key}`));
          expect(slots).not.toContain(null);
          expect(new Set(slots).size).toBe(turn.length);
          expect(hot.table.size).toBeLessThanOrEqual(8);
        }
      }),
      { numRuns: 60 },
    );
    const hot = new HotBaselines(store, 3, () => expect.fail("no state is unusable here"));
    for (const key of ["t/a", "t/b", "t/c", "t/a"]) await hot.load(0, new Set([key]));
    await hot.load(0, new Set(["t/d"]));
    expect(["t/a", "t/b", "t/c", "t/d"].filter((key) => hot.touch(key) === null)).toEqual(["t/b"]);
    await store.close();
    await rm(dir, { recursive: true });
  });
});
