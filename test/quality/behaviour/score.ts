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

/** What a gate holds at all: what asks for an approval, and what brings the agent's risk to its threshold. */
export function isHeld({ risk }: Pick<Assessment, "risk">, classification: Classification): boolean {
  return risk.over || asksApproval(classification);
}

/** One session as a whole, for telling agents apart: the mean of its calls, so that long sessions do not look stranger than short ones. */
export function sessionScoreOf(bits: readonly number[]): number {
  return bits.length === 0 ? 0 : bits.reduce((sum, one) => sum + one, 0) / bits.length;
}

const isUnknownLoss = (verdict: Verdict): boolean => isUnknown(verdict) && verdict.effect === "delete";
