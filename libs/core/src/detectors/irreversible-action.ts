import { type Finding, UNKNOWN_ENVIRONMENT } from "@tripline/model";
import type { Detector, DetectorContext, Observed } from "./detector.ts";
import { agentName, feature, HARD_BITS, isIrreversible, makeFinding } from "./evidence.ts";
import { askedAtGate } from "./gate-answer.ts";
import { placeName, placesOf } from "./place.ts";
import { standingApproval } from "./standing-approval.ts";

/** Hard: an irreversible operation that nobody approved, neither in a grant nor at the gate. One is enough. */
export const irreversibleAction: Detector<null> = {
  name: "irreversible-action",
  inspect(observed: Observed, _baseline: null, context: DetectorContext): Finding[] {
    if (askedAtGate(observed)) return [];
    const verdict = observed.classification.verdicts.find(
      (candidate) => isIrreversible(candidate) && standingApproval(candidate, observed, context.registry) === null,
    );
    if (verdict === undefined) return [];
    const where = placesOf(verdict, observed, context.registry)[0]!;
    const summary = `${agentName(observed)} was expected to ask before anything irreversible, but called ${verdict.operation} on ${placeName(where)} (${where.environment === UNKNOWN_ENVIRONMENT ? "environment unknown" : where.environment}): ${verdict.reason}`;
    const features = [feature("operation", HARD_BITS, "approved, or listed in a grant as irreversible", `${verdict.operation} (${verdict.rule})`)];
    return [makeFinding({ detector: this.name, weight: "hard", rule: `irreversible.${verdict.operation}`, bits: HARD_BITS, summary, features, risk: null }, observed, context)];
  },
};
