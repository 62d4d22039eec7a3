/** The guard's backups for the command line: on the machine that keeps them, with the guard's own credentials. */
import { type BackupDirectory, findPostgresTools, type GuardedDatabase, type Listed, openBackupDirectory, type PostgresTools, type RestoreDeps } from "@tripline/credentials";
import { TriplineError } from "@tripline/model";
import type { LauncherConfig } from "./config.ts";
import { checkGuard, type GuardConfig, guardedPlace } from "./guard-config.ts";

export interface GuardAccess {
  readonly guard: GuardConfig;
  readonly directory: BackupDirectory;
}

/** @throws TL_CONFIG_INVALID without a guard, TL_BACKUP_UNUSABLE where its directory cannot be trusted */
export async function openGuardAccess(config: LauncherConfig): Promise<GuardAccess> {
  const guard = config.gate?.guard;
  if (guard === undefined) throw new TriplineError("TL_CONFIG_INVALID", "Without `gate.guard` no backups are taken: add it to see and restore them.");
  checkGuard(guard, config);
  const opened = await openBackupDirectory(guard.directory);
  if (opened.kind === "refused") throw new TriplineError("TL_BACKUP_UNUSABLE", `The guard's directory: ${opened.reason}.`);
  return { guard, directory: opened.directory };
}

/** @throws TL_BACKUP_UNKNOWN */
export async function findBackup({ directory }: GuardAccess, id: string): Promise<Listed> {
  const found = await directory.find(id);
  if (found === null) throw new TriplineError("TL_BACKUP_UNKNOWN");
  return found;
}

/** What a restore needs. @throws TL_BACKUP_UNUSABLE without pg_restore, or where the server of the backup is no longer configured */
export async function restoreAccess(access: GuardAccess, { manifest }: Listed): Promise<{ readonly deps: RestoreDeps; readonly connection: GuardedDatabase }> {
  const { guard, directory } = access;
  const place = guard.postgres.find(({ database, host, port }) => database === manifest.database && host === manifest.host && port === manifest.port);
  if (place === undefined) throw new TriplineError("TL_BACKUP_UNUSABLE", `The database ${manifest.database} at port ${manifest.port} of its server is not under gate.guard.postgres.`);
  return { deps: { directory, tools: await tools(guard), clock: () => Date.now(), timeoutMs: guard.timeoutMs }, connection: guardedPlace(place) };
}

async function tools({ pgDump }: GuardConfig): Promise<PostgresTools> {
  const found = await findPostgresTools(pgDump ?? null);
  if (found.kind === "missing") throw new TriplineError("TL_BACKUP_UNUSABLE", `It needs pg_dump and pg_restore: ${found.reason}.`);
  return found.tools;
}
