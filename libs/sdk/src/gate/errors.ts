/** Why a gated tool did not run. None of them is thrown once the tool has begun. */

/** What the gate said of the call. */
export interface GateVerdict {
  readonly callId: string;
  /** Stable id of the rule that decided. */
  readonly rule: string;
  readonly reasons: readonly string[];
  readonly saferAlternative: string | null;
}

function sentence(what: string, { rule, reasons, saferAlternative }: GateVerdict): string {
  return `${what} (${rule}): ${reasons.join(" ")}${saferAlternative === null ? "" : ` Safer: ${saferAlternative}`}`;
}

/** The gate refused the call. */
export class TriplineDenied extends Error {
  override readonly name: string = "TriplineDenied";
  readonly verdict: GateVerdict;
  constructor(tool: string, verdict: GateVerdict) {
    super(sentence(`Tripline refused ${tool}`, verdict));
    this.verdict = verdict;
  }
}

export interface WaitedFor {
  readonly id: string;
  /** Page for the approvers; the agent may show it, and cannot approve by it. */
  readonly link: string | null;
  readonly expiresAtMs: number;
}

/** The call waits for a human's approval. Call the tool again with the same arguments once it is given, or set `waitMs`. */
export class TriplineHeld extends Error {
  override readonly name: string = "TriplineHeld";
  readonly verdict: GateVerdict;
  readonly approval: WaitedFor;
  constructor(tool: string, verdict: GateVerdict, approval: WaitedFor) {
    super(sentence(`Tripline holds ${tool} until a human has approved it, as ${approval.id}${approval.link === null ? "" : ` at ${approval.link}`}`, verdict));
    this.verdict = verdict;
    this.approval = approval;
  }
}

/** Nobody decided: the gate did not answer, or could not use the question. */
export class TriplineGateAway extends Error {
  override readonly name: string = "TriplineGateAway";
  readonly callId: string;
  readonly reason: string;
  constructor(tool: string, callId: string, reason: string) {
    super(`Tripline's gate did not decide on ${tool} (${reason}), so it did not run.`);
    this.callId = callId;
    this.reason = reason;
  }
}
