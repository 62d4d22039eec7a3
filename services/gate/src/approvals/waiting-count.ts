/**
 * How many held calls of each agent wait for humans: an agent that floods them would get tired answers, or none for others. Kept from the log
 * as it grows, so that asking costs the same however many approvals there ever were.
 */
import { type AgentKey, agentKey, type Approval } from "@tripline/model";

/** Until the log shows one that was counted: it could not be stored, or the log is slow. */
const UNSEEN_MS = 10_000;

export class WaitingCount {
  readonly #most: number;
  readonly #clock: () => number;
  /** Of each agent, until when each counts at most. */
  readonly #waiting = new Map<AgentKey, Map<string, number>>();

  constructor({ waitingPerAgent }: { readonly waitingPerAgent: number }, clock: () => number) {
    this.#most = waitingPerAgent;
    this.#clock = clock;
  }

  /** Counts this one; false where the agent has as many as it may. */
  take(agent: AgentKey, id: string): boolean {
    const nowMs = this.#clock();
    const waiting = this.#of(agent);
    for (const [other, untilMs] of waiting) if (untilMs <= nowMs) waiting.delete(other);
    if (waiting.size >= this.#most && !waiting.has(id)) return false;
    waiting.set(id, nowMs + UNSEEN_MS);
    return true;
  }

  /** From the log, in its order. */
  heard({ tenant, agent, id, status, expiresAtMs }: Pick<Approval, "tenant" | "agent" | "id" | "status" | "expiresAtMs">): void {
    const key = agentKey(tenant, agent);
    if (status === "waiting") return void this.#of(key).set(id, expiresAtMs);
    const waiting = this.#waiting.get(key);
    if (waiting?.delete(id) === true && waiting.size === 0) this.#waiting.delete(key);
  }

  #of(agent: AgentKey): Map<string, number> {
    const known = this.#waiting.get(agent);
    if (known !== undefined) return known;
    const made = new Map<string, number>();
    this.#waiting.set(agent, made);
    return made;
  }
}
