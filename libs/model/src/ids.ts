import { LIMITS } from "./limits.ts";

const ID = /^[A-Za-z0-9][A-Za-z0-9._:@+-]*$/;

/** True for an id that is safe in keys, URLs, file names and logs: letters, digits and `. _ : @ + -`, no slash. */
export function isId(value: string): boolean {
  return value.length <= LIMITS.idChars && ID.test(value);
}

/** The key of every record about an agent; also its partition key. */
export type AgentKey = `${string}/${string}`;

/** Key of an agent; both parts must be ids (`isId`), so the slash between them is the only one. */
export function agentKey(tenant: string, agent: string): AgentKey {
  // Asked several times about each action, and actions of one agent follow each other: one text for all of them is hashed once.
  if (tenant !== last.tenant || agent !== last.agent) last = { tenant, agent, key: `${tenant}/${agent}` };
  return last.key;
}

let last: { readonly tenant: string; readonly agent: string; readonly key: AgentKey } = { tenant: "", agent: "", key: "/" };

/** The parts of a key. @throws RangeError for a text that is not one */
export function splitAgentKey(key: string): { tenant: string; agent: string } {
  const slash = key.indexOf("/");
  if (slash < 1 || slash === key.length - 1) throw new RangeError(`not a tenant/agent key: ${key.slice(0, 80)}`);
  return { tenant: key.slice(0, slash), agent: key.slice(slash + 1) };
}

/** One trip per agent and breaker generation, whoever sees the evidence first: this is what makes double reports one trip. */
export function tripId(key: AgentKey, generation: number): string {
  return `trip:${key}:${generation}`;
}

/** One finding per detector and action, however often the action is judged. */
export function findingId(detector: string, actionId: string): string {
  return `${detector}:${actionId}`;
}
