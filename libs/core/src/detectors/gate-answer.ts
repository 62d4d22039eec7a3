/** What the gate's word on a call means for a record that tells of the call. */
import type { Observed } from "./detector.ts";

/**
 * True for the gate's own record, whatever the answer (what asks before it acts and waits, or is refused, has destroyed nothing), and for
 * telemetry of a call that the gate allowed as it is reported, or refused and that nothing says was run. Telemetry cannot say this of itself.
 */
export function askedAtGate(observed: Observed): boolean {
  const { action, gate } = observed;
  if (action.source.signal === "gate" && action.decision !== null) return true;
  return gate?.covers === true && (gate.outcome === "allow" || !hasRun(observed));
}

/** True for a result that tells of no refusal and no failure. */
export function hasRun({ action }: Observed): boolean {
  const status = action.outcome?.status ?? "unknown";
  return action.phase === "result" && (status === "ok" || status === "unknown");
}

/** True for a call that the gate denied or holds and that nothing says was run: no action of the agent's, but a question. */
export function wasRefusedAtGate(observed: Observed): boolean {
  const { action, gate } = observed;
  if (action.source.signal === "gate" && action.decision !== null) return action.decision.outcome !== "allow";
  return gate?.covers === true && gate.outcome !== "allow" && !hasRun(observed);
}
