/**
 * Which foreign credentials each agent was seen using, on whatever action: a trip for another reason must contain them too.
 * Kept with the reading position, since the actions that showed them are not read again.
 */
import type { Registry } from "@tripline/core";
import { type Action, type AgentKey, agentKey } from "@tripline/model";
import type { StateChange } from "@tripline/store";
import { LIMITS } from "./limits.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class ForeignSeen {
  readonly #byAgent = new Map<AgentKey, Set<string>>();
  readonly #changed = new Set<AgentKey>();

  /** Notes the foreign credentials of one action. Claimed identities teach nothing. */
  note(action: Action, registry: Registry): void {
    if (action.assurance === "claimed") return;
    for (const use of action.credentials) {
      const mark = use.fingerprint ?? (use.principal === null ? null : `principal:${use.principal}`);
      if (mark === null) continue;
      const record = registry.credentialByMark(action.tenant, mark);
      if (record !== null && !record.issuedTo.includes(action.agent.id)) this.#add(agentKey(action.tenant, action.agent.id), mark);
    }
  }

  of(key: AgentKey): readonly string[] {
    return [...(this.#byAgent.get(key) ?? [])];
  }

  restore(key: AgentKey, value: Uint8Array): void {
    const marks: unknown = JSON.parse(decoder.decode(value));
    if (Array.isArray(marks)) this.#byAgent.set(key, new Set(marks.filter((mark) => typeof mark === "string")));
  }

  /** Changes since the last call, for the checkpoint. */
  takeChanges(of: (key: AgentKey) => boolean): StateChange[] {
    const changes: StateChange[] = [];
    for (const key of this.#changed) {
      if (!of(key)) continue;
      this.#changed.delete(key);
      changes.push({ key, value: encoder.encode(JSON.stringify(this.of(key))) });
    }
    return changes;
  }

  #add(key: AgentKey, mark: string): void {
    const marks = this.#byAgent.get(key) ?? new Set<string>();
    if (marks.has(mark) || marks.size >= LIMITS.foreignPerAgent) return;
    marks.add(mark);
    this.#byAgent.set(key, marks);
    this.#changed.add(key);
    const oldest = this.#byAgent.keys().next();
    if (this.#byAgent.size > LIMITS.foreignAgents && !oldest.done) this.#byAgent.delete(oldest.value);
  }
}
