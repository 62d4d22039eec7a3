import type { Finding } from "@tripline/model";
import { decoyTouched } from "./decoy-touched.ts";
import type { DetectorContext, Observed } from "./detector.ts";
import { environmentCrossing } from "./environment-crossing.ts";
import { isSideEffect } from "./evidence.ts";
import { foreignCredential } from "./foreign-credential.ts";
import { gateBypass } from "./gate-bypass.ts";
import { irreversibleAction } from "./irreversible-action.ts";

/** The detectors that trip at the first action and need no baseline. They run twice over: in the detector and in the breaker's own reader. */
export const HARD_DETECTORS = [irreversibleAction, environmentCrossing, foreignCredential, gateBypass, decoyTouched] as const;
/** Those of them for which a read is enough. */
const OF_READS = [gateBypass, decoyTouched] as const;

/**
 * Every hard finding on one action; none for an identity that was merely claimed, so that nobody can trip another's breaker.
 * Attempts count like results, and refused or failed calls like successful ones: intent is what trips.
 */
export function inspectHardRules(observed: Observed, context: DetectorContext): Finding[] {
  if (observed.action.assurance === "claimed") return [];
  const detectors = observed.classification.verdicts.some(isSideEffect) ? HARD_DETECTORS : OF_READS;
  let found: Finding[] | null = null;
  for (const detector of detectors) {
    const own = detector.inspect(observed, null, context);
    if (own.length > 0) found = found === null ? own : [...found, ...own];
  }
  return found ?? [];
}
