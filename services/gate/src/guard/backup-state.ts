/**
 * What an approver is told of backups before answering, and what the guard does before an approved call runs. Approvals show the first and
 * ask for the second; both are told in plain words, and neither holds a secret.
 */

/** What a held call would destroy, as far as backups need to know: plain data, so that it can be kept with the call and asked about later. */
export interface Touched {
  readonly tenant: string;
  /** Operations that a backup is for, at most 16. */
  readonly operations: readonly TouchedBy[];
  /** It touches more than is listed here: whatever is looked up is not all of it, and any database may be among the rest. */
  readonly isCut: boolean;
}

export interface TouchedBy {
  readonly operation: string;
  /** What it names, at most 16. */
  readonly targets: readonly TouchedTarget[];
  /** Only a backup brings back what it does away with: it does not run without one unless its approvers say so. */
  readonly destroys: boolean;
}

export interface TouchedTarget {
  readonly kind: string;
  readonly id: string;
  /** `unknown` where nobody says. */
  readonly environment: string;
}

/**
 * `exists`: a restorable backup that the agent's credentials cannot reach. `only-inside-reach`: backups that the same credentials may delete,
 * so that they do not count. `none`: whoever keeps backups of it was asked and has none. `unknown`: nobody could be asked, or did not answer.
 */
export const BACKUP_KINDS = ["exists", "only-inside-reach", "none", "unknown"] as const;
export type BackupKind = (typeof BACKUP_KINDS)[number];

export interface TargetBackups {
  readonly target: TouchedTarget;
  readonly kind: BackupKind;
  /** When the newest that counts was made; null where none does. */
  readonly newestAtMs: number | null;
  /** `tested`: restored into a scratch database and counted. Null where there is no backup. */
  readonly restorable: "tested" | "listed" | "unknown" | null;
  /** One sentence for a human. */
  readonly detail: string;
}

export interface BackupState {
  /** The worst of all targets: `none` before `only-inside-reach` before `unknown` before `exists`. */
  readonly kind: BackupKind;
  /** One sentence for a human, with ages; bounded. */
  readonly summary: string;
  /** When it was looked up. */
  readonly atMs: number;
  readonly targets: readonly TargetBackups[];
  /** The guard will take a backup before this call runs, and will not run it without one. */
  readonly takenFirst: boolean;
  /** All that it destroys could be brought back: by a restorable backup outside the agent's reach, or by one that is taken first. */
  readonly isCovered: boolean;
}

/** Whether any part of the call asks for a backup. What was kept before this was known asks for one. */
export const asksForBackup = ({ operations }: Touched): boolean => operations.some(({ destroys }) => (destroys as boolean | undefined) !== false);

/** What the guard did before an approved call. */
export type BeforeExecution =
  /** Nothing asks for a backup of what this call touches, or the approver approved without one. */
  | { readonly kind: "not-needed"; readonly reason: string }
  /** Durable, and out of the agent's reach: `tripline restore <id>`. */
  | { readonly kind: "taken"; readonly backupIds: readonly string[]; readonly detail: string }
  /** The call must not be executed. */
  | { readonly kind: "failed"; readonly reason: string };

export interface Guard {
  /** Bounded in time; never rejects. Not for the path that holds a call: that one answers without waiting for it. */
  backupStateOf(touched: Touched): Promise<BackupState>;
  /**
   * Before an approved call is claimed for execution, since it may take minutes. `withoutBackup`: the approver said explicitly that it may run
   * without one. Never rejects.
   */
  beforeExecution(touched: Touched, withoutBackup: boolean, signal: AbortSignal): Promise<BeforeExecution>;
}
