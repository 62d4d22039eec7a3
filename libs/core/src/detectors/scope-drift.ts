import type { Feature, Finding } from "@tripline/model";
import { SCOPE_FEATURES, type ScopeFeature } from "../baseline/layout.ts";
import { SCOPE } from "../baseline/scope.ts";
import type { BaselineView } from "../baseline/view.ts";
import type { Detector, DetectorContext, Observed } from "./detector.ts";
import { agentName, feature, makeFinding } from "./evidence.ts";

const DRIFT_FEATURES: readonly ScopeFeature[] = ["operation", "resource", "environment", "grant", "provenance"];

const WORDS: Record<ScopeFeature, string> = {
  operation: "an operation new for it",
  resource: "a side effect on a resource new for it",
  environment: "an environment new for it",
  grant: "something outside its grant",
  provenance: "a side effect with a value that came from tool output",
  foreign: "a credential of somebody else",
  unregistered: "a credential that nobody registered",
};

/** Soft: outside the grant, new against the agent's own history, or a slow climb of its destructive share. */
export const scopeDrift: Detector<BaselineView> = {
  name: "scope-drift",
  inspect(observed: Observed, baseline: BaselineView, context: DetectorContext): Finding[] {
    const { climb } = baseline;
    const shown = shownFeatures(baseline, DRIFT_FEATURES);
    const features = shown.map((name) => scopeFeature(name, observed, baseline));
    const sentences: string[] = [];
    if (shown.length > 0) {
      sentences.push(`${agentName(observed)} was expected to keep to its grant and habits, but called ${observed.classification.worst.operation}: ${shown.map((name) => WORDS[name]).join("; ")}.`);
    }
    if (climb.bits > 0) {
      sentences.push(
        `Over ${climb.days} days ${percent(climb.shareNow)} of the actions of agent ${observed.action.agent.id} were destructive; ${percent(climb.shareBefore)} were expected from the days before.`,
      );
      features.push(feature("destructive share over days", climb.bits, percent(climb.shareBefore), `${percent(climb.shareNow)} over ${climb.days} days`));
    }
    const bits = Math.max(climb.bits, shownBits(shown, baseline));
    if (sentences.length === 0 || bits <= 0) return [];
    const rule = climb.bits >= bits ? "drift.destructive-climb" : `drift.${shown[0] ?? "scope"}`;
    return [makeFinding({ detector: this.name, weight: "soft", rule, bits, summary: sentences.join(" "), features, risk: null }, observed, context)];
  },
};

/** Soft twin of the hard rule: reads with somebody else's credential, and anything with one that nobody registered. */
export const foreignCredentialUse: Detector<BaselineView> = {
  name: "foreign-credential",
  inspect(observed: Observed, baseline: BaselineView, context: DetectorContext): Finding[] {
    const shown = shownFeatures(baseline, ["foreign", "unregistered"]);
    if (shown.length === 0) return [];
    const features = shown.map((name) => scopeFeature(name, observed, baseline));
    const summary = `${agentName(observed)} was expected to use its own credentials, but called ${observed.classification.worst.operation} with ${shown.map((name) => WORDS[name]).join(" and ")}.`;
    const bits = shownBits(shown, baseline);
    return [makeFinding({ detector: this.name, weight: "soft", rule: `credential.${shown[0]!}-use`, bits, summary, features, risk: null }, observed, context)];
  },
};

/** Features that this action shows and that are rare for the agent, rarest first. */
function shownFeatures({ scope }: BaselineView, among: readonly ScopeFeature[]): ScopeFeature[] {
  return among
    .filter((name) => scope.signs.shown[SCOPE[name]] === 1 && scope.featureOdds[SCOPE[name]]! > 1)
    .toSorted((a, b) => scope.featureOdds[SCOPE[b]]! - scope.featureOdds[SCOPE[a]]!);
}

/** The level that the action reached, or its rarest sign alone where ordinary signs beside it hide that. Risk counts the level. */
function shownBits(shown: readonly ScopeFeature[], { scope }: BaselineView): number {
  return shown.length === 0 ? 0 : Math.max(scope.level, Math.log2(scope.featureOdds[SCOPE[shown[0]!]]!));
}

function scopeFeature(name: ScopeFeature, observed: Observed, { scope }: BaselineView): Feature {
  const at = SCOPE_FEATURES.indexOf(name);
  const { action, classification } = observed;
  const seen: Record<ScopeFeature, string> = {
    operation: `${action.tool} ${classification.worst.operation}`,
    resource: action.resource?.id ?? classification.worst.targets[0]?.id ?? "",
    environment: action.resource?.environment ?? classification.worst.targets[0]?.environment ?? "",
    grant: scope.grantObserved,
    provenance: Object.entries(action.provenance).find(([, origin]) => origin === "tool-output")?.[0] ?? "",
    foreign: "issued to somebody else",
    unregistered: "not in the inventory",
  };
  const nearest = name === "operation" && scope.nearest !== "" ? `; nearest ordinary: ${scope.nearest}` : "";
  const expected = name === "grant" ? scope.grantExpects : `in ${percent(scope.usual[at]!)} of actions${nearest}`;
  return feature(name, Math.log2(scope.featureOdds[at]!), expected, seen[name]);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.01 ? 2 : 1)} %`;
}
