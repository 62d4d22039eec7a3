/** Any store against a model in a few maps, under random operations that wait together, and restarts. A backend's test calls it. */
import fc from "fast-check";
import { expect } from "vitest";
import type { NewWork, Store, WorkItem } from "./store.ts";

interface Model {
  epoch: number;
  offset: number | null;
  readonly states: Map<string, string>;
  readonly work: Map<string, WorkItem>;
}

const key = fc.constantFrom("a", "b", "c", "d");
const operation = fc.oneof(
  fc.record({ kind: fc.constant("claim" as const) }),
  fc.record({ kind: fc.constant("commit" as const), behind: fc.nat(1), offset: fc.nat(99), key, value: fc.option(fc.string()) }),
  fc.record({ kind: fc.constant("record" as const), id: key, payload: fc.string(), next: fc.option(fc.nat(9)) }),
  fc.record({ kind: fc.constant("update" as const), id: key, payload: fc.string(), next: fc.option(fc.nat(9)), stale: fc.nat(1) }),
  fc.record({ kind: fc.constant("look" as const) }),
  fc.record({ kind: fc.constant("restart" as const) }),
);
type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never;

const item = (id: string, payload: string, nextAttemptMs: number | null): NewWork => ({ kind: "revocation", id, group: "g", payload, nextAttemptMs });
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** Asks the store, changes the model, and answers a check of what the store said; nothing is awaited in between. */
function apply(store: Store, model: Model, op: Exclude<Operation, { kind: "restart" }>): Promise<void> {
  switch (op.kind) {
    case "claim": {
      const expected = ++model.epoch;
      return store.claim("g", 0).then((epoch) => expect(epoch).toBe(expected));
    }
    case "commit": {
      const fenced = model.epoch === 0 || op.behind > 0;
      const value = op.value === null ? null : Buffer.from(op.value);
      const committing = store.commitCheckpoint("g", 0, model.epoch - op.behind, { offsets: new Map([["actions", op.offset]]), states: [{ key: op.key, value }] });
      if (!fenced) {
        model.offset = op.offset;
        if (op.value === null) model.states.delete(op.key);
        else model.states.set(op.key, text(Buffer.from(op.value)));
      }
      return committing.then((result) => expect(result).toBe(fenced ? "fenced" : "committed"));
    }
    case "record": {
      const expected = model.work.get(op.id) ?? { ...item(op.id, op.payload, op.next), revision: 1 };
      model.work.set(op.id, expected);
      return store.recordWork([item(op.id, op.payload, op.next)]).then((stored) => expect(stored).toEqual([expected]));
    }
    case "update": {
      const known = model.work.get(op.id);
      const asked = { ...item(op.id, op.payload, op.next), revision: (known?.revision ?? 1) - op.stale };
      const expected = known === undefined || op.stale > 0 ? null : { ...asked, revision: asked.revision + 1 };
      if (expected !== null) model.work.set(op.id, expected);
      return store.updateWork(asked).then((updated) => expect(updated).toEqual(expected));
    }
    case "look":
      return look(store, model);
  }
}

async function look(store: Store, model: Model): Promise<void> {
  const expected = { offset: model.offset, states: new Map(model.states), open: openIds(model), all: [...model.work.keys()].toSorted() };
  const [checkpoint, states, open, all] = await Promise.all([
    store.loadCheckpoint("g", 0),
    store.scanStates("g", null, 100),
    store.openWork("revocation", 100),
    store.workOfGroup("revocation", "g"),
  ]);
  expect(checkpoint?.offsets.get("actions") ?? null).toBe(expected.offset);
  expect(new Map(states.map((state) => [state.key, text(state.value)]))).toEqual(expected.states);
  expect(open.map(({ id }) => id)).toEqual(expected.open);
  expect(all.map(({ id }) => id)).toEqual(expected.all);
}

function openIds(model: Model): string[] {
  const open = [...model.work.values()].filter(({ nextAttemptMs }) => nextAttemptMs !== null);
  return open.toSorted((a, b) => (a.nextAttemptMs ?? 0) - (b.nextAttemptMs ?? 0) || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}

/** `make` answers a new, empty store for each run, which `open` opens again after a close. */
export async function matchesModel(make: () => Promise<{ open(): Promise<Store>; dispose(): Promise<void> }>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      const under = await make();
      const model: Model = { epoch: 0, offset: null, states: new Map(), work: new Map() };
      let store = await under.open();
      let waiting: Promise<void>[] = [];
      for (const op of operations) {
        if (op.kind !== "restart") waiting.push(apply(store, model, op));
        else {
          await Promise.all(waiting.splice(0));
          await store.close();
          store = await under.open();
        }
      }
      waiting.push(look(store, model));
      await Promise.all(waiting);
      await store.close();
      await under.dispose();
    }),
    { numRuns },
  );
}
