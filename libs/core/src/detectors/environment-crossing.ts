import { UNKNOWN_ENVIRONMENT, type Finding } from "@tripline/model";
import type { Verdict } from "../classify/verdict.ts";
import { matchesAny } from "../registry/pattern.ts";
import type { Detector, DetectorContext, Observed } from "./detector.ts";
import { agentName, feature, HARD_BITS, isIrreversible, isSideEffect, makeFinding } from "./evidence.ts";
import { askedAtGate, wasRefusedAtGate } from "./gate-answer.ts";
import { agentEnvironments, placeName, placesOf, type Place } from "./place.ts";
import { standingApproval } from "./standing-approval.ts";

interface Crossing {
  readonly verdict: Verdict;
  readonly place: Place;
  readonly rule: "environment.crossing" | "environment.unknown-irreversible";
}

/** Hard: a side effect outside the agent's environments, or something irreversible where nobody knows the environment. */
export const environmentCrossing: Detector<null> = {
  name: "environment-crossing",
  inspect(observed: Observed, _baseline: null, context: DetectorContext): Finding[] {
    const crossing = findCrossing(observed, context);
    if (crossing === null) return [];
    const { verdict, place, rule } = crossing;
    const allowed = agentEnvironments(observed, context.registry);
    const expected = allowed.size === 0 ? "a known environment" : [...allowed].join(", ");
    const summary =
      rule === "environment.crossing"
        ? `${agentName(observed)} works in ${expected}, but ${verdict.operation} ${wasRefusedAtGate(observed) ? "was asked for" : "took effect"} on ${placeName(place)} in ${place.environment} (said by the ${place.source}).`
        : `${agentName(observed)} works in ${expected}, but called the irreversible ${verdict.operation} on ${placeName(place)}, whose environment nobody knows.`;
    const features = [feature("environment", HARD_BITS, expected, place.environment)];
    return [makeFinding({ detector: this.name, weight: "hard", rule, bits: HARD_BITS, summary, features, risk: null }, observed, context)];
  },
};

function findCrossing(observed: Observed, { registry }: DetectorContext): Crossing | null {
  // Made when the first place of a known environment asks: most calls name none.
  let patterns: readonly string[] | null = null;
  for (const verdict of observed.classification.verdicts) {
    if (!isSideEffect(verdict)) continue;
    for (const place of placesOf(verdict, observed, registry)) {
      if (place.environment !== UNKNOWN_ENVIRONMENT) {
        patterns ??= [...agentEnvironments(observed, registry)];
        // An agent of no known environment cannot leave one; the irreversible rule still holds for it.
        if (patterns.length > 0 && !matchesAny(patterns, place.environment)) return { verdict, place, rule: "environment.crossing" };
      } else if (isIrreversible(verdict) && !askedAtGate(observed) && standingApproval(verdict, observed, registry) === null) {
        return { verdict, place, rule: "environment.unknown-irreversible" };
      }
    }
  }
  return null;
}
