/** What members of a group tell each other through the coordinator, in the layout that Kafka's own tools can read. */
import { AssignerProtocol } from "kafkajs";
import type { Member } from "./assignment.ts";

export const PROTOCOL = "tripline-sticky-1";
const VERSION = 0;

export function encodeMember(topics: readonly string[], { owned, generation }: Omit<Member, "id">): Buffer {
  return AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics: [...topics], userData: Buffer.from(JSON.stringify({ owned, generation })) });
}

/** A member whose claim cannot be read claims nothing. */
export function decodeMember(id: string, metadata: Buffer): Member {
  try {
    const told: unknown = JSON.parse(AssignerProtocol.MemberMetadata.decode(metadata)?.userData.toString("utf8") ?? "");
    if (typeof told === "object" && told !== null && "owned" in told && "generation" in told) {
      const { owned, generation } = told;
      if (Array.isArray(owned) && owned.every((one) => Number.isInteger(one)) && typeof generation === "number") return { id, owned: owned as number[], generation };
    }
  } catch {
    // Falls through: another program in our group, or a version of ours that speaks differently.
  }
  return { id, owned: [], generation: -1 };
}

export function encodeAssignment(topics: readonly string[], partitions: readonly number[]): Buffer {
  return AssignerProtocol.MemberAssignment.encode({
    version: VERSION,
    assignment: Object.fromEntries(topics.map((topic) => [topic, [...partitions]])),
    userData: Buffer.alloc(0),
  });
}

export function decodeAssignment(assignment: Buffer): readonly number[] {
  if (assignment.length === 0) return [];
  const decoded = AssignerProtocol.MemberAssignment.decode(assignment);
  return Object.values(decoded?.assignment ?? {})[0] ?? [];
}
