import { planContainment } from "@tripline/core";
import { drop, next } from "@tripline/runtime";
import { untilDurable } from "../append.ts";
import type { BreakerStep } from "../pipeline.ts";

/** Records what is to be contained, so that whatever happens next, a restart finishes it. */
export const recordIntent: BreakerStep = {
  name: "record-intent",
  run: async (change, deps) => {
    if (change.trip === null) return drop("not-a-trip");
    const items = planContainment(change.trip, deps.registry, deps.clock());
    const { trip } = change;
    await untilDurable(deps, "intent", () => deps.runner.recordIntent(trip, items));
    return next({ ...change, items });
  },
};
