/**
 * How many reads have passed here since an agent's breaker was reset: no more than it was given. The breaker closes by its own count, of the
 * records; so each read is recorded before it runs, and a call id passes once, as the breaker counts it once. Of several gates each counts
 * for itself: together they may let through as many times the number as there are gates, until the breaker's record says closed.
 */
import { type AgentKey, agentKey, type BreakerRecord } from "@tripline/model";
import type { GateState } from "./state.ts";

interface Passed {
  readonly generation: number;
  readonly sinceMs: number;
  /** Left when this gate first heard of the reset. */
  readonly given: number;
  readonly callIds: Set<string>;
}

export class Probing {
  /** Agents that are probing now. */
  readonly #agents = new Map<AgentKey, Passed>();

  constructor(state: Pick<GateState, "onBreaker">) {
    state.onBreaker((record) => {
      if (record.position.state === "probing") this.#passed(record);
      else this.#agents.delete(agentKey(record.tenant, record.agent));
    });
  }

  /** True if this read may pass; it is counted then. */
  take(record: BreakerRecord, callId: string): boolean {
    const passed = this.#passed(record);
    if (passed === null || passed.callIds.size >= passed.given || passed.callIds.has(callId)) return false;
    passed.callIds.add(callId);
    return true;
  }

  /** It was counted and did not run. */
  giveBack(record: BreakerRecord, callId: string): void {
    this.#passed(record)?.callIds.delete(callId);
  }

  #passed({ tenant, agent, generation, position }: BreakerRecord): Passed | null {
    if (position.state !== "probing") return null;
    const key = agentKey(tenant, agent);
    const known = this.#agents.get(key);
    if (known?.generation === generation && known.sinceMs === position.sinceMs) return known;
    const passed: Passed = { generation, sinceMs: position.sinceMs, given: position.actionsLeft, callIds: new Set() };
    this.#agents.set(key, passed);
    return passed;
  }
}
