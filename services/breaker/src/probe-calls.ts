import type { AgentKey } from "@tripline/model";
import { LIMITS } from "./limits.ts";

/** Tells the first record of a call from its later phases, so that an attempt and its result count as one probing action. */
export class ProbeCalls {
  readonly #seen = new Map<AgentKey, Set<string>>();

  first(key: AgentKey, callId: string): boolean {
    const calls = this.#seen.get(key) ?? new Set<string>();
    if (calls.has(callId)) return false;
    if (calls.size >= LIMITS.probeCalls) calls.clear();
    calls.add(callId);
    this.#seen.set(key, calls);
    return true;
  }
}
