/** What one call is worth as evidence, and what follows from it before it runs. The only place that says so. */
import { type Assessment, type Classification, isIrreversible, isUnknown, type Verdict } from "@tripline/core";

/** Bits against the call: the strongest finding on it, or the agent's risk with it. */
export function scoreOf({ findings, risk }: Pick<Assessment, "findings" | "risk">): number {
  return findings.reduce((most, { bits }) => Math.max(most, bits), risk.bits);
}

/** What a gate holds for an approval by what it does: irreversible beyond the agent's own checkout, or deleting where nobody knows whether it can be undone. */
export function asksApproval({ verdicts }: Classification): boolean {
  return verdicts.some((verdict) => isIrreversible(verdict) || isUnknownLoss(verdict));
}

const isUnknownLoss = (verdict: Verdict): boolean => isUnknown(verdict) && verdict.effect === "delete";
