import { agentKey, clampEventTime, UNKNOWN_ENVIRONMENT, type Action } from "@tripline/model";
import { classifyRemembered } from "../classify/remembered.ts";
import type { Classification } from "../classify/verdict.ts";
import type { Registry } from "../registry/registry.ts";
import type { Observed } from "./detector.ts";

/**
 * What a reader makes of an action before any judgement: classified, timed and placed. `receiveMs` is the record's own
 * timestamp. `classified` passes a classification made before of the same call, so that its result is not parsed again.
 */
export function observe(action: Action, receiveMs: number, registry: Registry, classified?: Classification): Observed {
  return {
    action,
    classification: classified ?? classifyRemembered(action),
    receiveMs,
    atMs: clampEventTime(action.eventMs, receiveMs).ms,
    agentEnvironment: registry.profile(agentKey(action.tenant, action.agent.id))?.environment ?? action.environment ?? UNKNOWN_ENVIRONMENT,
  };
}
