/** Primary result codes of SQLite: https://www.sqlite.org/rescode.html */
export const SQLITE_IOERR = 10;
export const SQLITE_FULL = 13;

/** Null for what is no error of SQLite. */
export function sqliteCode(error: unknown): number | null {
  const code: unknown = error instanceof Error && "errcode" in error ? error.errcode : null;
  return typeof code === "number" ? code & 0xff : null;
}
