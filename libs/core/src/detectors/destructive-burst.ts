import type { Finding } from "@tripline/model";
import { SCALES_MS } from "../baseline/layout.ts";
import type { BaselineView } from "../baseline/view.ts";
import type { Detector, DetectorContext, Observed } from "./detector.ts";
import { agentName, feature, isDestructive, makeFinding } from "./evidence.ts";

/** Soft: more destructive actions close together than this agent's own history explains, from seconds to an hour. */
export const destructiveBurst: Detector<BaselineView> = {
  name: "destructive-burst",
  inspect(observed: Observed, baseline: BaselineView, context: DetectorContext): Finding[] {
    const { bits, scale, count, usual } = baseline.burst;
    if (!baseline.destructive || bits <= 0) return [];
    const operation = observed.classification.verdicts.find(isDestructive)?.operation ?? "unknown";
    const span = words(SCALES_MS[scale]!);
    const found = Math.round(count + 1);
    const summary = `${agentName(observed)} usually has ${amount(usual)} other destructive actions within ${span} of one, but this ${operation} is number ${found} at that pace.`;
    const features = [
      feature(`destructive actions within ${span}`, bits, `${amount(usual)} others`, `${amount(count)} others`),
      feature("share of destructive actions", -Math.log2(baseline.share), `${(100 * baseline.share).toFixed(1)} %`, operation),
    ];
    return [makeFinding({ detector: this.name, weight: "soft", rule: `burst.within-${span.replace(" ", "")}`, bits, summary, features, risk: null }, observed, context)];
  },
};

function words(ms: number): string {
  if (ms < 60_000) return `${ms / 1_000} s`;
  return ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`;
}

function amount(count: number): string {
  return count < 0.095 ? "almost no" : count.toFixed(1);
}
