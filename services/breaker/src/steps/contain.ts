import { next } from "@tripline/runtime";
import type { BreakerStep } from "../pipeline.ts";

/**
 * Starts the containment. It runs on by itself: evidence on other agents must not wait for a slow provider. Ends when the trip is in
 * the log, so that the agent's next record comes after it.
 */
export const contain: BreakerStep = {
  name: "contain",
  run: async (change, deps) => {
    if (change.trip !== null) deps.runner.start(change.trip.id, change.recorded);
    await change.recorded;
    return next(change);
  },
};
