/**
 * Commits from the calling thread, for work that is in a hurry. On two busy cores the way to the store's thread and back took 1.5 to
 * 2.5 ms, most of it waiting to be scheduled, and the commit itself 0.4 ms. It blocks that thread meanwhile, so only for a bounded
 * share of its time, and never while the store's thread is at work: two writers would wait for each other.
 */
import type { DatabaseSync } from "node:sqlite";
import type { NewWork, WorkItem } from "../store.ts";
import { openDatabase } from "./schema.ts";
import { SQLITE_IOERR, sqliteCode } from "./sqlite-code.ts";
import { workTables } from "./work-tables.ts";

/** Milliseconds of blocking that may come at once, and how fast they come back: a twentieth of the time. */
const ALLOWANCE_MS = 20;
const ALLOWANCE_PER_MS = 0.05;

export type DirectResult =
  | { readonly kind: "recorded"; readonly items: readonly WorkItem[] }
  /** Nothing was written: ask the store's thread. */
  | { readonly kind: "not-now" }
  /** Nobody knows what the disk holds: nothing may be written before the database is opened anew. */
  | { readonly kind: "disk-failed" };

export class DirectWriter {
  readonly #db: DatabaseSync;
  readonly #tables: ReturnType<typeof workTables>;
  #allowanceMs = ALLOWANCE_MS;
  #askedMs = performance.now();

  /** The database must have been brought to this release's version. */
  constructor(path: string) {
    this.#db = openDatabase(path);
    // Never wait for another writer here.
    this.#db.exec("PRAGMA busy_timeout=0");
    this.#tables = workTables(this.#db);
  }

  recordWork(items: readonly NewWork[]): DirectResult {
    const startedMs = performance.now();
    this.#allowanceMs = Math.min(ALLOWANCE_MS, this.#allowanceMs + (startedMs - this.#askedMs) * ALLOWANCE_PER_MS);
    this.#askedMs = startedMs;
    if (this.#allowanceMs <= 0) return { kind: "not-now" };
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      const recorded = this.#tables.recordWork({ items });
      this.#db.exec("COMMIT");
      return { kind: "recorded", items: recorded };
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      return { kind: sqliteCode(error) === SQLITE_IOERR ? "disk-failed" : "not-now" };
    } finally {
      this.#allowanceMs -= performance.now() - startedMs;
    }
  }

  close(): void {
    this.#db.close();
  }
}
