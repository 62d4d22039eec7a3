/** How many held calls of each agent wait for humans: an agent that floods them would get tired answers, or none for others. */
import { type AgentKey, agentKey } from "@tripline/model";
import type { Shared } from "./deps.ts";

/** Counted from the store again after so long. */
const FRESH_MS = 2_000;

export interface WaitingCount {
  /** Counts one more; false where the agent has as many as it may. */
  take(agent: AgentKey): Promise<boolean>;
}

export function createWaitingCount({ rows, limits, clock }: Pick<Shared, "rows" | "limits" | "clock">): WaitingCount {
  let counts: Promise<Map<AgentKey, number>> | null = null;
  let countedMs = 0;
  const count = async (): Promise<Map<AgentKey, number>> => {
    const counted = new Map<AgentKey, number>();
    for (const work of await rows.open(limits.approvalsListed)) {
      const found = rows.read(work);
      if (found.kind !== "intact") continue;
      const { tenant, agent, status } = found.entry.row.approval;
      if (status === "waiting") counted.set(agentKey(tenant, agent), (counted.get(agentKey(tenant, agent)) ?? 0) + 1);
    }
    return counted;
  };
  return {
    take: async (agent) => {
      const nowMs = clock();
      if (counts === null || Math.abs(nowMs - countedMs) > FRESH_MS) {
        countedMs = nowMs;
        counts = count();
        counts.catch(() => (counts = null));
      }
      const counted = await counts;
      const before = counted.get(agent) ?? 0;
      if (before >= limits.waitingPerAgent) return false;
      counted.set(agent, before + 1);
      return true;
    },
  };
}
