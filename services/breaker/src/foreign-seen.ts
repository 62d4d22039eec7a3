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

/** Marks of registered credentials that were never issued to the agent seen using them, bounded by LIMITS. */
export class ForeignSeen {
  readonly #byAgent = new Map<AgentKey, Set<string>>();
  readonly #changed = new Set<AgentKey>();

  /** Notes the foreign credentials of one action. Claimed identities teach nothing. */
  note(action: Action, registry: Registry): void {
    if (action.assurance === "claimed") return;
    for (const use of action.credentials) {
      // Both, for a made-up fingerprint must not hide whose name stands beside it.
      for (const mark of [use.fingerprint, use.principal === null ? null : `principal:${use.principal}`]) {
        const record = mark === null ? null : registry.credentialByMark(action.tenant, mark);
        if (mark !== null && record !== null && !record.issuedTo.includes(action.agent.id)) this.#add(agentKey(action.tenant, action.agent.id), mark);
      }
    }
  }

  /** Marks of the agent's foreign credentials: fingerprints, or `principal:<id>`. */
  of(key: AgentKey): readonly string[] {
    return [...(this.#byAgent.get(key) ?? [])];
  }

  /** Takes back what this instance's own checkpoint holds of one agent. */
  restore(key: AgentKey, value: Uint8Array): void {
    this.#byAgent.set(key, new Set(marksIn(value)));
  }

  /** Adds what another instance remembered of one agent; it belongs to the next checkpoint of this one. */
  adopt(key: AgentKey, value: Uint8Array): void {
    for (const mark of marksIn(value)) this.#add(key, mark);
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

  /** Gives changes back that could not be written. */
  putBack(changes: readonly StateChange[]): void {
    for (const { key } of changes) this.#changed.add(key as AgentKey);
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

function marksIn(value: Uint8Array): string[] {
  const marks: unknown = JSON.parse(decoder.decode(value));
  return Array.isArray(marks) ? marks.filter((mark) => typeof mark === "string") : [];
}
