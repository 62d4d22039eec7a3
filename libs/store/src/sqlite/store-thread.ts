/**
 * The store's only writer, in a thread of its own. It commits a group of operations in one transaction: one fsync for all who
 * wait. An operation that fails undoes itself alone; a commit that fails, fails all of them.
 */
import type { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { isErasure, type Operation, type Outcome, type Refusal, type ThreadReply, type ThreadRequest } from "./operations.ts";
import { migrate, NewerVersionError, openDatabase, STORE_VERSION } from "./schema.ts";
import { SQLITE_FULL, SQLITE_IOERR, sqliteCode } from "./sqlite-code.ts";
import { stateTables } from "./state-tables.ts";
import { workTables } from "./work-tables.ts";

function start(path: string): void {
  const db = openDatabase(path);
  migrate(db);
  const handlers = { ...stateTables(db), ...workTables(db) };
  const run = ({ name, ask }: Operation): unknown => (handlers[name] as (asked: typeof ask) => unknown)(ask);
  parentPort?.on("message", (request: ThreadRequest) => reply(...serve(db, run, request)));
  reply({ kind: "open" });
}

function serve(db: DatabaseSync, run: (operation: Operation) => unknown, request: ThreadRequest): [ThreadReply, ArrayBuffer[]?] {
  switch (request.kind) {
    case "group": {
      const outcomes = commitGroup(db, run, request.operations);
      if (request.operations.some(isErasure)) eraseFromWal(db, request.operations, outcomes);
      const moved = outcomes.flatMap((outcome) => ("answer" in outcome && outcome.answer instanceof ArrayBuffer ? [outcome.answer] : []));
      return [{ kind: "group", outcomes }, moved];
    }
    case "checkpoint":
      db.exec("PRAGMA wal_checkpoint(PASSIVE)");
      return [{ kind: "done" }];
    case "close":
      db.close();
      return [{ kind: "done" }];
  }
}

function commitGroup(db: DatabaseSync, run: (operation: Operation) => unknown, operations: readonly Operation[]): Outcome[] {
  try {
    db.exec("BEGIN IMMEDIATE");
    // One alone needs no savepoint: if it fails, the transaction does.
    const outcomes = operations.length === 1 ? operations.map((operation) => ({ answer: run(operation) })) : operations.map((operation) => attempt(db, () => run(operation)));
    db.exec("COMMIT");
    return outcomes;
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    // After a failed fsync nobody knows what the disk holds: end the thread, so that recovery decides at the next open.
    if (sqliteCode(error) === SQLITE_IOERR) setImmediate(() => process.exit(1));
    return operations.map(() => ({ refusal: refusalOf(error) }));
  }
}

function attempt(db: DatabaseSync, work: () => unknown): Outcome {
  db.exec("SAVEPOINT operation");
  try {
    const answer = work();
    db.exec("RELEASE operation");
    return { answer };
  } catch (error) {
    // A full disk may have rolled back the whole transaction already: then the group as a whole has failed.
    if (!db.isTransaction) throw error;
    db.exec("ROLLBACK TO operation; RELEASE operation");
    return { refusal: refusalOf(error) };
  }
}

/** Older copies of an erased secret lie in the WAL until it is cut: nothing is erased before that is done. */
function eraseFromWal(db: DatabaseSync, operations: readonly Operation[], outcomes: Outcome[]): void {
  const cut = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
  if (cut?.["busy"] === 0) return;
  operations.forEach((operation, index) => {
    if (isErasure(operation)) outcomes[index] = { refusal: { code: "TL_STORE_FAILED", detail: "The secret is deleted, but its older copies are not overwritten yet." } };
  });
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof NewerVersionError) return { code: "TL_STORE_VERSION", detail: `It has version ${error.version}, this release reads ${STORE_VERSION}.` };
  const code = sqliteCode(error);
  if (code === SQLITE_FULL) return { code: "TL_STORE_FULL", detail: "" };
  return { code: "TL_STORE_FAILED", detail: code === null ? String(error) : `SQLite code ${code}.` };
}

function reply(message: ThreadReply, moved: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, moved);
}

try {
  start(workerData as string);
} catch (error) {
  reply({ kind: "refused", refusal: refusalOf(error) });
}
