/**
 * A human's permission for exactly one action, from the held call to what came of it. Each change is a record on `approvals`, so that the
 * topic is its history; which gate may execute it is decided in the store, once.
 */
import { Type, type Static } from "typebox";
import { Digest } from "./finding.ts";
import { LIMITS } from "./limits.ts";
import { EpochMs, FactVersion, literals } from "./words.ts";

const Id = Type.String({ minLength: 1, maxLength: LIMITS.idChars });
const Name = Type.String({ maxLength: LIMITS.nameChars });
const Text = Type.String({ maxLength: LIMITS.textChars });

/**
 * `waiting` for approvers → `approved` by as many as it takes, executed once its undo window has passed → `executing`, claimed by one gate →
 * `executed`, or `unclear` where the gate or its connection died before the answer. `void`: what it was bound to has changed since.
 */
export const APPROVAL_STATUSES = ["waiting", "approved", "executing", "executed", "unclear", "refused", "cancelled", "expired", "void"] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];

/** One approver's word. `withoutBackup`: said in so many words that it may run though nothing could bring back what it destroys. */
export const Assent = Type.Object({ by: Id, atMs: EpochMs, withoutBackup: Type.Optional(Type.Literal(true)) });
export type Assent = Static<typeof Assent>;

export const Approval = Type.Object({
  v: Type.Literal(1),
  version: FactVersion,
  id: Id,
  tenant: Id,
  agent: Id,
  callId: Id,
  /** Digest of everything that execution is bound to: see `libs/core/src/decision/bound-action.ts`. */
  actionDigest: Digest,
  status: literals(APPROVAL_STATUSES),
  /** What asks for approval: rule, canonical operation, where. */
  rule: Text,
  operation: Name,
  environment: Name,
  /** `highest`: backups, volumes and their protection. */
  level: literals(["standard", "highest"] as const),
  /** One sentence for a human. */
  summary: Text,
  needed: Type.Integer({ minimum: 1, maximum: 8 }),
  given: Type.Array(Assent, { maxItems: 8 }),
  /** Who made this change; null where a gate did. */
  by: Type.Union([Id, Type.Null()]),
  /** Why, where it was refused, cancelled or void. */
  reason: Text,
  /** When the undo window ends; null before it is approved. */
  executeAtMs: Type.Union([EpochMs, Type.Null()]),
  expiresAtMs: EpochMs,
  /** How much is kept, sealed, of the call. */
  keptBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  policy: FactVersion,
  atMs: EpochMs,
});
export type Approval = Static<typeof Approval>;
