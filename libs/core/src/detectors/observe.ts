import { agentKey, clampEventTime, UNKNOWN_ENVIRONMENT, type Action } from "@tripline/model";
import { classifyRemembered } from "../classify/remembered.ts";
import type { Classification } from "../classify/verdict.ts";
import type { GateMemory } from "../gate-memory/gate-memory.ts";
import type { Registry } from "../registry/registry.ts";
import type { Observed } from "./detector.ts";

/**
 * What a reader makes of an action before any judgement: classified, timed and placed. `receiveMs` is the record's own
 * timestamp. `classified` passes a classification made before of the same call, so that its result is not parsed again;
 * `gates` what the gate said before of the agent's calls, which learns of this record.
 */
export function observe(action: Action, receiveMs: number, registry: Registry, classified?: Classification, gates?: GateMemory): Observed {
  const classification = classified ?? classifyRemembered(action);
  return {
    action,
    classification,
    gate: gates?.mark(action, classification.verdicts, receiveMs) ?? null,
    receiveMs,
    atMs: clampEventTime(action.eventMs, receiveMs).ms,
    agentEnvironment: registry.profile(agentKey(action.tenant, action.agent.id))?.environment ?? action.environment ?? UNKNOWN_ENVIRONMENT,
  };
}
