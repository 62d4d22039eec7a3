import { describe, expect, it } from "vitest";
import { KEY, MARK, world } from "./breaker.fixture.ts";
import { ForeignSeen } from "./foreign-seen.ts";
import { GateMemories } from "./gate-memories.ts";
import { Positions } from "./positions.ts";

describe("reading positions", () => {
  it("that were adopted are one's own after the first write, what was remembered with them too, and nothing of oneself is lost to it", async () => {
    const w = await world();
    const partition = w.log.partitionOf(KEY);
    const group = "breaker:gone";
    const epoch = await w.store.claim(group, partition);
    const states = [{ key: KEY, value: new TextEncoder().encode(JSON.stringify([MARK])) }];
    await w.store.commitCheckpoint(group, partition, epoch, { offsets: new Map([["actions", 7]]), states });
    const load = async (): Promise<{ positions: Positions; foreignSeen: ForeignSeen }> => {
      const foreignSeen = new ForeignSeen();
      const positions = new Positions({ store: w.store, eventLog: w.log, instance: "new", foreignSeen, gates: new GateMemories(() => 1, () => undefined) });
      await positions.load();
      return { positions, foreignSeen };
    };
    const first = await load();
    await first.positions.adoptFrom(["gone", "never-wrote"]);
    await first.positions.write();
    // By now nobody may know of the one it was adopted from.
    const second = await load();
    expect(second.positions.from("actions").get(partition)).toBe(7);
    expect(second.foreignSeen.of(KEY)).toEqual([MARK]);
    await w.log.close();
    await w.store.close();
  });
});
