/** What every store must do, whatever it is made of. A backend's test calls this with a way to open its store. */
import type { Topic } from "@tripline/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewWork, StateChange, Store, WorkItem } from "./store.ts";

export { matchesModel } from "./battery-model.ts";

export interface StoreUnderTest {
  /** Opens the store; after a close, the same one again. */
  open(): Promise<Store>;
  dispose(): Promise<void>;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const state = (key: string, text: string | null): StateChange => ({ key, value: text === null ? null : bytes(text) });
const at = (offset: number, topic: Topic = "actions"): ReadonlyMap<Topic, number> => new Map([[topic, offset]]);
export const work = (id: string, over: Partial<WorkItem> = {}): NewWork => ({
  kind: "revocation",
  id,
  group: "trip-1",
  payload: `{"id":"${id}"}`,
  nextAttemptMs: 1_000,
  ...over,
});

interface Tools {
  readonly store: () => Store;
  readonly reopen: () => Promise<void>;
}

export function describeStore(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`store: ${name}`, () => {
    let under: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      under = await make();
      store = await under.open();
    });
    afterEach(async () => {
      await store.close();
      await under.dispose();
    });
    const tools: Tools = {
      store: () => store,
      reopen: async () => {
        await store.close();
        store = await under.open();
      },
    };
    describe("ownership and checkpoints", () => checkpoints(tools));
    describe("states", () => states(tools));
    describe("work items", () => workItems(tools));
    describe("sealed secrets and ending", () => sealedAndEnding(tools));
  });
}

function checkpoints({ store, reopen }: Tools): void {
  it("gives each owner a larger epoch than any before, per group and partition, also over a restart", async () => {
    expect(await store().claim("detector", 3)).toBe(1);
    expect(await store().claim("detector", 3)).toBe(2);
    expect(await store().claim("detector", 4)).toBe(1);
    expect(await store().claim("breaker", 3)).toBe(1);
    await reopen();
    expect(await store().claim("detector", 3)).toBe(3);
    const epochs = await Promise.all(Array.from({ length: 50 }, () => store().claim("detector", 3)));
    expect(new Set(epochs).size).toBe(50);
  });

  it("commits states and offsets of the newest owner together, and has them after a restart", async () => {
    const epoch = await store().claim("detector", 3);
    expect(await store().loadCheckpoint("detector", 3)).toBeNull();
    const offsets = new Map<Topic, number>([["actions", 7], ["grants", 2]]);
    expect(await store().commitCheckpoint("detector", 3, epoch, { offsets, states: [state("acme/a", "one")] })).toBe("committed");
    await reopen();
    expect((await store().loadCheckpoint("detector", 3))?.offsets).toEqual(offsets);
    expect(await store().loadCheckpoint("detector", 4)).toBeNull();
    expect(await store().loadStates("detector", ["acme/a"])).toEqual(new Map([["acme/a", bytes("one")]]));
  });

  it("keeps offsets of topics that a commit does not name", async () => {
    const epoch = await store().claim("detector", 0);
    await store().commitCheckpoint("detector", 0, epoch, { offsets: at(7), states: [] });
    await store().commitCheckpoint("detector", 0, epoch, { offsets: at(3, "grants"), states: [] });
    expect((await store().loadCheckpoint("detector", 0))?.offsets).toEqual(new Map([["actions", 7], ["grants", 3]]));
  });

  it("fences an older owner: nothing of its commit is written", async () => {
    const older = await store().claim("detector", 3);
    const newer = await store().claim("detector", 3);
    await store().commitCheckpoint("detector", 3, newer, { offsets: at(5), states: [state("acme/a", "newer")] });
    expect(await store().commitCheckpoint("detector", 3, older, { offsets: at(9), states: [state("acme/a", "older"), state("acme/b", "older")] })).toBe("fenced");
    expect((await store().loadCheckpoint("detector", 3))?.offsets).toEqual(at(5));
    expect(await store().loadStates("detector", ["acme/a", "acme/b"])).toEqual(new Map([["acme/a", bytes("newer")]]));
  });

  it("fences an owner even when its commit and the new claim wait together", async () => {
    const older = await store().claim("detector", 3);
    const [claimed, outcome] = await Promise.all([
      store().claim("detector", 3),
      store().commitCheckpoint("detector", 3, older, { offsets: at(1), states: [] }),
    ]);
    expect([claimed, outcome]).toEqual([older + 1, "fenced"]);
  });

  it("fences epochs that nobody claimed", async () => {
    expect(await store().commitCheckpoint("detector", 3, 0, { offsets: at(1), states: [] })).toBe("fenced");
    expect(await store().commitCheckpoint("detector", 3, 1, { offsets: at(1), states: [] })).toBe("fenced");
    const epoch = await store().claim("detector", 3);
    expect(await store().commitCheckpoint("detector", 3, epoch + 1, { offsets: at(1), states: [] })).toBe("fenced");
  });
}

function states({ store }: Tools): void {
  it("replaces and deletes states, in the order of the changes", async () => {
    const epoch = await store().claim("g", 0);
    await store().commitCheckpoint("g", 0, epoch, { offsets: at(1), states: [state("a", "1"), state("b", "1"), state("a", "2")] });
    await store().commitCheckpoint("g", 0, epoch, { offsets: at(2), states: [state("b", null), state("never", null), state("c", "")] });
    expect(await store().loadStates("g", ["a", "b", "c", "never"])).toEqual(new Map([["a", bytes("2")], ["c", bytes("")]]));
    expect(await store().loadStates("other", ["a"])).toEqual(new Map());
  });

  it("pages through the states of one group in the order of the keys' bytes", async () => {
    const keys = ["z", "a", "я", "a/b", "B", "𝄞", "ab"];
    for (const group of ["g", "h"]) {
      const epoch = await store().claim(group, 0);
      await store().commitCheckpoint(group, 0, epoch, { offsets: at(1), states: keys.map((key) => state(key, `${group} ${key}`)) });
    }
    const found: string[] = [];
    let after: string | null = null;
    for (;;) {
      const page: readonly { key: string; value: Uint8Array }[] = await store().scanStates("g", after, 2);
      expect(page.length).toBeLessThanOrEqual(2);
      if (page.length === 0) break;
      for (const { key, value } of page) expect(value).toEqual(bytes(`g ${key}`));
      found.push(...page.map(({ key }) => key));
      after = page.at(-1)?.key ?? null;
    }
    expect(found).toEqual(keys.toSorted((a, b) => Buffer.compare(bytes(a), bytes(b))));
  });

  it("takes ten thousand states of a kilobyte in one commit", async () => {
    const epoch = await store().claim("g", 0);
    const many = Array.from({ length: 10_000 }, (_, i) => ({ key: `acme/agent-${i}`, value: new Uint8Array(1_024).fill(i % 256) }));
    expect(await store().commitCheckpoint("g", 0, epoch, { offsets: at(1), states: many })).toBe("committed");
    const loaded = await store().loadStates("g", many.map(({ key }) => key));
    expect(loaded.size).toBe(10_000);
    for (const { key, value } of many) expect(Buffer.compare(loaded.get(key) ?? bytes(""), value)).toBe(0);
  });
}

function workItems({ store, reopen }: Tools): void {
  it("records an item once, whatever comes later under its id, and answers what is stored", async () => {
    const [first] = await store().recordWork([work("r1", { payload: "first" })]);
    expect(first).toEqual({ ...work("r1", { payload: "first" }), revision: 1 });
    const again = await store().recordWork([work("r0"), work("r1", { payload: "second", nextAttemptMs: null }), work("r0", { payload: "twin" })]);
    expect(again.map(({ id, payload }) => [id, payload])).toEqual([["r0", work("r0").payload], ["r1", "first"], ["r0", work("r0").payload]]);
    await reopen();
    expect(await store().recordWork([work("r1", { payload: "third" })])).toEqual([first]);
  });

  it("keeps the kinds apart", async () => {
    const items = await store().recordWork([work("x"), work("x", { kind: "alert", payload: "alert" })]);
    expect(items.map(({ payload }) => payload)).toEqual([work("x").payload, "alert"]);
    expect((await store().openWork("alert", 10)).length).toBe(1);
  });

  it("updates only the revision that the caller saw", async () => {
    const [item] = await store().recordWork([work("r1")]);
    if (item === undefined) throw new Error("not recorded");
    const updated = await store().updateWork({ ...item, payload: "tried", nextAttemptMs: 9_000, group: "moved" });
    expect(updated).toEqual({ ...item, payload: "tried", nextAttemptMs: 9_000, revision: item.revision + 1 });
    expect(await store().updateWork({ ...item, payload: "stale" })).toBeNull();
    expect(await store().updateWork({ ...item, id: "unknown" })).toBeNull();
    await reopen();
    expect(await store().workOfGroup("revocation", "trip-1")).toEqual([updated]);
  });

  it("lets one of many concurrent updates of a revision win", async () => {
    const [item] = await store().recordWork([work("r1")]);
    if (item === undefined) throw new Error("not recorded");
    const updates = await Promise.all(Array.from({ length: 20 }, (_, i) => store().updateWork({ ...item, payload: String(i) })));
    const won = updates.filter((update) => update !== null);
    expect(won.length).toBe(1);
    expect(await store().workOfGroup("revocation", "trip-1")).toEqual(won);
  });

  it("lists open work soonest first, up to the limit, without what is settled", async () => {
    await store().recordWork([work("late", { nextAttemptMs: 3_000 }), work("soon", { nextAttemptMs: 1_000 }), work("settled", { nextAttemptMs: null }), work("mid", { nextAttemptMs: 2_000 })]);
    expect((await store().openWork("revocation", 10)).map(({ id }) => id)).toEqual(["soon", "mid", "late"]);
    const [soon] = await store().openWork("revocation", 1);
    if (soon === undefined) throw new Error("no open work");
    await store().updateWork({ ...soon, nextAttemptMs: null });
    expect((await store().openWork("revocation", 1)).map(({ id }) => id)).toEqual(["mid"]);
    expect((await store().workOfGroup("revocation", "trip-1")).length).toBe(4);
    expect(await store().workOfGroup("revocation", "trip-2")).toEqual([]);
  });
}

function sealedAndEnding({ store, reopen }: Tools): void {
  it("keeps, replaces and erases sealed bytes", async () => {
    expect(await store().getSealed("lease-1")).toBeNull();
    await store().putSealed("lease-1", bytes("one"));
    await store().putSealed("lease-1", bytes("two"));
    await reopen();
    expect(await store().getSealed("lease-1")).toEqual(bytes("two"));
    await store().putSealed("lease-1", null);
    expect(await store().getSealed("lease-1")).toBeNull();
    await store().putSealed("never", null);
  });

  it("reads its own writes, in the order in which they were asked for", async () => {
    const epoch = await store().claim("g", 0);
    const [, found] = await Promise.all([
      store().commitCheckpoint("g", 0, epoch, { offsets: at(1), states: [state("a", "x")] }),
      store().loadStates("g", ["a"]),
    ]);
    expect(found.get("a")).toEqual(bytes("x"));
  });

  it("does what was asked before the close, and refuses afterwards", async () => {
    const recorded = Promise.all(Array.from({ length: 20 }, (_, i) => store().recordWork([work(`r${i}`)])));
    const closed = store();
    await closed.close();
    await expect(recorded).resolves.toHaveLength(20);
    await expect(closed.openWork("revocation", 1)).rejects.toMatchObject({ code: "TL_STORE_FAILED" });
    await closed.close();
    await reopen();
    expect((await store().openWork("revocation", 100)).length).toBe(20);
  });
}
