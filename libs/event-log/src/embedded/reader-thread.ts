/** Reads that memory cannot answer, compaction plans, and the bulk of each checkpoint: all apart from the commit path. */
import type { DatabaseSync } from "node:sqlite";
import { workerData } from "node:worker_threads";
import { readFrames } from "../framing.ts";
import { BATCH_BYTES } from "../record-run.ts";
import type { CompactionPlan, ReaderRequest, ReadReply, RowChange } from "./messages.ts";
import { RefusedError } from "./refusal.ts";
import { lastRowKey, offsetOfRowKey, rowKey } from "./row-key.ts";
import { openDatabase, rowChecksum } from "./schema.ts";
import { type Answer, serveThread } from "./serve-thread.ts";
import { fromStored } from "./stored-row.ts";

/** Rows rewritten per compaction step: what one commit of the writer may carry. */
const COMPACTION_ROWS = 256;

interface StoredRow {
  readonly key: bigint;
  readonly timestampMs: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

function startReader(dir: string): { found: null; handle: (request: ReaderRequest) => Answer } {
  // Opened at the first request: both threads start at once, and the writer prepares the file.
  let opened: DatabaseSync | null = null;
  return {
    found: null,
    handle: (request) => {
      const db = (opened ??= openDatabase(dir));
      switch (request.kind) {
        case "read": {
          const reply = readBatch(db, request);
          // They lie in one piece of memory.
          return { value: reply, transfer: reply.rows.slice(0, 1).map((row) => row.payload.buffer) };
        }
        case "plan-compaction":
          return { value: planCompaction(db, request.topicId, request.partition) };
        case "checkpoint":
          return { value: db.prepare("PRAGMA wal_checkpoint(PASSIVE)").get() };
        case "close":
          return { value: db.close() };
      }
    },
  };
}

/** Whole rows, from the one that holds `position`, until a batch is full. */
function readBatch(db: DatabaseSync, request: Extract<ReaderRequest, { kind: "read" }>): ReadReply {
  const { topicId, partition, position, until } = request;
  const found: StoredRow[] = [];
  let bytes = 0;
  for (const row of storedRows(db, topicId, partition, position, until)) {
    found.push(row);
    bytes += row.payload.byteLength;
    if (bytes >= BATCH_BYTES) break;
  }
  // Side by side: moving each row's own memory to another thread, and freeing it there, costs more than copying it.
  const memory = new Uint8Array(bytes);
  let at = 0;
  const rows = found.map(({ key, timestampMs, payload }) => {
    const start = at;
    memory.set(payload, start);
    at += payload.byteLength;
    return { base: offsetOfRowKey(key), timestampMs, payload: memory.subarray(start, at) };
  });
  return { rows };
}

/** Rows in offset order, each checked against its checksum. @throws TL_LOG_CORRUPT naming the row */
function* storedRows(db: DatabaseSync, topicId: number, partition: number, position: number, until: number): Generator<StoredRow> {
  const lowest = rowKey(topicId, partition, 0);
  const select = db.prepare(
    `SELECT key, CAST(timestamp_ms AS REAL), CAST(next_offset AS REAL), CAST(crc AS REAL), payload FROM rows
       WHERE key >= coalesce((SELECT max(key) FROM rows WHERE key BETWEEN ?1 AND ?2), ?2) AND key < ?3 ORDER BY key`,
  );
  // Lists are made faster than objects with names; numbers that a double holds whole, faster than bigints.
  select.setReturnArrays(true);
  for (const row of select.iterate(lowest, rowKey(topicId, partition, position), rowKey(topicId, partition, until))) {
    const [key, timestampMs, nextOffset, crc, stored] = row as unknown as readonly [bigint, number, number, number, Uint8Array<ArrayBuffer>];
    if (rowChecksum(key, timestampMs, nextOffset, stored) !== crc) {
      throw new RefusedError("TL_LOG_CORRUPT", `Topic id ${topicId}, partition ${partition}, offset ${offsetOfRowKey(key)}: checksum mismatch.`);
    }
    yield { key, timestampMs, payload: fromStored(stored) };
  }
}

/**
 * What to rewrite so that only the last record of each key is left. The newest row is never touched: it is what remembers the
 * next offset. Memory: one entry per distinct key of the partition.
 */
function planCompaction(db: DatabaseSync, topicId: number, partition: number): CompactionPlan {
  const end = offsetOfRowKey(lastRowKey(topicId, partition));
  const lastOffset = new Map<string, number>();
  let newest = -1n;
  for (const row of storedRows(db, topicId, partition, 0, end)) {
    newest = row.key;
    for (const { key, delta } of readFrames(row.payload)) lastOffset.set(key, offsetOfRowKey(row.key) + delta);
  }
  const changes: RowChange[] = [];
  let droppedRecords = 0;
  for (const row of storedRows(db, topicId, partition, 0, end)) {
    if (row.key === newest || changes.length >= COMPACTION_ROWS) break;
    const frames = readFrames(row.payload);
    const kept = frames.filter(({ key, delta }) => lastOffset.get(key) === offsetOfRowKey(row.key) + delta);
    if (kept.length === frames.length) continue;
    droppedRecords += frames.length - kept.length;
    const payload = kept.length === 0 ? null : new Uint8Array(Buffer.concat(kept.map((frame) => row.payload.subarray(frame.start, frame.end))));
    changes.push({ key: row.key, payload });
  }
  return { changes, droppedRecords, keys: lastOffset.size };
}

serveThread(() => startReader(workerData as string));
