import type { Executor } from "../executor.ts";
import type { GateDeps } from "../deps.ts";
import type { GateLimits } from "../limits.ts";
import type { Guard } from "../guard/backup-state.ts";
import type { ShownCredentials } from "../shown-credentials.ts";
import type { KnownSecret } from "../record.ts";
import type { GateState } from "../state.ts";
import type { BackupLookup } from "./backup-state.ts";
import type { History } from "./history.ts";
import type { KeptCalls } from "./kept.ts";
import type { Room } from "./room.ts";
import type { Rows } from "./rows.ts";

export interface ApprovalsDeps extends Pick<GateDeps, "eventLog" | "store" | "metrics" | "logger" | "clock" | "approvalKey" | "sealing"> {
  readonly limits: GateLimits;
  readonly state: GateState;
  readonly isKnownSecret: (tenant: string) => KnownSecret;
  /** As the call was first decided, so it is decided again: with the registered credentials that it shows. */
  readonly shownCredentials: ShownCredentials;
  /** Null: nothing that the gate would have to execute itself is. */
  readonly executor: Executor | null;
  /** Backs up what an approved call destroys before it is claimed; null: nothing is backed up. */
  readonly guard: Pick<Guard, "beforeExecution"> | null;
  /** What can be said of backups; null: nothing. */
  readonly backups: BackupLookup | null;
  /** Address of the approvers' page; null while nobody serves it. */
  readonly pageUrl: () => string | null;
}

/** What the parts of this folder share. */
export interface Shared extends ApprovalsDeps {
  readonly rows: Rows;
  readonly kept: KeptCalls;
  readonly history: History;
  readonly room: Room;
  /** Approvals of the runtime's own calls for which a backup is being taken. */
  readonly backingUp: Set<string>;
}
