import type { CredentialProvider, GuardedDatabase } from "@tripline/credentials";

/** A database that the guard backs up, and how calls name it. */
export interface GuardedPlace extends GuardedDatabase {
  /** Where it lies; null = calls are not told apart by it. */
  readonly environment: string | null;
  /** Ids of resources that stand for it: names in other inventories, the volume it lies on. */
  readonly resources: readonly string[];
}

export interface GuardSettings {
  readonly directory: string;
  /** null = the newest pg_dump that is installed. */
  readonly pgDump: string | null;
  /** Bounds of one dump. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Operations, as patterns, before which a dump is taken. */
  readonly before: readonly string[];
  readonly databases: readonly GuardedPlace[];
}

/** Whoever can tell of backups elsewhere. */
export interface BackupFinder {
  readonly name: string;
  readonly provider: Pick<CredentialProvider, "describe" | "findBackups" | "close">;
}
