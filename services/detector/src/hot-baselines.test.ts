import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { STRIDE_BYTES } from "@tripline/core";
import { createMetrics } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EvictedStates } from "./evicted-states.ts";
import { GROUP, HotBaselines, type Turn } from "./hot-baselines.ts";
import { AGENT_BYTES, type HotBounds, hotBounds, isCrowdedOut, MIN_HOT_AGENTS, WORKING_BYTES } from "./hot-bounds.ts";

const PLENTY = 1e9;
/** A word of a baseline that any number may stand in. */
const FIGURE = 20;

describe("hot baselines", () => {
  let dir: string;
  let store: Store;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "tripline-hot-"));
    store = await openStore({ kind: "sqlite", path: join(dir, "state.sqlite") }, { metrics: createMetrics() });
  });
  afterEach(async () => {
    await store.close();
    await rm(dir, { recursive: true });
  });

  const hotWith = (agents: number, over: Partial<HotBounds> = {}, pressed: () => void = () => undefined): HotBaselines =>
    new HotBaselines(store, { agents, evictedBytes: PLENTY, ...over }, { unusable: () => expect.fail("no state is unusable here"), pressed });
  const figure = (hot: HotBaselines, key: string): number => {
    const slot = hot.slotOf(key) ?? expect.fail(`${key} is not in memory`);
    return hot.table.page(slot).f32[hot.table.wordAt(slot) + FIGURE] ?? Number.NaN;
  };
  const setFigure = (hot: HotBaselines, turn: Turn, at: number, value: number): void => {
    const slot = hot.touch(turn, at) ?? expect.fail("the turn is over");
    hot.table.page(slot).f32[hot.table.wordAt(slot) + FIGURE] = value;
  };
  const checkpoint = async (hot: HotBaselines, partition: number, epoch: number): Promise<void> => {
    expect(await store.commitCheckpoint(GROUP, partition, epoch, { offsets: new Map(), states: hot.takeChanges(partition) })).toBe("committed");
  };

  it("make room when their share of the budget shrinks, lose nothing of what leaves, and grow back to no more than they began with", async () => {
    const hot = hotWith(100);
    const keys = Array.from({ length: 100 }, (_, n) => `t/agent-${n}`);
    const turn = await hot.load(0, keys);
    keys.forEach((_, at) => setFigure(hot, turn, at, at + 1));
    hot.keepWithin(10);
    for (const key of ["t/new", "t/newer"]) await hot.load(0, [key]);
    expect(hot.table.size).toBeLessThanOrEqual(10);
    expect(hot.takeChanges(0).filter(({ key }) => keys.includes(key))).toHaveLength(100);
    hot.keepWithin(1_000_000);
    const more = Array.from({ length: 150 }, (_, n) => `t/more-${n}`);
    for (const key of more) await hot.load(0, [key]);
    expect(hot.table.size).toBe(100);
  });

  it("count habits for the bytes that they take: others leave for them, and come back with what they knew", async () => {
    // Among the bits of names, where any byte is sound.
    const NAMES_AT = 200;
    const hot = hotWith(60);
    const keys = Array.from({ length: 60 }, (_, n) => `t/agent-${n}`);
    const turn = await hot.load(0, keys);
    keys.forEach((_, at) => {
      const slot = hot.touch(turn, at) ?? expect.fail("the turn is over");
      hot.table.habits(slot).u8[NAMES_AT + at] = 7;
    });
    await hot.load(0, [keys[0]!]);
    expect(hot.table.size * AGENT_BYTES + hot.table.habitBytes).toBeLessThanOrEqual(60 * AGENT_BYTES);
    expect(hot.table.size).toBeGreaterThan(10);
    for (const [at, key] of keys.entries()) {
      const slot = (await hot.load(0, [key])).slots[0]!;
      expect(hot.table.habits(slot).u8[NAMES_AT + at]).toBe(7);
    }
  });

  it("keep what an evicted agent learned until the checkpoint, and load it again", async () => {
    const hot = hotWith(2);
    const mark = async (key: string, value: number): Promise<void> => {
      setFigure(hot, await hot.load(0, [key]), 0, value);
    };
    const read = async (key: string): Promise<number> => {
      await hot.load(0, [key]);
      return figure(hot, key);
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
  });

  it("give what was used lately a second chance, and let nothing of the turn in hand leave", async () => {
    const keys = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(keys, { maxLength: 40 }), async (turns) => {
        const hot = hotWith(8);
        for (const turn of turns) {
          const loaded = await hot.load(0, turn.map((key) => `t/${key}`));
          const slots = turn.map((_, at) => hot.touch(loaded, at));
          expect(slots).toEqual(turn.map((key) => hot.slotOf(`t/${key}`)));
          expect(slots).not.toContain(null);
          expect(new Set(slots).size).toBe(turn.length);
          expect(hot.table.size).toBeLessThanOrEqual(8);
        }
      }),
      { numRuns: 60 },
    );
    const hot = hotWith(3);
    for (const key of ["t/a", "t/b", "t/c", "t/a"]) await hot.load(0, [key]);
    await hot.load(0, ["t/d"]);
    expect(["t/a", "t/b", "t/c", "t/d"].filter((key) => hot.slotOf(key) === null)).toEqual(["t/b"]);
  });

  it("lose nothing and let no agent in hand leave, whatever partitions load at once, and whenever they checkpoint or change hands", async () => {
    const turn = fc.record({ partition: fc.nat(3), agents: fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 5 }), checkpoint: fc.boolean(), handOver: fc.boolean() });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 30 }), async (turns) => {
        const hot = hotWith(6, { evictedBytes: 2_000 });
        const run = ++runs;
        const learned = new Map<string, number>();
        const partitions = [0, 1, 2, 3].map(async (partition) => {
          let epoch = await store.claim(GROUP, partition);
          for (const { agents, checkpoint: isDue, handOver } of turns.filter((one) => one.partition === partition)) {
            const keys = agents.map((agent) => `t${run}/${partition}-${agent}`);
            const loaded = await hot.load(partition, keys);
            // Others load and evict in between.
            await Promise.resolve();
            for (const [at, key] of keys.entries()) {
              expect(figure(hot, key)).toBe(learned.get(key) ?? 0);
              learned.set(key, (learned.get(key) ?? 0) + 1);
              setFigure(hot, loaded, at, learned.get(key) ?? 0);
            }
            if (isDue || handOver || hot.isPressedBy(partition)) await checkpoint(hot, partition, epoch);
            if (handOver) {
              hot.drop(partition);
              for (const [at, key] of keys.entries()) expect([hot.slotOf(key), hot.touch(loaded, at)]).toEqual([null, null]);
              epoch = await store.claim(GROUP, partition);
            }
          }
        });
        await Promise.all(partitions);
        // Four turns of five at most may be in hand at once.
        expect(hot.table.size).toBeLessThanOrEqual(6 + 4 * 5);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it("hold a byte budget over ten times more agents than fit, and forget none of them", async () => {
    const budgetBytes = 4 * 1_048_576;
    const bounds = hotBounds(WORKING_BYTES + budgetBytes);
    let pressed = 0;
    const hot = hotWith(bounds.agents, bounds, () => (pressed += 1));
    const agents = bounds.agents * 10;
    const epoch = await store.claim(GROUP, 0);
    for (let round = 1; round <= 2; round += 1) {
      for (let first = 0; first < agents; first += 32) {
        const keys = Array.from({ length: Math.min(32, agents - first) }, (_, i) => `tenant/agent-${first + i}`);
        const loaded = await hot.load(0, keys);
        for (const [i, key] of keys.entries()) {
          expect(figure(hot, key)).toBe((round - 1) * (first + i + 1));
          setFigure(hot, loaded, i, round * (first + i + 1));
        }
        expect(hot.table.size).toBeLessThanOrEqual(bounds.agents);
        expect(hot.evictedBytes).toBeLessThanOrEqual(bounds.evictedBytes + 32 * 2_048);
        expect(hot.table.size * STRIDE_BYTES + hot.evictedBytes).toBeLessThanOrEqual(budgetBytes);
        if (hot.isPressedBy(0)) await checkpoint(hot, 0, epoch);
      }
    }
    expect(bounds.agents).toBeGreaterThanOrEqual(MIN_HOT_AGENTS);
    expect(pressed).toBeGreaterThan(5);
  }, 60_000);

  it("keep to their number although many partitions load at once", async () => {
    const hot = hotWith(100);
    await hot.load(0, Array.from({ length: 100 }, (_, i) => `t/old-${i}`));
    await hot.load(0, ["t/old-0"]);
    const partitions = Array.from({ length: 16 }, (_, partition) => partition);
    await Promise.all(partitions.map((partition) => hot.load(partition, [1, 2, 3, 4, 5].map((agent) => `t/${partition}-${agent}`))));
    expect(hot.table.size).toBe(100);
  });

  it("refuse what an owner loads that has lost its partition meanwhile", async () => {
    const hot = hotWith(8);
    const loading = hot.load(0, ["t/a"]);
    hot.drop(0);
    await expect(loading).rejects.toMatchObject({ code: "TL_STORE_FENCED" });
    expect(hot.slotOf("t/a")).toBeNull();
    expect(hot.takeChanges(0)).toEqual([]);
  });

  it("let go of a partition at once, however many of its agents are in memory", async () => {
    const hot = hotWith(20_000);
    const keys = Array.from({ length: 20_000 }, (_, i) => `t/${i}`);
    await hot.load(0, keys);
    const startedMs = performance.now();
    for (let i = 0; i < 1_000; i += 1) {
      hot.drop(i % 48);
    }
    expect(performance.now() - startedMs).toBeLessThan(50);
    expect(keys.every((key) => hot.slotOf(key) === null)).toBe(true);
    await hot.load(1, keys);
    expect(hot.table.size).toBe(20_000);
  });
});

describe("evicted states", () => {
  it("are counted in bytes, and tell once each time that the bound is passed", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ op: fc.constantFrom("add", "remove", "take"), partition: fc.nat(2), key: fc.nat(3), size: fc.nat(500) })), (operations) => {
        const evicted = new EvictedStates(1_000);
        const model = new Map<string, number>();
        let wasOver = false;
        for (const { op, partition, key, size } of operations) {
          if (op === "add") {
            evicted.add(partition, String(key), new Uint8Array(size));
            model.set(`${partition}/${key}`, size + 320);
          } else if (op === "remove") {
            expect(evicted.remove(partition, String(key)) !== undefined).toBe(model.delete(`${partition}/${key}`));
          } else {
            const taken = evicted.take(partition).map((one) => `${partition}/${one.key}`);
            expect(new Set(taken)).toEqual(new Set([...model.keys()].filter((name) => name.startsWith(`${partition}/`))));
            for (const name of taken) model.delete(name);
          }
          const bytes = [...model.values()].reduce((sum, one) => sum + one, 0);
          expect(evicted.bytes).toBe(bytes);
          expect(evicted.isNewlyOver()).toBe(bytes > 1_000 && !wasOver);
          wasOver = bytes > 1_000;
          for (const one of [0, 1, 2]) expect(evicted.has(one)).toBe([...model.keys()].some((name) => name.startsWith(`${one}/`)));
        }
      }),
    );
  });
});

describe("the budget", () => {
  it("comes to whole agents and a share for what leaves beside what judging takes, never to fewer than turns in hand need", () => {
    for (const left of [8, 64, 256, 2_048].map((mib) => mib * 1_048_576)) {
      const { agents, evictedBytes } = hotBounds(WORKING_BYTES + left);
      expect(agents * STRIDE_BYTES + evictedBytes).toBeLessThan(left);
      expect(agents * STRIDE_BYTES + evictedBytes).toBeGreaterThan(left * 0.75);
    }
    const left = 64 * 1_048_576;
    expect(hotBounds(WORKING_BYTES + left + 123_456, 123_456)).toEqual(hotBounds(WORKING_BYTES + left));
    expect([0, left, 2 * left].map((registryBytes) => isCrowdedOut(WORKING_BYTES + left, registryBytes))).toEqual([false, true, true]);
    expect(isCrowdedOut(WORKING_BYTES, left)).toBe(false);
    for (const small of [1, WORKING_BYTES]) expect(hotBounds(small)).toEqual({ agents: MIN_HOT_AGENTS, evictedBytes: 262_144 });
    for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => hotBounds(wrong)).toThrow("budget");
  });
});
