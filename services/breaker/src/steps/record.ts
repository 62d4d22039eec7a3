import { planContainment } from "@tripline/core";
import { type BreakerRecord, encode, type Trip } from "@tripline/model";
import { drop, next } from "@tripline/runtime";
import { appendUntilDurable, untilDurable } from "../append.ts";
import type { BreakerStep, PipelineDeps } from "../pipeline.ts";

/**
 * Makes the breaker's record durable, and with a trip the intent: what is to be contained. A new trip is in a hurry: its intent is
 * written ahead with the record in it, so what follows need not wait for the log; a restart puts it there if a crash came first.
 * Everything else is in the log before anything is done to the outside.
 */
export const record: BreakerStep = {
  name: "record",
  run: async (change, deps) => {
    if (change.record === null) throw new Error("record runs after transition");
    deps.agreement?.wrote(change.record);
    const recorded = appendUntilDurable(deps, "breakers", change.key, encode("breakers", change.record));
    // Awaited below or by the last step: until then a failure is nobody's.
    recorded.catch(() => undefined);
    const isAhead = change.trip !== null && (await recordIntent(change.trip, change.record, deps)) === "ahead";
    if (!isAhead) await recorded;
    if (change.trip !== null && change.input.kind === "findings") {
      deps.metrics.histogram("tripline_action_to_trip_ms", "Action received to its trip durable").observe(Math.max(0, deps.clock() - change.input.receiveMs));
    }
    deps.metrics.counter("tripline_breaker_changes_total", "Changes of breaker state", ["change"]).add(1, { change: change.record.change });
    if (change.refused !== null) return drop(change.refused);
    return change.trip === null ? drop("not-a-trip") : next({ ...change, recorded });
  },
};

function recordIntent(trip: Trip, ahead: BreakerRecord, deps: PipelineDeps): Promise<"ahead" | "added"> {
  const items = planContainment(trip, deps.registry, deps.clock());
  return untilDurable(deps, "intent", () => deps.runner.recordIntent(trip, items, ahead));
}
