import { encode } from "@tripline/model";
import { drop, next } from "@tripline/runtime";
import { appendUntilDurable } from "../append.ts";
import type { BreakerStep } from "../pipeline.ts";

/** Makes the breaker's record durable. Nothing is done to the outside before this. */
export const recordChange: BreakerStep = {
  name: "record-change",
  run: async (change, deps) => {
    if (change.record === null) throw new Error("record-change runs after transition");
    await appendUntilDurable(deps, "breakers", change.key, encode("breakers", change.record));
    deps.metrics.counter("tripline_breaker_changes_total", "Changes of breaker state", ["change"]).add(1, { change: change.record.change });
    return change.refused === null ? next(change) : drop(change.refused);
  },
};
