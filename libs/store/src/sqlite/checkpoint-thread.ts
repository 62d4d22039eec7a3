/** Writes the bulk of the WAL back into the database while the store's thread goes on committing. */
import type { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { ThreadReply, ThreadRequest } from "./operations.ts";
import { openDatabase } from "./schema.ts";

// Opened at the first request: by then the store's thread has made the file.
let db: DatabaseSync | null = null;

parentPort?.on("message", ({ kind }: ThreadRequest) => {
  if (kind === "close") db?.close();
  else {
    db ??= openDatabase(workerData as string);
    db.exec("PRAGMA wal_checkpoint(PASSIVE)");
  }
  parentPort?.postMessage({ kind: "done" } satisfies ThreadReply, []);
});
parentPort?.postMessage({ kind: "open" } satisfies ThreadReply, []);
