/** Calls that went past the gate: it refused them, or was never asked. */
import { agentKey, type Finding } from "@tripline/model";
import type { Verdict } from "../classify/verdict.ts";
import type { Detector, DetectorContext, Observed } from "./detector.ts";
import { agentName, feature, HARD_BITS, isDestructive, isSideEffect, makeFinding } from "./evidence.ts";
import { hasRun } from "./gate-answer.ts";
import { placeName, placesOf } from "./place.ts";

const NAME = "gate-bypass";
/** Evidence of one call past the gate that can be undone: worth an alert within any budget. */
const SOFT_BITS = 24;

/**
 * Hard: a call that the gate refused or holds and that ran all the same, reads included; and one of an agent whose every call must come
 * through the gate, that no decision covers and that destroys or reaches production.
 */
export const gateBypass: Detector<null> = {
  name: NAME,
  inspect(observed: Observed, _baseline: null, context: DetectorContext): Finding[] {
    const { gate, action, classification } = observed;
    if (gate !== null && gate.outcome !== "allow" && hasRun(observed)) {
      const said = gate.outcome === "deny" ? "denied" : "still holds";
      const summary = `${agentName(observed)} was expected to wait for the gate, which ${said} call ${action.callId}, but ${classification.worst.operation} ran all the same.`;
      const features = [feature("gate", HARD_BITS, gate.outcome, `${classification.worst.operation} ran`)];
      return [makeFinding({ detector: NAME, weight: "hard", rule: "gate.bypassed", bits: HARD_BITS, summary, features, risk: null }, observed, context)];
    }
    const past = pastGate(observed, context);
    return past?.isGrave === true ? [unseen(past, "hard", observed, context)] : [];
  },
};

/** Soft: any other side effect of such an agent that no decision covers. For a human to look at, whatever the baseline says; it never trips by itself. */
export const gateCoverage: Detector<unknown> = {
  name: NAME,
  inspect(observed: Observed, _baseline: unknown, context: DetectorContext): Finding[] {
    const past = pastGate(observed, context);
    return past?.isGrave === false ? [unseen(past, "soft", observed, context)] : [];
  },
};

interface PastGate {
  readonly verdict: Verdict;
  readonly isGrave: boolean;
}

/** The gravest side effect that the gate should have seen and did not; null where there is none. */
function pastGate(observed: Observed, context: DetectorContext): PastGate | null {
  const { action, classification, gate } = observed;
  if (context.registry.profile(agentKey(action.tenant, action.agent.id))?.gate !== "required") return null;
  // What a runtime's own hook decided is no deed yet, and what was refused is none; an audit log knows nothing of call ids.
  const isTelemetry = action.source.signal === "trace" || action.source.signal === "log";
  if (!isTelemetry || action.phase === "decision" || action.outcome?.status === "refused" || gate?.covers === true) return null;
  const effects = classification.verdicts.filter(isSideEffect);
  const grave = effects.find((verdict) => isGrave(verdict, observed, context));
  if (grave !== undefined) return { verdict: grave, isGrave: true };
  return effects[0] === undefined ? null : { verdict: effects[0], isGrave: false };
}

/** What is lost of the agent's own uncommitted work is its own. */
function isGrave(verdict: Verdict, observed: Observed, { registry }: DetectorContext): boolean {
  if (isDestructive(verdict) && verdict.confinedTo !== "workspace") return true;
  return placesOf(verdict, observed, registry).some(({ environment, source }) => environment === "production" && source !== "host");
}

function unseen({ verdict }: PastGate, weight: Finding["weight"], observed: Observed, context: DetectorContext): Finding {
  const where = placesOf(verdict, observed, context.registry)[0]!;
  const seen = observed.gate === null ? "no decision of the gate covers it" : "the gate decided another operation under its call id";
  const summary = `${agentName(observed)} must ask the gate before every side effect, but called ${verdict.operation} on ${placeName(where)} (${where.environment}): ${seen}.`;
  const bits = weight === "hard" ? HARD_BITS : SOFT_BITS;
  const features = [feature("gate", bits, "a decision on this call", observed.gate === null ? "none" : "one on another operation")];
  return makeFinding({ detector: NAME, weight, rule: "gate.bypass", bits, summary, features, risk: null }, observed, context);
}
