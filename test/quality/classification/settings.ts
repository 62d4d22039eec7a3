/** What counts as flagged, from the strictest question to the widest. Each is asked of every operation found in a call. */
import { type Classification, isDestructive, isIrreversible, isSideEffect, isUnknown, mayOverwrite, type Verdict } from "@tripline/core";

export const SETTINGS = ["hard", "irreversible", "destructive", "overwrites", "approval", "sideEffect"] as const;
export type Setting = (typeof SETTINGS)[number];

const lastsForever = (verdict: Verdict): boolean => verdict.reversibility === "irreversible" && isSideEffect(verdict);

const ASKS: Readonly<Record<Setting, (verdict: Verdict) => boolean>> = {
  // One is enough to trip.
  hard: isIrreversible,
  // The same, and uncommitted work in the agent's own checkout.
  irreversible: lastsForever,
  // What bursts are counted in.
  destructive: isDestructive,
  // Not known to only read or add: what MCP servers say of their tools with `destructiveHint`.
  overwrites: mayOverwrite,
  // Nothing that is known to be harmless or undoable.
  approval: (verdict) => lastsForever(verdict) || isUnknown(verdict),
  sideEffect: isSideEffect,
};

export function isFlagged(setting: Setting, { verdicts }: Classification): boolean {
  return verdicts.some(ASKS[setting]);
}
