/** What a real coordinator cannot be made to do at a chosen moment; groups on real brokers are in the tests of the servers. */
import { createMetrics } from "@tripline/runtime";
import { TriplineError } from "@tripline/model";
import { expect, it, vi } from "vitest";
import type { ClientPool } from "./client-pool.ts";
import { GroupSubscription } from "./group-subscription.ts";
import { createInstruments } from "./instruments.ts";
import { Refusals } from "./refusals.ts";
import type { Broker } from "./kafkajs-internals.ts";
import { encodeAssignment } from "./membership-codec.ts";

/** The coordinator of a group of one, which gets all partitions. */
function coordinator(partitions: readonly number[]): Broker {
  return {
    joinGroup: async () => ({ generationId: 1, leaderId: "other", memberId: "me", members: [] }),
    syncGroup: async () => ({ memberAssignment: encodeAssignment(["tripline.clock"], partitions) }),
    heartbeat: async () => undefined,
    leaveGroup: async () => undefined,
    offsetFetch: async () => ({ responses: [] }),
    offsetCommit: async () => undefined,
  } as unknown as Broker;
}

it("takes partitions anew whose ends could not be told the first time: held and never read, they would stand still", async () => {
  const instruments = createInstruments(createMetrics());
  const said = new Refusals(instruments, null);
  const client = { usable: true, coordinator: async () => coordinator([0, 1]), refresh: async () => undefined, leaderOf: () => null };
  const clients = { take: async () => client, give: () => undefined, discard: () => undefined } as unknown as ClientPool;
  const told: string[] = [];
  let refusals = 1;
  const subscription = new GroupSubscription(
    {
      clients, instruments, refusals: said, group: "judges", groupId: "tripline.judges", topics: ["tripline.clock"], partitions: 2, sessionTimeoutMs: 10_000, clock: () => 1_000,
      reader: { clients, instruments, refusals: said, nameOf: (topic) => `tripline.${topic}`, partitions: 2, skipped: () => undefined, events: { gap: () => undefined, damaged: () => undefined, poison: () => undefined } },
      ends: async (_topic, partitions) => {
        told.push("ends");
        if (refusals-- > 0) throw new TriplineError("TL_LOG_UNAVAILABLE");
        return new Map(partitions.map((partition) => [partition, { low: 0, high: 0 }]));
      },
    },
    ["clock"],
    {
      assigned: async ({ partition }) => {
        told.push(`assigned ${partition}`);
        return new Map();
      },
      batch: async () => undefined,
      revoked: async (partition) => void told.push(`revoked ${partition}`),
    },
  );
  await vi.waitFor(() => expect(told).toEqual(["assigned 0", "assigned 1", "ends", "revoked 0", "revoked 1", "assigned 0", "assigned 1", "ends"]));
  await subscription.close();
});
