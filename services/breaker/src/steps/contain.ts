import { next } from "@tripline/runtime";
import type { BreakerStep } from "../pipeline.ts";

/** Starts the containment. It runs on by itself: evidence on other agents must not wait for a slow provider. */
export const contain: BreakerStep = {
  name: "contain",
  run: (change, deps) => {
    if (change.trip !== null) deps.runner.start(change.trip.id);
    return next(change);
  },
};
