/**
 * One process per directory. The lock is the kernel's (SQLite's exclusive lock on a file of its own, held while open), so it
 * vanishes with its holder: after kill -9 nothing stale is left to clean up.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { TriplineError } from "@tripline/model";
import { createPrivateFile } from "./schema.ts";

export interface DirectoryLock {
  release(): void;
}

/** @throws TL_LOG_LOCKED when another process, or another log in this one, holds the directory. */
export function lockDirectory(dir: string): DirectoryLock {
  const path = join(dir, "lock.sqlite");
  createPrivateFile(dir, path);
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    db.close();
    throw new TriplineError("TL_LOG_LOCKED", `Directory: ${dir}.`, { cause });
  }
  return { release: () => db.close() };
}
