/** What one call is worth as evidence, and what follows from it before it runs. The only place that says so. */
import { type Assessment, type Classification, isIrreversible, isUnknown, type Verdict } from "@tripline/core";

/** A hard finding outranks all evidence that grows by degrees. */
const HARD_BITS = 64;

/** Bits against the call: a hard finding, or the score of its arguments, or what the agent's risk exceeds its budget by. */
export function scoreOf({ findings, risk, habits }: Pick<Assessment, "findings" | "risk" | "habits">): number {
  if (findings.some(({ weight }) => weight === "hard")) return HARD_BITS;
  return Math.max(habits.score, risk.over ? risk.bits : 0);
}

/** What a gate holds for an approval by what it does: irreversible beyond the agent's own checkout, or deleting where nobody knows whether it can be undone. */
export function asksApproval({ verdicts }: Classification): boolean {
  return verdicts.some((verdict) => isIrreversible(verdict) || isUnknownLoss(verdict));
}

/** What a gate holds at all: what asks for an approval, and what brings the agent's risk to its threshold. */
export function isHeld({ risk, habits }: Pick<Assessment, "risk" | "habits">, classification: Classification): boolean {
  return risk.over || habits.bits >= habits.alertBits || asksApproval(classification);
}

/** One session as a whole, for telling agents apart: the mean of its calls, so that long sessions do not look stranger than short ones. */
export function sessionScoreOf(bits: readonly number[]): number {
  return bits.length === 0 ? 0 : bits.reduce((sum, one) => sum + one, 0) / bits.length;
}

const isUnknownLoss = (verdict: Verdict): boolean => isUnknown(verdict) && verdict.effect === "delete";
