/** What approvers order, for every way in which they can: over JSON and on the page. */
import { TriplineError } from "@tripline/model";
import type { Approver } from "../deps.ts";
import type { GateLimits } from "../limits.ts";
import type { Approvals, Order } from "./approvals.ts";
import type { IdentifyApprover } from "./approver-identity.ts";
import type { Bypasses } from "./bypasses.ts";

export interface ApproversDoorDeps {
  readonly approvals: Approvals;
  readonly bypasses: Bypasses;
  readonly identify: IdentifyApprover;
  readonly approvalKey: () => Uint8Array;
  readonly limits: GateLimits;
  readonly clock: () => number;
  /** Under which address approvers reach the page, where something stands before this door; null: as it listens. */
  readonly publicUrl: URL | null;
  /** The tenant of a bypass. */
  readonly tenantOf: (agent: string) => string | null;
}

/** An approver sees what they may decide on. */
export const isTheirs = ({ environments }: Approver, environment: string): boolean => environments.length === 0 || environments.includes(environment);

/** What comes with an order; whoever does not say that it may run without a backup has not said it. */
export interface Word {
  readonly reason: string;
  readonly withoutBackup: boolean;
}

/** @throws TL_APPROVAL_REFUSED, TL_APPROVAL_UNKNOWN, TL_GATE_UNAVAILABLE */
export async function give(order: Order, id: string, approver: Approver, { reason, withoutBackup }: Word, approvals: Approvals) {
  const changed = await approvals.order(order, id, approver, reason, withoutBackup);
  if (changed.kind === "refused") throw new TriplineError("TL_APPROVAL_REFUSED", changed.reason);
  return changed.entry.row.approval;
}
