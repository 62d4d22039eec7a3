/** Which process answers for an agent's partition now: the detector by its group's assignment, the breaker by its place in the line. */
import { murmur2 } from "@tripline/event-log";
import { AssignerProtocol, Kafka, logLevel } from "kafkajs";
import { TOPIC_PREFIX } from "../../faults/kafka/deployment.ts";

export interface Owners {
  /** Instance name by partition; rejects while the group is being rebalanced, or has fewer members than `members`. */
  detectors(members: number): Promise<ReadonlyMap<number, string>>;
  /** First in the line among these instances: as `services/breaker/src/peers.ts` places them, which quiet runs hold against who acted. */
  breaker(partition: number, instances: readonly string[]): string;
  close(): Promise<void>;
}

export async function watchOwners(brokers: readonly string[]): Promise<Owners> {
  const admin = new Kafka({ brokers: [...brokers], clientId: "failover", logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  return {
    detectors: async (members) => {
      const { groups } = await admin.describeGroups([`${TOPIC_PREFIX}detector`]);
      const [group] = groups;
      if (group?.state !== "Stable" || group.members.length !== members) throw new Error("the group of detectors is being rebalanced");
      return new Map(group.members.flatMap(({ clientId, memberAssignment }) => (AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[`${TOPIC_PREFIX}actions`] ?? []).map((partition) => [partition, clientId] as const)));
    },
    breaker: (partition, instances) => instances.toSorted((a, b) => weight(b, partition) - weight(a, partition) || (a < b ? -1 : 1))[0] ?? "",
    close: () => admin.disconnect(),
  };
}

const encoder = new TextEncoder();
const weight = (instance: string, partition: number): number => murmur2(encoder.encode(`${partition} ${instance}`)) >>> 0;
