/** Held calls until humans have answered. Not yet: whatever is held stays held. */
import { TriplineError } from "@tripline/model";
import type { Guard } from "../guard/backup-state.ts";
import type { Holds } from "../holds.ts";

export interface ApprovalsDeps {
  /** What approvers are told of backups, and what is backed up before execution. */
  readonly guard: Guard;
}

export function createApprovals(_deps: ApprovalsDeps): Holds {
  return {
    open: () => Promise.reject(new TriplineError("TL_GATE_UNAVAILABLE", "Approvals are not there yet.")),
    claim: () => Promise.resolve({ kind: "refused", reason: "Approvals are not there yet." }),
  };
}
