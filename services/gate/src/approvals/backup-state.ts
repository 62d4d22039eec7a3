/** What an approver is told of backups: looked up when it is asked for, since a backup that was there at the time of the call may be gone. */
import type { Approval } from "@tripline/model";
import type { Kept } from "./kept.ts";

export interface BackupState {
  /** `restorable`: one exists out of the agent's reach. `reachable`: only such as the agent could destroy as well. */
  readonly kind: "restorable" | "reachable" | "none" | "unknown";
  /** One sentence for the approver. */
  readonly text: string;
  readonly takenAtMs: number | null;
}

/** Never throws; answers within its own bound of time. */
export type BackupLookup = (approval: Approval, kept: Kept) => Promise<BackupState>;

export const BACKUPS_UNKNOWN: BackupState = { kind: "unknown", text: "Nobody has looked whether a backup exists that could be restored. Count on none.", takenAtMs: null };
