/**
 * What may become of a held call, and by whom: waiting → approved by as many as it takes → executing → executed or unclear; refused, cancelled,
 * expired or void on the way. Pure: who stores an approval asks here what it becomes, and keeps that, or the reason why not.
 */
import { canonicalJson } from "@tripline/canonical";
import { type Approval, type ApprovalStatus, type Assent, type GatePolicy, LIMITS } from "@tripline/model";
import type { BoundAction } from "./bound-action.ts";
import type { Hold } from "./held.ts";

/** A human who approves; `environments`: where, empty = everywhere. */
export interface ApprovingHuman {
  readonly id: string;
  readonly environments: readonly string[];
}

export type ApprovalChange =
  | { readonly kind: "changed"; readonly approval: Approval }
  /** `because` is from a closed list, for counting; `reason` is a sentence. */
  | { readonly kind: "refused"; readonly because: ApprovalRefusal; readonly reason: string };

export type ApprovalRefusal = "own-call" | "environment" | "twice" | "status" | "expired" | "too-early" | "no-backup";

const SETTLED: ReadonlySet<ApprovalStatus> = new Set(["executed", "unclear", "refused", "cancelled", "expired", "void"]);

/** Nothing follows any more. */
export const isSettled = ({ status }: Pick<Approval, "status">): boolean => SETTLED.has(status);

/** The approval of a call that was just held. */
export function openApproval(id: string, hold: Hold, bound: BoundAction, actionDigest: string, { approvalTtlMs }: GatePolicy, nowMs: number): Approval {
  return {
    v: 1, version: 1, id, tenant: bound.tenant, agent: bound.agent, callId: bound.callId, actionDigest, status: "waiting",
    rule: hold.by.slice(0, LIMITS.textChars), operation: hold.verdict?.operation.slice(0, LIMITS.nameChars) ?? bound.tool, environment: hold.environment.slice(0, LIMITS.nameChars), level: hold.level,
    summary: hold.reason.slice(0, LIMITS.textChars), needed: hold.needed, given: [], by: null, reason: "", executeAtMs: null, expiresAtMs: nowMs + approvalTtlMs,
    policy: bound.policy, atMs: nowMs,
  };
}

/** What is said with a yes. */
export interface Yes {
  readonly reason: string;
  /** It may run though nothing could bring back what it destroys. */
  readonly withoutBackup: boolean;
  /** Why no restorable backup is out of the agent's reach, nor can be made first; null where one is, or the call asks for none. */
  readonly unbacked: string | null;
}

/** One more approver. Whoever runs as the agent approves nothing, and nobody counts twice; but who had not said "without a backup" may say it. */
export function approve(approval: Approval, human: ApprovingHuman, { reason, withoutBackup, unbacked }: Yes, policy: GatePolicy, nowMs: number): ApprovalChange {
  const refused = mayNot(approval, human) ?? (approval.status === "waiting" ? null : already(approval)) ?? over(approval, nowMs);
  if (refused !== null) return refused;
  const before = approval.given.find(({ by }) => by === human.id);
  if (before !== undefined && (before.withoutBackup === true || !withoutBackup)) return refuse("twice", `${human.id} has approved it already; ${approval.needed - approval.given.length} more must.`);
  const given = [...approval.given.filter((one) => one !== before), { by: human.id, atMs: nowMs, ...(withoutBackup ? { withoutBackup } : {}) }];
  if (unbacked !== null && !given.every(saidWithout)) return refuse("no-backup", noBackup(unbacked, withoutBackup, given));
  if (given.length < approval.needed) return next(approval, { given, by: human.id, reason: cut(reason) }, nowMs);
  const executeAtMs = nowMs + undoWindowMs(approval, policy);
  return next(approval, { given, by: human.id, reason: cut(reason), status: "approved", executeAtMs, expiresAtMs: executeAtMs + policy.approvalTtlMs }, nowMs);
}

/** All of its approvers have said so: one alone does not speak for the others. */
export const runsWithoutBackup = ({ given, needed }: Pick<Approval, "given" | "needed">): boolean => given.length >= needed && given.every(saidWithout);

const saidWithout = ({ withoutBackup }: Assent): boolean => withoutBackup === true;

function noBackup(unbacked: string, withoutBackup: boolean, given: readonly Assent[]): string {
  if (!withoutBackup) return `${unbacked} Say that it may run without one (--without-backup, or the box on its page), or refuse it.`;
  return `${unbacked} ${given.filter((one) => !saidWithout(one)).map(({ by }) => by).join(", ")} approved it with one, and must first say as well that it may run without.`;
}

/** Between the last approval and execution. */
export function undoWindowMs({ level }: Pick<Approval, "level">, policy: GatePolicy): number {
  return level === "highest" ? policy.undoWindowHighestMs : policy.undoWindowMs;
}

/** A human's no, while it waits. */
export function refuseApproval(approval: Approval, human: ApprovingHuman, reason: string, nowMs: number): ApprovalChange {
  const refused = mayNot(approval, human) ?? (approval.status === "waiting" ? null : already(approval)) ?? over(approval, nowMs);
  return refused ?? next(approval, { status: "refused", by: human.id, reason: cut(reason) }, nowMs);
}

/** Until a gate has claimed it, whoever may approve it may take it back, whoever had given it. */
export function cancelApproval(approval: Approval, human: ApprovingHuman, reason: string, nowMs: number): ApprovalChange {
  const isOpen = approval.status === "waiting" || approval.status === "approved";
  const refused = mayNot(approval, human) ?? (isOpen ? null : already(approval)) ?? over(approval, nowMs);
  return refused ?? next(approval, { status: "cancelled", by: human.id, reason: cut(reason) }, nowMs);
}

/** By one gate, to execute it or have the runtime do it; the store lets exactly one of these changes through. */
export function claimApproval(approval: Approval, nowMs: number): ApprovalChange {
  if (approval.status !== "approved") return already(approval);
  const refused = over(approval, nowMs);
  if (refused !== null) return refused;
  if (approval.given.length < approval.needed || approval.executeAtMs === null) return refuse("status", "It does not have the approvers that it needs.");
  if (nowMs < approval.executeAtMs) return refuse("too-early", `Its undo window ends at ${new Date(approval.executeAtMs).toISOString()}.`);
  return next(approval, { status: "executing", by: null, reason: "" }, nowMs);
}

export function expireApproval(approval: Approval, nowMs: number): ApprovalChange {
  if (approval.status !== "waiting" && approval.status !== "approved") return already(approval);
  if (nowMs < approval.expiresAtMs) return refuse("too-early", "Its time is not over.");
  return next(approval, { status: "expired", by: null, reason: approval.status === "waiting" ? "Nobody approved it in time." : "It was not used in time." }, nowMs);
}

/** What came of it. `void`: nothing was executed, for that reason. */
export function settleApproval(approval: Approval, status: "executed" | "unclear" | "void", reason: string, nowMs: number): ApprovalChange {
  const fits = approval.status === "executing" || (status === "void" && (approval.status === "approved" || approval.status === "waiting"));
  return fits ? next(approval, { status, by: null, reason: cut(reason) }, nowMs) : already(approval);
}

/** Names of the parts in which two bound actions differ, for whoever must be told why an approval is void. */
export function changedParts(before: BoundAction, now: BoundAction): string[] {
  const parts = new Set([...Object.keys(before), ...Object.keys(now)]) as Set<keyof BoundAction>;
  const text = (value: unknown): string => JSON.stringify(canonicalJson(value));
  return [...parts].filter((part) => text(before[part]) !== text(now[part]));
}

function mayNot({ agent, environment }: Approval, { id, environments }: ApprovingHuman): ApprovalChange | null {
  if (id === agent) return refuse("own-call", `${id} is the agent that calls; nobody decides on calls of their own.`);
  if (environments.length > 0 && !environments.includes(environment)) return refuse("environment", `${id} decides on ${environments.join(", ")}, and this is in ${environment}.`);
  return null;
}

function over({ expiresAtMs }: Approval, nowMs: number): ApprovalChange | null {
  return nowMs < expiresAtMs ? null : refuse("expired", "Its time is over.");
}

const already = ({ status, by }: Approval): ApprovalChange => refuse("status", `It is ${status}${by === null ? "" : ` by ${by}`}.`);
const refuse = (because: ApprovalRefusal, reason: string): ApprovalChange => ({ kind: "refused", because, reason });
const cut = (text: string): string => text.slice(0, LIMITS.textChars);

function next(approval: Approval, change: Partial<Approval>, nowMs: number): ApprovalChange {
  // A clock that was set back must not put a change before the one that it follows.
  return { kind: "changed", approval: { ...approval, ...change, version: approval.version + 1, atMs: Math.max(nowMs, approval.atMs) } };
}
