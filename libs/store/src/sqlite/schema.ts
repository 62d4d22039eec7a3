/** The store's tables and how they came to be: one entry per version, applied in order, each in one transaction. */
import { DatabaseSync } from "node:sqlite";

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE owners (grp TEXT NOT NULL, partition INTEGER NOT NULL, epoch INTEGER NOT NULL, PRIMARY KEY (grp, partition)) WITHOUT ROWID;
  CREATE TABLE checkpoints (grp TEXT NOT NULL, partition INTEGER NOT NULL, topic TEXT NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (grp, partition, topic)) WITHOUT ROWID;
  -- With a rowid: values of a kilobyte would spill to overflow pages in an index b-tree, not in a table b-tree.
  CREATE TABLE states (id INTEGER PRIMARY KEY, grp TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, UNIQUE (grp, key));
  CREATE TABLE work (kind TEXT NOT NULL, id TEXT NOT NULL, grp TEXT NOT NULL, payload TEXT NOT NULL, next_attempt_ms INTEGER,
    revision INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
  CREATE INDEX work_open ON work (kind, next_attempt_ms) WHERE next_attempt_ms IS NOT NULL;
  CREATE INDEX work_group ON work (kind, grp);
  CREATE TABLE sealed (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  `,
];
export const STORE_VERSION = MIGRATIONS.length;

/** After a burst the WAL file is cut back to this when it starts over. */
const WAL_KEEP_BYTES = 64 * 1_048_576;

export class NewerVersionError extends Error {
  readonly version: number;
  constructor(version: number) {
    super(`store version ${version}`);
    this.name = "NewerVersionError";
    this.version = version;
  }
}

export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 10_000 });
  // FULL: fsync at each commit. secure_delete: erased secrets are overwritten. Checkpoints are started by us, off the commit path.
  db.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=0;
    PRAGMA journal_size_limit=${WAL_KEEP_BYTES}`);
  return db;
}

/** Brings the tables to this release's version. @throws NewerVersionError if a newer release has been here */
export function migrate(db: DatabaseSync): void {
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > STORE_VERSION) throw new NewerVersionError(version);
  MIGRATIONS.slice(version).forEach((sql, index) => {
    db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version=${version + index + 1}; COMMIT`);
  });
}
