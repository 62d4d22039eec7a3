/** The only writer of the log's database, in a thread of its own: no fsync ever blocks the loop that answers agents. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { workerData } from "node:worker_threads";
import type { Committed, RowChange, RowPlace, TopicPartitionBounds, WriterReady, WriterRequest, WriterStart } from "./messages.ts";
import { RefusedError, SQLITE_IOERR, sqliteCode } from "./refusal.ts";
import { lastRowKey, offsetOfRowKey, rowKey } from "./row-key.ts";
import { countersOf, openDatabase, prepareDatabase, rowChecksum } from "./schema.ts";
import { type Answer, serveThread } from "./serve-thread.ts";
import { toStored } from "./stored-row.ts";

/** Rows deleted per trim, so that appends wait for one step at most. */
const TRIM_ROWS = 256;

function startWriter(start: WriterStart): { found: WriterReady; handle: (request: WriterRequest) => Answer } {
  const db = openDatabase(start.dir);
  const prepared = prepareDatabase(db, start.partitions, start.topics, start.maxBytes);
  const rows = new RowWriter(db);
  return {
    found: { ...prepared, ...checkedBounds(db, prepared.topicIds, start.partitions) },
    handle: (request) => {
      switch (request.kind) {
        case "commit":
          return { value: { storedBytes: rows.commit(request.timestampMs, request.ownBuffer ?? start.standing, request.rows) } satisfies Committed };
        case "trim":
          return { value: rows.trim(request.topicId, request.partition, request.beforeMs) };
        case "rewrite":
          return { value: rows.rewrite(request.topicId, request.partition, request.changes) };
        case "checkpoint":
          return { value: db.prepare("PRAGMA wal_checkpoint(PASSIVE)").get() };
        case "close":
          return { value: db.close() };
      }
    },
  };
}

class RowWriter {
  readonly #db: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #insert: StatementSync;
  readonly #count: StatementSync;
  readonly #firstKey: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#insert = db.prepare("INSERT INTO rows VALUES (?, ?, ?, ?, ?)");
    this.#count = db.prepare("UPDATE meta SET value = value + ? WHERE name = ?");
    this.#firstKey = db.prepare("SELECT key FROM rows WHERE key BETWEEN ? AND ? ORDER BY key LIMIT 1");
  }

  /** Answers how many bytes the rows took. */
  commit(timestampMs: number, buffer: SharedArrayBuffer, rows: readonly RowPlace[]): number {
    return this.#transaction(() => {
      let storedBytes = 0;
      this.#count.run(rows.reduce((sum, { base, nextOffset }) => sum + nextOffset - base, 0), "appended");
      for (const { topicId, partition, base, nextOffset, start, end } of rows) {
        const key = rowKey(topicId, partition, base);
        const payload = toStored(new Uint8Array(buffer, start, end - start));
        storedBytes += payload.byteLength;
        this.#insert.run(key, timestampMs, nextOffset, rowChecksum(key, timestampMs, nextOffset, payload), payload);
      }
      return storedBytes;
    });
  }

  /** Answers the partition's first kept offset, and whether older rows are left for a next step. */
  trim(topicId: number, partition: number, beforeMs: number): { low: number; more: boolean } {
    const first = rowKey(topicId, partition, 0);
    const last = lastRowKey(topicId, partition);
    // The last row stays whatever its age: it is what remembers the next offset.
    const deleted = this.#removing(topicId, partition, () =>
      this.#db
        .prepare(
          `DELETE FROM rows WHERE key IN (SELECT key FROM rows WHERE key BETWEEN ?1 AND ?2
             AND key < (SELECT max(key) FROM rows WHERE key BETWEEN ?1 AND ?2) AND timestamp_ms < ?3 ORDER BY key LIMIT ${TRIM_ROWS})`,
        )
        .run(first, last, beforeMs),
    );
    return { low: deleted.low, more: Number(deleted.result.changes) === TRIM_ROWS };
  }

  rewrite(topicId: number, partition: number, changes: readonly RowChange[]): { low: number } {
    const read = this.#db.prepare("SELECT timestamp_ms, next_offset FROM rows WHERE key = ?");
    const update = this.#db.prepare("UPDATE rows SET crc = ?, payload = ? WHERE key = ?");
    const remove = this.#db.prepare("DELETE FROM rows WHERE key = ?");
    const { low } = this.#removing(topicId, partition, () => {
      for (const { key, payload } of changes) {
        const row = read.get(key);
        if (payload === null || row === undefined) {
          remove.run(key);
          continue;
        }
        const stored = toStored(payload);
        update.run(rowChecksum(key, Number(row["timestamp_ms"]), Number(row["next_offset"]), stored), stored, key);
      }
    });
    return { low };
  }

  /** A transaction that may raise the partition's first offset, and counts by how much. */
  #removing<T>(topicId: number, partition: number, work: () => T): { result: T; low: number } {
    return this.#transaction(() => {
      const before = this.#low(topicId, partition);
      const result = work();
      const low = this.#low(topicId, partition);
      if (low !== before) this.#count.run(low - before, "removed");
      return { result, low };
    });
  }

  #low(topicId: number, partition: number): number {
    const key = this.#firstKey.get(rowKey(topicId, partition, 0), lastRowKey(topicId, partition))?.["key"];
    return typeof key === "bigint" ? offsetOfRowKey(key) : 0;
  }

  #transaction<T>(work: () => T): T {
    this.#begin.run();
    try {
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      // After a failed fsync nobody knows what the disk holds: end the thread, so that recovery decides at the next open.
      if (sqliteCode(error) === SQLITE_IOERR) setImmediate(() => process.exit(1));
      throw error;
    }
  }
}

/** @throws TL_LOG_CORRUPT when rows at an end of some partition are missing */
function checkedBounds(...asked: Parameters<typeof readBounds>): ReturnType<typeof readBounds> {
  const found = readBounds(...asked);
  const { appended, removed } = countersOf(asked[0]);
  const missing = [
    appended - found.bounds.reduce((sum, { high }) => sum + high, 0),
    found.bounds.reduce((sum, { low }) => sum + low, 0) - removed,
  ];
  if (missing.some((count) => count !== 0)) {
    throw new RefusedError("TL_LOG_CORRUPT", `Missing: ${missing[0]} records at the end, ${missing[1]} at the beginning of partitions.`);
  }
  return found;
}

function readBounds(db: DatabaseSync, topicIds: ReadonlyMap<string, number>, partitions: number): { bounds: TopicPartitionBounds[]; lastTimestampMs: number } {
  const first = db.prepare("SELECT key FROM rows WHERE key BETWEEN ? AND ? ORDER BY key LIMIT 1");
  const last = db.prepare("SELECT next_offset, timestamp_ms FROM rows WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1");
  const bounds: TopicPartitionBounds[] = [];
  let lastTimestampMs = 0;
  for (const [topic, topicId] of topicIds) {
    for (let partition = 0; partition < partitions; partition++) {
      const range = [rowKey(topicId, partition, 0), lastRowKey(topicId, partition)] as const;
      const newest = last.get(...range);
      const oldest = first.get(...range)?.["key"];
      if (newest === undefined || typeof oldest !== "bigint") continue;
      bounds.push({ topic, topicId, partition, low: offsetOfRowKey(oldest), high: Number(newest["next_offset"]) });
      lastTimestampMs = Math.max(lastTimestampMs, Number(newest["timestamp_ms"]));
    }
  }
  return { bounds, lastTimestampMs };
}

serveThread(() => startWriter(workerData as WriterStart));
