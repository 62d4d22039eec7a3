/** Held calls until humans have answered. Not yet: whatever is held stays held. */
import { TriplineError } from "@tripline/model";
import type { Holds } from "../holds.ts";

export function createApprovals(): Holds {
  return {
    open: () => Promise.reject(new TriplineError("TL_GATE_UNAVAILABLE", "Approvals are not there yet.")),
    claim: () => Promise.resolve({ kind: "refused", reason: "Approvals are not there yet." }),
  };
}
