/** What a door tells the caller. The same words over every door. */
import type { GateDecision, Verdict } from "@tripline/core";

export interface HeldAs {
  readonly approvalId: string;
  /** Page for the approvers; the caller may show it, and cannot approve by it. */
  readonly link: string | null;
  readonly expiresAtMs: number;
}

export type GateAnswer =
  | { readonly kind: "allow"; readonly callId: string; readonly decision: Extract<GateDecision, { kind: "allow" }> }
  | { readonly kind: "deny"; readonly callId: string; readonly decision: Extract<GateDecision, { kind: "deny" }> }
  | { readonly kind: "hold"; readonly callId: string; readonly decision: Extract<GateDecision, { kind: "hold" }>; readonly held: HeldAs };

/** JSON body of an answer: see the OpenAPI document. */
export interface AnswerBody {
  readonly decision: "allow" | "deny" | "hold";
  readonly callId: string;
  readonly rule: string;
  readonly reasons: readonly string[];
  readonly saferAlternative: string | null;
  readonly approval: { readonly id: string; readonly link: string | null; readonly expiresAtMs: number } | null;
}

export function answerBody(answer: GateAnswer): AnswerBody {
  const { decision, callId } = answer;
  return {
    decision: answer.kind, callId, rule: decision.by, reasons: [decision.reason],
    saferAlternative: saferOf(decision.verdict),
    approval: answer.kind === "hold" ? { id: answer.held.approvalId, link: answer.held.link, expiresAtMs: answer.held.expiresAtMs } : null,
  };
}

const saferOf = (verdict: Verdict | null): string | null => verdict?.saferAlternative ?? null;
