import { planContainment } from "@tripline/core";
import { type ContainmentItem, encode } from "@tripline/model";
import { drop, next } from "@tripline/runtime";
import { appendUntilDurable, untilDurable } from "../append.ts";
import type { BreakerStep, Change, PipelineDeps } from "../pipeline.ts";

/**
 * Makes the breaker's record durable, and with a trip the intent: what is to be contained. Both are written at the same time, since a
 * trip is in a hurry, and both are durable before anything is done to the outside. An intent that a crash left without its trip is
 * not acted upon at a restart: the evidence is read again then, and trips again under the same id.
 */
export const record: BreakerStep = {
  name: "record",
  run: async (change, deps) => {
    if (change.record === null) throw new Error("record runs after transition");
    const [items] = await Promise.all([recordIntent(change, deps), appendUntilDurable(deps, "breakers", change.key, encode("breakers", change.record))]);
    deps.metrics.counter("tripline_breaker_changes_total", "Changes of breaker state", ["change"]).add(1, { change: change.record.change });
    if (change.refused !== null) return drop(change.refused);
    return items === null ? drop("not-a-trip") : next({ ...change, items });
  },
};

async function recordIntent({ trip }: Change, deps: PipelineDeps): Promise<readonly ContainmentItem[] | null> {
  if (trip === null) return null;
  const items = planContainment(trip, deps.registry, deps.clock());
  await untilDurable(deps, "intent", () => deps.runner.recordIntent(trip, items));
  return items;
}
