/** What an approver is told of backups: looked up when it is asked for, since a backup that was there at the time of the call may be gone. */
import type { Approval } from "@tripline/model";
import { asksForBackup } from "../guard/backup-state.ts";
import type { Shared } from "./deps.ts";
import type { Kept } from "./kept.ts";

export interface BackupState {
  /** `restorable`: one exists out of the agent's reach. `reachable`: only such as the agent could destroy as well. */
  readonly kind: "restorable" | "reachable" | "none" | "unknown";
  /** One sentence for the approver. */
  readonly text: string;
  readonly takenAtMs: number | null;
  /** One is taken before the call runs. */
  readonly takenFirst: boolean;
  /** All that the call destroys could be brought back. */
  readonly isCovered: boolean;
}

/** With what an approver must say because of it. */
export interface ShownBackup extends BackupState {
  /** Approving it takes the explicit word that it may run without a backup. */
  readonly mustBeSaid: boolean;
}

/** Never throws; answers within its own bound of time. */
export type BackupLookup = (approval: Approval, kept: Kept) => Promise<BackupState>;

const BACKUPS_UNKNOWN: BackupState = { kind: "unknown", text: "Nobody has looked whether a backup exists that could be restored. Count on none.", takenAtMs: null, takenFirst: false, isCovered: false };

/** `kept`: null where it is gone, and then nothing can be said of it. */
export async function backupOf(approval: Approval, kept: Kept | null, { backups }: Pick<Shared, "backups">): Promise<ShownBackup> {
  const state = kept === null || backups === null ? BACKUPS_UNKNOWN : await backups(approval, kept).catch(() => BACKUPS_UNKNOWN);
  return { ...state, mustBeSaid: !state.isCovered && (kept === null || asksForBackup(kept.touched)) };
}

/** Why it cannot be approved unless that is said; null where it can. */
export async function unbackedReason(id: string, shared: Pick<Shared, "rows" | "kept" | "backups">): Promise<string | null> {
  const found = await shared.rows.find(id);
  // Whoever applies the rule says what is wrong with it.
  if (found.kind !== "intact") return null;
  const { approval, kept } = found.entry.row;
  if (approval.status !== "waiting") return null;
  const { mustBeSaid, text } = await backupOf(approval, await shared.kept.get(id, kept), shared);
  return mustBeSaid ? text : null;
}
