/** Names that are new at each start, as those of containers: what is gone must neither hide what lives nor stay for ever. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, createMetrics } from "@tripline/runtime";
import { openStore, type Store } from "@tripline/store";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "./limits.ts";
import { StorePeers } from "./peers.ts";

const GROUP = "breaker-peers";
/** Of whoever wrote what a test begins with; no instance's name leads there. */
const PLACE = 1;
const QUICK = { beatMs: 10, deadBeats: 5, forgetBeats: 20 };

let dir: string;
let store: Store;
let running: StorePeers[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "peers-"));
  store = await openStore({ kind: "sqlite", path: join(dir, "store.db") }, { metrics: createMetrics() });
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((peers) => peers.leave()));
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const eventually = (check: () => Promise<void> | void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 20 });
const names = async (): Promise<string[]> => (await store.scanStates(GROUP, null, 10_000)).map(({ key }) => key);
const gone = (count: number): string[] => Array.from({ length: count }, (_, n) => `gone-${String(n).padStart(4, "0")}`);

async function beats(instances: readonly string[], beat: string): Promise<void> {
  const epoch = await store.claim(GROUP, PLACE);
  await store.commitCheckpoint(GROUP, PLACE, epoch, { offsets: new Map(), states: instances.map((key) => ({ key, value: new TextEncoder().encode(beat) })) });
}

async function started(instance: string, bounds: object, died: (name: string) => void = () => undefined) {
  const logger = createLogger({ level: "silent", name: "test" });
  const errors = vi.spyOn(logger, "error");
  const peers = new StorePeers({ store, logger, instance, bounds: { ...QUICK, ...bounds } });
  running.push(peers);
  await peers.start(died);
  return { peers, errors };
}

describe("breakers whose names are new at each start", () => {
  it("see each other behind more names than one page holds, tell of each that is gone once, and forget them all", async () => {
    const silent = gone(LIMITS.peersPage + 44);
    await beats(silent, "1:1");
    await beats(["left-long-ago"], "left");
    const dead: string[] = [];
    const a = await started("x-1", {}, (name) => dead.push(name));
    const b = await started("x-2", {});
    await eventually(async () => expect(await names()).toEqual(["x-1", "x-2"]));
    expect(a.peers.isAlive("x-2")).toBe(true);
    expect(b.peers.isAlive("x-1")).toBe(true);
    expect(dead.toSorted()).toEqual([...silent, "left-long-ago"]);
    expect(a.peers.failing()).toBeNull();
  });

  it("say so at the bound, look past it again once those gone are forgotten, and then are ready", async () => {
    await beats(gone(20), "1:1");
    const { peers, errors } = await started("x-1", { peers: 8, peersPage: 3, forgetBeats: 1_000_000 });
    expect(peers.failing()).toMatch(/more than 8 breakers are on record/);
    await eventually(async () => expect(await names()).toEqual([...gone(20).slice(-4), "x-1"]));
    await eventually(() => expect(peers.failing()).toBeNull());
    expect(errors.mock.calls.filter(([, text]) => String(text).includes("more breakers are on record"))).toHaveLength(1);
  });

  it("keep a name for a while after it is gone: a new one goes on from where it had read to", async () => {
    await beats(["a"], "left");
    const { peers } = await started("x-1", { forgetBeats: 1_000_000 });
    await eventually(() => expect(peers.isAlive("a")).toBe(false));
    expect(await peers.known()).toEqual(["a", "x-1"]);
  });

  it("know one that was forgotten again as soon as it beats", async () => {
    await beats(["a"], "1:1");
    const { peers } = await started("x-1", {});
    await eventually(async () => expect(await names()).toEqual(["x-1"]));
    expect(peers.isAlive("a")).toBe(false);
    await beats(["a"], "1:2");
    await eventually(() => expect(peers.isAlive("a")).toBe(true));
  });

  it("find one dead whose name another has forgotten before they looked", async () => {
    await beats(["a"], "1:1");
    const dead: string[] = [];
    const { peers } = await started("x-1", { deadBeats: 30 }, (name) => dead.push(name));
    expect(peers.isAlive("a")).toBe(true);
    const epoch = await store.claim(GROUP, PLACE);
    await store.commitCheckpoint(GROUP, PLACE, epoch, { offsets: new Map(), states: [{ key: "a", value: null }] });
    await eventually(() => expect(dead).toEqual(["a"]));
    expect(peers.isAlive("a")).toBe(false);
  });
});
