/**
 * One process per directory. The lock is the kernel's (SQLite's exclusive lock on a file of its own, held while open), so it
 * vanishes with its holder: after kill -9 nothing stale is left to clean up.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { TriplineError } from "@tripline/model";
import { refusalOf, SQLITE_BUSY, sqliteCode } from "./refusal.ts";
import { createPrivateFile } from "./schema.ts";

export interface DirectoryLock {
  release(): void;
}

/** @throws TL_LOG_LOCKED when another process, or another log in this one, holds the directory; TL_LOG_DIRECTORY, TL_LOG_FULL */
export function lockDirectory(dir: string): DirectoryLock {
  const db = openLockFile(dir);
  try {
    db.exec("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    db.close();
    if (sqliteCode(cause) === SQLITE_BUSY) throw new TriplineError("TL_LOG_LOCKED", `Directory: ${dir}.`);
    const { code, detail } = refusalOf(cause);
    throw new TriplineError(code, `${detail} Directory: ${dir}.`, { cause });
  }
  return { release: () => db.close() };
}

function openLockFile(dir: string): DatabaseSync {
  try {
    const path = join(dir, "lock.sqlite");
    createPrivateFile(dir, path);
    return new DatabaseSync(path, { timeout: 0 });
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw new TriplineError("TL_LOG_DIRECTORY", `Directory: ${dir} (${reason}).`, { cause });
  }
}
