/**
 * What is kept of each agent's held calls, and how much more may be: an agent that floods them would get tired answers, leave none for others, and
 * fill the store. Counted by the approvals in the log, and by what this gate opened and the log does not show yet.
 */
import { isSettled } from "@tripline/core";
import { type AgentKey, agentKey, type Approval, type ApprovalStatus } from "@tripline/model";
import type { GateLimits } from "../limits.ts";

interface Kept {
  readonly version: number;
  readonly status: ApprovalStatus;
  readonly bytes: number;
  readonly expiresAtMs: number;
  readonly atMs: number;
}

/** `erase`: approvals that are over, whose kept calls make room for this one; the caller erases them. */
export type Taken = { readonly kind: "taken"; readonly erase: readonly string[] } | { readonly kind: "refused"; readonly because: "waiting" | "kept"; readonly reason: string };

type Limits = Pick<GateLimits, "waitingPerAgent" | "keptPerAgent" | "keptBytesPerAgent" | "keptMs" | "executedBytes" | "bodyBytes">;

/** Over, and nothing was executed: what was executed is kept for its whole time, since approvers allowed no more of it than they meant to. */
const FIRST_TO_GO: ReadonlySet<ApprovalStatus> = new Set(["expired", "refused", "cancelled", "void"]);

const SWEEP_EVERY = 4_096;

export class Room {
  readonly #limits: Limits;
  readonly #agents = new Map<AgentKey, Map<string, Kept>>();
  #sinceSweep = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** As the log has it; what is older than known changes nothing. */
  heard({ id, tenant, agent, version, status, keptBytes = this.#limits.bodyBytes, expiresAtMs, atMs }: Approval): void {
    const agents = this.#of(agentKey(tenant, agent));
    const known = agents.get(id);
    if (known === undefined || version > known.version) agents.set(id, { version, status, bytes: keptBytes, expiresAtMs, atMs });
    this.#sinceSweep += 1;
    if (this.#sinceSweep < SWEEP_EVERY) return;
    this.#sinceSweep = 0;
    // By the time of what was just heard: agents that hold nothing any more are forgotten.
    for (const key of this.#agents.keys()) if (this.#keptNow(key, atMs).size === 0) this.#agents.delete(key);
  }

  /** Room for the kept call of one more; it counts until the log says what became of it. */
  take(agent: AgentKey, id: string, bytes: number, { nowMs, expiresAtMs }: { readonly nowMs: number; readonly expiresAtMs: number }): Taken {
    const { waitingPerAgent, keptPerAgent, keptBytesPerAgent } = this.#limits;
    const kept = this.#keptNow(agent, nowMs);
    let [count, all] = [kept.size, bytes];
    let waiting = 0;
    for (const one of kept.values()) {
      all += this.#bytesOf(one);
      if (one.status === "waiting" && nowMs < one.expiresAtMs) waiting += 1;
    }
    if (waiting >= waitingPerAgent) return { kind: "refused", because: "waiting", reason: "Too many calls of this agent wait for humans." };
    const erase: string[] = [];
    for (const [over, one] of [...kept].filter(([, { status }]) => FIRST_TO_GO.has(status)).toSorted(([, a], [, b]) => a.atMs - b.atMs)) {
      if (count < keptPerAgent && all <= keptBytesPerAgent) break;
      erase.push(over);
      count -= 1;
      all -= this.#bytesOf(one);
    }
    if (count >= keptPerAgent || all > keptBytesPerAgent) return { kind: "refused", because: "kept", reason: "As much is kept of this agent's held calls as may be; there is room again once humans have decided on some, or their time is over." };
    for (const over of erase) kept.delete(over);
    kept.set(id, { version: 0, status: "waiting", bytes, expiresAtMs, atMs: nowMs });
    return { kind: "taken", erase };
  }

  /** Nothing was kept after all. */
  giveBack(agent: AgentKey, id: string): void {
    if (this.#agents.get(agent)?.get(id)?.version === 0) this.#agents.get(agent)?.delete(id);
  }

  #bytesOf({ status, bytes }: Kept): number {
    return status === "executed" ? bytes + this.#limits.executedBytes : bytes;
  }

  #of(agent: AgentKey): Map<string, Kept> {
    const known = this.#agents.get(agent);
    if (known !== undefined) return known;
    const made = new Map<string, Kept>();
    this.#agents.set(agent, made);
    return made;
  }

  /** Without those whose kept call was erased because its time was over. */
  #keptNow(agent: AgentKey, nowMs: number): Map<string, Kept> {
    const kept = this.#of(agent);
    for (const [id, one] of kept) if (nowMs - (isSettled(one) ? one.atMs : one.expiresAtMs) >= this.#limits.keptMs) kept.delete(id);
    return kept;
  }
}
