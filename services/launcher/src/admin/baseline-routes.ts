/** What each agent's stored baseline says of the alarm budget and of drift. As of the detector's last checkpoint: seconds ago. */
import { setImmediate as yieldToOthers } from "node:timers/promises";
import { accountOf, type BaselineAccount } from "@tripline/core";
import { DETECTOR_GROUP } from "@tripline/detector";
import { agentKey, type Policy, TriplineError } from "@tripline/model";
import type { Store } from "@tripline/store";
import type { FastifyInstance } from "fastify";

/** Agents of one answer, at most: what drift can be told is computed for each. */
export const AGENTS_PER_ANSWER = 500;

export interface BaselineDeps {
  readonly store: Pick<Store, "loadStates">;
  readonly tenant: string;
  /** Registered agents, in the order of the configuration. */
  readonly agents: readonly string[];
  readonly policy: Pick<Policy, "budget">;
}

export interface AgentAccount {
  readonly agent: string;
  /** Null for an agent that never acted, or whose baseline cannot be read. */
  readonly account: BaselineAccount | null;
}

/** Adds /v1/baselines: of all agents, of those after one, or of one. */
export function registerBaselineRoutes(app: FastifyInstance, deps: BaselineDeps): void {
  app.get<{ Querystring: { agent?: string; after?: string } }>("/v1/baselines", async ({ query: { agent, after } }) => {
    if (agent !== undefined && !deps.agents.includes(agent)) throw new TriplineError("TL_AGENT_UNKNOWN");
    const from = after === undefined ? 0 : deps.agents.indexOf(after) + 1;
    const asked = agent === undefined ? deps.agents.slice(from, from + AGENTS_PER_ANSWER) : [agent];
    return { budget: deps.policy.budget, baselines: await accounts(asked, deps), more: agent === undefined && from + asked.length < deps.agents.length };
  });
}

async function accounts(agents: readonly string[], { store, tenant, policy }: BaselineDeps): Promise<AgentAccount[]> {
  const states = await store.loadStates(DETECTOR_GROUP, agents.map((agent) => agentKey(tenant, agent)));
  const answer: AgentAccount[] = [];
  for (const agent of agents) {
    const state = states.get(agentKey(tenant, agent));
    answer.push({ agent, account: state === undefined ? null : accountOf(state, policy) });
    // The same loop answers the gate and the collector: no agent's figures hold it up.
    await yieldToOthers();
  }
  return answer;
}
