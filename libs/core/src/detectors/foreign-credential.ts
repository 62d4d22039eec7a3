import type { Finding } from "@tripline/model";
import type { Detector, DetectorContext, Observed } from "./detector.ts";
import { agentName, feature, HARD_BITS, isIrreversible, isSideEffect, makeFinding } from "./evidence.ts";
import { foreignUses } from "./foreign-use.ts";

/**
 * Hard: somebody else's credential used for anything but a plain read, or an unregistered one for something irreversible.
 * The soft side (reads, unregistered credentials) weighs by what the agent did before: see `scope-drift.ts`.
 */
export const foreignCredential: Detector<null> = {
  name: "foreign-credential",
  inspect(observed: Observed, _baseline: null, context: DetectorContext): Finding[] {
    if (observed.action.credentials.length === 0) return [];
    const { verdicts } = observed.classification;
    // What was not understood counts as a side effect: its verdict is `execute`.
    const verdict = verdicts.find(isIrreversible) ?? verdicts.find(isSideEffect);
    if (verdict === undefined) return [];
    const use = foreignUses(observed, context.registry).find(({ record }) => record !== null || isIrreversible(verdict));
    if (use === undefined) return [];
    const { record } = use;
    const rule = record === null ? "credential.unregistered-irreversible" : "credential.never-issued";
    const what = record === null ? "a credential that nobody registered" : `credential ${record.id} (${record.provider} ${record.kind}, ${record.environment})`;
    const holder = record === null ? "" : `, issued to ${record.issuedTo.length === 0 ? "no agent" : record.issuedTo.slice(0, 3).join(", ")}`;
    const summary = `${agentName(observed)} was expected to use its own credentials, but called ${verdict.operation} with ${what}${holder}.`;
    const features = [feature("credential", HARD_BITS, "issued to this agent", record?.id ?? "not in the inventory")];
    return [makeFinding({ detector: this.name, weight: "hard", rule, bits: HARD_BITS, summary, features, risk: null }, observed, context)];
  },
};
