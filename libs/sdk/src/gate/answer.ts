/** What came of one question to the gate. */
import type { GateVerdict, WaitedFor } from "./errors.ts";

export type GateAnswer =
  | (GateVerdict & { readonly kind: "allow" | "deny" })
  | (GateVerdict & { readonly kind: "hold"; readonly approval: WaitedFor })
  /** Not reached, no answer in time, or one that says that no decision can be made now. */
  | { readonly kind: "away"; readonly reason: string }
  /** The gate is there and cannot use the question: no reason to let anything pass. */
  | { readonly kind: "unusable"; readonly reason: string };

export interface GateClient {
  /** Never rejects. */
  ask(question: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<GateAnswer>;
  close(): void;
}

export const MAX_ANSWER_BYTES = 262_144;
const TEXT_CHARS = 4_096;
const MAX_REASONS = 16;

export const away = (reason: string): GateAnswer => ({ kind: "away", reason });
export const unusable = (reason: string): GateAnswer => ({ kind: "unusable", reason });

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const textOf = (value: unknown): string => (typeof value === "string" ? value.slice(0, TEXT_CHARS) : "");

/** Reads a decision; anything but one for exactly this call counts as none. */
export function decisionOf(body: unknown, callId: unknown): GateAnswer {
  if (!isObject(body) || body["callId"] !== callId) return away("answer for another call");
  const verdict: GateVerdict = {
    callId: textOf(body["callId"]),
    rule: textOf(body["rule"]),
    reasons: Array.isArray(body["reasons"]) ? body["reasons"].slice(0, MAX_REASONS).map(textOf) : [],
    saferAlternative: typeof body["saferAlternative"] === "string" ? textOf(body["saferAlternative"]) : null,
  };
  switch (body["decision"]) {
    case "allow":
    case "deny":
      return { kind: body["decision"], ...verdict };
    case "hold": {
      const { approval } = body;
      if (!isObject(approval) || typeof approval["id"] !== "string") return away("a hold without an approval");
      return { kind: "hold", ...verdict, approval: { id: approval["id"], link: typeof approval["link"] === "string" ? textOf(approval["link"]) : null, expiresAtMs: Number(approval["expiresAtMs"]) } };
    }
    default:
      return away("no decision in the answer");
  }
}

/** The code of an error answer. */
export function errorCodeOf(body: unknown): string {
  const error = isObject(body) ? body["error"] : undefined;
  return isObject(error) ? textOf(error["code"]).slice(0, 64) : "";
}

/** Codes that may pass by themselves. */
const PASSING = new Set(["TL_GATE_OVERLOADED", "TL_GATE_UNAVAILABLE", "TL_INTERNAL"]);
export const noDecision = (code: string): GateAnswer => (code === "" || PASSING.has(code) ? away(code || "no decision") : unusable(code));

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
