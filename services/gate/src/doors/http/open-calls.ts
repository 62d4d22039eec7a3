/** What is open for each agent now, so that a breaker that opens ends it at once. */
import { type AgentKey, agentKey } from "@tripline/model";
import type { Caller } from "../../call.ts";

export class OpenCalls {
  readonly #open = new Map<AgentKey, Set<() => void>>();
  readonly #bytes = new Map<AgentKey, number>();

  /** Room for a body among those of the agent's open calls; null where there is none, else how to give it back. */
  reserve({ tenant, agent }: Pick<Caller, "tenant" | "agent">, bytes: number, most: number): (() => void) | null {
    const key = agentKey(tenant, agent);
    const before = this.#bytes.get(key) ?? 0;
    if (before + bytes > most) return null;
    this.#bytes.set(key, before + bytes);
    return () => {
      const left = (this.#bytes.get(key) ?? 0) - bytes;
      if (left > 0) this.#bytes.set(key, left);
      else this.#bytes.delete(key);
    };
  }

  /** Answers how to say that it is over. */
  add({ tenant, agent }: Pick<Caller, "tenant" | "agent">, cut: () => void): () => void {
    const key = agentKey(tenant, agent);
    const all = this.#open.get(key) ?? new Set();
    this.#open.set(key, all.add(cut));
    return () => {
      all.delete(cut);
      if (all.size === 0 && this.#open.get(key) === all) this.#open.delete(key);
    };
  }

  sizeOf({ tenant, agent }: Pick<Caller, "tenant" | "agent">): number {
    return this.#open.get(agentKey(tenant, agent))?.size ?? 0;
  }

  cut(key: AgentKey): number {
    const all = [...(this.#open.get(key) ?? [])];
    for (const cut of all) cut();
    return all.length;
  }

  cutAll(): void {
    for (const key of this.#open.keys()) this.cut(key);
  }

  get size(): number {
    let size = 0;
    for (const all of this.#open.values()) size += all.size;
    return size;
  }
}
