import { expect, it, vi } from "vitest";
import { Trailing } from "./trailing.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

it("does what trails in its order, a little after what is under way", async () => {
  const trailing = new Trailing();
  const done: number[] = [];
  for (let piece = 0; piece < 60; piece += 1) trailing.later(() => done.push(piece));
  expect(done).toEqual([]);
  await vi.waitFor(() => expect(done).toEqual(Array.from({ length: 60 }, (_, piece) => piece)));
});

it("puts nothing off where much waits, and does a part of it in each turn", async () => {
  const trailing = new Trailing();
  let done = 0;
  for (let piece = 0; piece < 64; piece += 1) trailing.later(() => (done += 1));
  const seen: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    await turn();
    seen.push(done);
  }
  expect(seen).toEqual([16, 28, 37, 44]);
  await vi.waitFor(() => expect(done).toBe(64));
});

it("keeps up with more than that in each turn", async () => {
  const trailing = new Trailing();
  let waiting = 0;
  let most = 0;
  for (let count = 0; count < 200; count += 1) {
    for (let piece = 0; piece < 100; piece += 1) trailing.later(() => (waiting -= 1));
    waiting += 100;
    most = Math.max(most, waiting);
    await turn();
  }
  expect(most).toBeLessThanOrEqual(500);
});

it("goes on where its work brings more work", async () => {
  const trailing = new Trailing();
  const done: string[] = [];
  trailing.later(() => trailing.later(() => done.push("second")));
  await vi.waitFor(() => expect(done).toEqual(["second"]));
});
