/** The embedded log's database: tables, pragmas, and the checks at open. Runs in the writer thread. */
import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { RefusedError } from "./refusal.ts";
import { MAX_PARTITIONS } from "./row-key.ts";

/** 2: payloads may be compressed (see `stored-row.ts`); a log of version 1 is one that has none yet. */
const LOG_VERSION = 2;
/** A burst may leave a long WAL file behind; it is cut back to this at the next restart of the WAL. */
const WAL_KEEP_BYTES = 64 * 1_048_576;
/** Of a new log: half the calls to the kernel that 4 KiB take (measured), and still little for a commit of one record. */
const PAGE_BYTES = 8_192;

const TABLES = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS topics (name TEXT PRIMARY KEY, id INTEGER NOT NULL UNIQUE) WITHOUT ROWID;
  -- The payload comes last, so that reading the other columns never touches its overflow pages.
  CREATE TABLE IF NOT EXISTS rows (key INTEGER PRIMARY KEY, timestamp_ms INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    crc INTEGER NOT NULL, payload BLOB NOT NULL);
`;

export const logFile = (dir: string): string => join(dir, "log.sqlite");

/**
 * Creates the directory and an empty file readable by the owner alone; SQLite gives its side files the same mode. The names are
 * synced up to the first directory that was there before: a log whose name is lost is lost.
 */
export function createPrivateFile(dir: string, path: string): void {
  const firstMade = mkdirSync(dir, { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  const last = firstMade === undefined ? dir : dirname(firstMade);
  for (let at = resolve(dir); ; at = dirname(at)) {
    syncDirectory(at);
    if (at === resolve(last) || at === dirname(at)) return;
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  fsyncSync(directory);
  closeSync(directory);
}

export function openDatabase(dir: string): DatabaseSync {
  // Row keys take 63 bits, so every integer comes back as a bigint.
  const db = new DatabaseSync(logFile(dir), { timeout: 10_000, readBigInts: true });
  // Checkpoints are started by us, off the commit path; FULL = fsync of the WAL at each commit.
  db.exec(`PRAGMA page_size=${PAGE_BYTES}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=${WAL_KEEP_BYTES}`);
  return db;
}

/** A log keeps the page size it was made with. */
const pageBytes = (db: DatabaseSync): number => Number(db.prepare("PRAGMA page_size").get()?.["page_size"]);

export interface Prepared {
  readonly opens: number;
  readonly topicIds: ReadonlyMap<string, number>;
}

/**
 * Creates or checks the tables, gives each topic its id and counts this open, durably.
 * @throws TL_LOG_VERSION, TL_LOG_PARTITIONS
 */
export function prepareDatabase(db: DatabaseSync, partitions: number, topics: readonly string[], maxBytes: number | null): Prepared {
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (version > LOG_VERSION) throw new RefusedError("TL_LOG_VERSION", `Log version ${version}, this release reads ${LOG_VERSION}.`);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MAX_PARTITIONS) {
    throw new RefusedError("TL_LOG_PARTITIONS", `Use 1 to ${MAX_PARTITIONS}.`);
  }
  if (maxBytes !== null) db.exec(`PRAGMA max_page_count=${Math.ceil(maxBytes / pageBytes(db))}`);
  db.exec(`BEGIN IMMEDIATE; ${TABLES} PRAGMA user_version=${LOG_VERSION}`);
  const setOnce = db.prepare("INSERT OR IGNORE INTO meta VALUES (?, ?)");
  setOnce.run("partitions", partitions);
  for (const counter of ["opens", "appended", "removed"]) setOnce.run(counter, 0);
  const kept = metaValue(db, "partitions");
  if (kept !== partitions) throw new RefusedError("TL_LOG_PARTITIONS", `It was created with ${kept}, the configuration says ${partitions}.`);
  db.exec("UPDATE meta SET value = value + 1 WHERE name = 'opens'");
  const addTopic = db.prepare("INSERT OR IGNORE INTO topics SELECT ?, 1 + coalesce(max(id), 0) FROM topics");
  for (const topic of topics) addTopic.run(topic);
  const ids = db.prepare("SELECT name, id FROM topics").all();
  const opens = metaValue(db, "opens");
  db.exec("COMMIT");
  return { opens, topicIds: new Map(ids.map((row) => [String(row["name"]), Number(row["id"])])) };
}

/**
 * Counters beside the rows: all records ever appended, and all that lie before their partition's first row. The rows must agree,
 * or rows at the end or the beginning of a partition have gone unseen; a gap between rows is found by reading.
 */
export const countersOf = (db: DatabaseSync): { appended: number; removed: number } => ({
  appended: metaValue(db, "appended"),
  removed: metaValue(db, "removed"),
});

function metaValue(db: DatabaseSync, name: string): number {
  return Number(db.prepare("SELECT value FROM meta WHERE name = ?").get(name)?.["value"]);
}

/** Checksum of a row: its place and time as well as its payload, so that a row that moved is found out too. */
export function rowChecksum(key: bigint, timestampMs: number, nextOffset: number, payload: Uint8Array): number {
  return crc32(payload, crc32(`${key}:${timestampMs}:${nextOffset}`));
}
