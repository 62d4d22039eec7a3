import { transition } from "@tripline/core";
import { drop, next } from "@tripline/runtime";
import { splitAgentKey } from "@tripline/model";
import type { BreakerStep } from "../pipeline.ts";

/** Applies the pure rule. The new state denies from this moment, before it is durable: denying early is never wrong. */
export const transitionStep: BreakerStep = {
  name: "transition",
  run: (change, deps) => {
    const { tenant } = splitAgentKey(change.key);
    const policy = deps.registry.policy(tenant);
    const nowMs = deps.clock();
    const result = transition(deps.states.get(change.key), change.input, {
      nowMs,
      probeActions: policy.probeActions,
      foreignSeen: deps.foreignSeen.of(change.key),
      massTrip: deps.massTrips.active(tenant, nowMs, deps.registry.agentCount(tenant), policy),
    });
    if (result.kind === "unchanged") return drop(result.reason);
    deps.states.set(result.record);
    if (result.kind === "refused") return next({ ...change, record: result.record, refused: result.reason });
    if (result.tripped?.cause.kind === "risk") deps.massTrips.noted(tenant, nowMs);
    return next({ ...change, record: result.record, trip: result.tripped });
  },
};
