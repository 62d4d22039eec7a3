/** What a member does when its lease runs out in a way that no real coordinator can be made to show on purpose. */
import { setTimeout as sleep } from "node:timers/promises";
import { createMetrics } from "@tripline/runtime";
import { expect, it } from "vitest";
import type { ClientPool } from "./client-pool.ts";
import { GroupMember } from "./group-member.ts";
import { createInstruments } from "./instruments.ts";
import { encodeAssignment } from "./membership-codec.ts";
import { Refusals } from "./refusals.ts";

const SESSION_MS = 600;

it("takes anew what outlived its lease while a beat was on its way, though the group never noticed", async () => {
  const joinedAs: string[] = [];
  let beats = 0;
  let connections = 0;
  const coordinator = {
    joinGroup: async ({ memberId }: { memberId: string }) => {
      joinedAs.push(memberId);
      return { generationId: joinedAs.length, leaderId: "another", memberId: "member", members: [] };
    },
    syncGroup: async () => ({ memberAssignment: encodeAssignment(["actions"], [0]) }),
    heartbeat: async () => {
      if (++beats === 2) throw new Error("the connection broke");
    },
    leaveGroup: async () => undefined,
  };
  // The third connection, which follows the broken beat, takes so long that the lease ends before it is there.
  const clients = {
    take: async () => {
      if (++connections === 3) await sleep(SESSION_MS * 0.95);
      return { coordinator: async () => coordinator };
    },
    discard: () => undefined,
  } as unknown as ClientPool;
  let lapsed = false;
  let expelled = 0;
  const instruments = createInstruments(createMetrics());
  const member = new GroupMember(
    { clients, instruments, refusals: new Refusals(instruments, null), group: "judges", groupId: "judges", topics: ["actions"], partitions: 1, sessionTimeoutMs: SESSION_MS },
    {
      held: () => ({ owned: lapsed ? [] : [0], generation: 1 }),
      reconcile: async () => (lapsed = false),
      expelled: async () => void expelled++,
      lapsed: () => lapsed,
      hung: () => false,
      progress: () => [],
    },
  );
  const running = member.run();
  // As a handler does with each batch: once it saw the lease ended, its partition is not ours, whatever comes later.
  let seen = 0;
  for (const endMs = performance.now() + 4 * SESSION_MS; performance.now() < endMs; await sleep(10)) {
    if (member.alive() || joinedAs.length !== 1) continue;
    lapsed = true;
    seen++;
  }
  await member.leave();
  await running;
  expect(seen).toBeGreaterThan(0);
  expect(joinedAs).toEqual(["", "member"]);
  expect(lapsed).toBe(false);
  expect(expelled).toBe(0);
});
