/** Containment: all that a trip revoked, refused and verified. Nothing counts as contained until a probe was refused. */
import { Type, type Static } from "typebox";
import { LIMITS } from "./limits.ts";
import { EpochMs, literals } from "./words.ts";

/** Long enough for a trip id, which names tenant, agent and generation. */
const Id = Type.String({ minLength: 1, maxLength: LIMITS.idChars * 2 + 32 });
const Text = Type.String({ maxLength: LIMITS.textChars });

/** What a revocation achieved. Anything but the first two is shown to a human. */
export const RevocationOutcome = Type.Union([
  Type.Object({ kind: Type.Literal("revoked"), sessionsCut: Type.Integer({ minimum: 0 }) }),
  Type.Object({ kind: Type.Literal("already-gone") }),
  Type.Object({ kind: Type.Literal("revoked-but-sessions-open"), sessionsOpen: Type.Integer({ minimum: 0 }), reason: Text }),
  Type.Object({ kind: Type.Literal("expires-at"), expiresAtMs: EpochMs, reason: Text }),
  Type.Object({ kind: Type.Literal("not-revocable"), reason: Text }),
  /** `unknown`: the call may have taken effect (time-out, reset after sending); a probe decides. */
  Type.Object({
    kind: Type.Literal("failed"),
    reason: Text,
    effect: literals(["none", "unknown"] as const),
    retryAfterMs: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
  }),
]);
export type RevocationOutcome = Static<typeof RevocationOutcome>;

export const ProbeOutcome = Type.Union([
  Type.Object({ kind: Type.Literal("refused"), by: literals(["used-and-refused", "provider-listing"] as const) }),
  Type.Object({ kind: Type.Literal("still-works"), by: literals(["used-and-refused", "provider-listing"] as const) }),
  Type.Object({ kind: Type.Literal("unknown"), reason: Text }),
]);
export type ProbeOutcome = Static<typeof ProbeOutcome>;

/** `intended` → `revoking` → `revoked` → `verified`, or `escalated` to a human at any point. Never silently given up. */
export const ITEM_STATES = ["intended", "revoking", "revoked", "verified", "escalated"] as const;

export const ContainmentItem = Type.Object({
  credentialId: Id,
  provider: Text,
  /** Why it is contained: a lease of the agent, registered to it, or foreign and seen in use. */
  reason: literals(["lease", "registered", "foreign"] as const),
  state: literals(ITEM_STATES),
  outcome: Type.Union([RevocationOutcome, Type.Null()]),
  probe: Type.Union([ProbeOutcome, Type.Null()]),
  attempts: Type.Integer({ minimum: 0 }),
  intendedAtMs: EpochMs,
  /** When the revocation call returned; null while unknown. */
  revokedAtMs: Type.Union([EpochMs, Type.Null()]),
  verifiedAtMs: Type.Union([EpochMs, Type.Null()]),
  /** Next attempt is due then; null when done. */
  nextAttemptMs: Type.Union([EpochMs, Type.Null()]),
  /** Set when a human was called, with what is not contained, in words. */
  escalation: Type.Union([Text, Type.Null()]),
  /** When a human ordered what was left to them; absent where nobody did. */
  orderedAtMs: Type.Optional(EpochMs),
});
export type ContainmentItem = Static<typeof ContainmentItem>;

/** The record on topic `containments`; each change of state is one record. */
export const Containment = Type.Object({
  v: Type.Literal(1),
  tripId: Id,
  tenant: Id,
  agent: Id,
  /** `open` while work remains; `verified`: every item was refused to a probe; `escalated`: a human was told what is not. */
  status: literals(["open", "verified", "escalated"] as const),
  items: Type.Array(ContainmentItem, { maxItems: 256 }),
  startedAtMs: EpochMs,
  endedAtMs: Type.Union([EpochMs, Type.Null()]),
});
export type Containment = Static<typeof Containment>;
