import type { Action } from "@tripline/model";
import type { ActionDraft } from "@tripline/semconv";

/**
 * Makes the agent of an action from its draft, each name given to `clean`. The agent before is used again where nothing of it has
 * changed: most actions of a request have the same.
 */
export function agentNames(clean: (name: string) => string): (given: ActionDraft["agent"], id: string) => Action["agent"] {
  const cleanOrNull = (name: string | null) => (name === null ? null : clean(name));
  let before: ActionDraft["agent"] | null = null;
  let agent: Action["agent"] | null = null;
  return (given, id) => {
    if (agent !== null && agent.id === id && before !== null && isSame(given, before)) return agent;
    before = given;
    agent = { id, name: cleanOrNull(given.name), version: cleanOrNull(given.version), role: cleanOrNull(given.role), runtime: cleanOrNull(given.runtime) };
    return agent;
  };
}

function isSame(one: ActionDraft["agent"], other: ActionDraft["agent"]): boolean {
  return one.name === other.name && one.version === other.version && one.role === other.role && one.runtime === other.runtime;
}
