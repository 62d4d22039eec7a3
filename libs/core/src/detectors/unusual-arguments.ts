import type { Finding, Provenance } from "@tripline/model";
import type { JudgedArgument } from "../baseline/habits/habits.ts";
import type { BaselineView } from "../baseline/view.ts";
import type { Detector, DetectorContext, Observed } from "./detector.ts";
import { agentName, feature, makeFinding } from "./evidence.ts";

const WORDS: Record<Provenance, string> = { task: "the task", "tool-output": "tool output", novel: "nowhere seen before" };

/**
 * Soft: a value new to the agent, taken from tool output, where its habits do not explain it; strongest where nothing in the call
 * came from the task. That is how a call looks which an injected text asked for. Values are not repeated here: the action has them.
 */
export const unusualArguments: Detector<BaselineView> = {
  name: "unusual-arguments",
  inspect(observed: Observed, { habits }: BaselineView, context: DetectorContext): Finding[] {
    const strange = habits.arguments.filter(({ bits }) => bits > 0).toSorted((one, other) => other.bits - one.bits);
    if (strange.length === 0 || habits.bits <= 0) return [];
    const { action } = observed;
    const named = strange.map(({ signs }) => signs.path || "its input").join(", ");
    const origin = habits.isUntasked ? " Nothing in the call came from its task." : "";
    const rarity = `Among ${Math.round(habits.calls)} remembered calls of the agent one so unusual is expected in ${Math.round(2 ** habits.bits).toLocaleString("en")}.`;
    const summary = `${agentName(observed)} called ${action.tool} with ${named}: new to it, and out of tool output.${origin} ${rarity}`;
    const features = strange.map(argumentFeature);
    return [makeFinding({ detector: this.name, weight: "soft", rule: habits.isUntasked ? "arguments.untasked" : "arguments.injected", bits: habits.bits, summary, features, risk: null }, observed, context)];
  },
};

function argumentFeature({ signs, bits, usual }: JudgedArgument): ReturnType<typeof feature> {
  const share = `${(100 * usual).toFixed(usual < 0.01 ? 2 : 1)} %`;
  return feature(`argument ${signs.path}`, bits, `a new value from ${WORDS[signs.origin]} in ${share} of calls`, `a new value from ${WORDS[signs.origin]}`);
}
