/**
 * Why a thread refused a request, as it crosses to the main thread. The threads avoid importing the model's code: it brings
 * the schemas along, which would triple the time they take to start.
 */
import type { ErrorCode } from "@tripline/model";

export interface Refusal {
  readonly code: ErrorCode;
  readonly detail: string;
}

export class RefusedError extends Error {
  readonly refusal: Refusal;
  constructor(code: ErrorCode, detail: string) {
    super(`${code}: ${detail}`);
    this.name = "RefusedError";
    this.refusal = { code, detail };
  }
}

const SQLITE_FULL = 13;
/** Our statements are fixed: if one no longer fits the schema, or meets a key that cannot be there, the file is not what we wrote. */
const SQLITE_DAMAGE = new Set([1 /* error */, 11 /* corrupt */, 19 /* constraint */, 26 /* not a database */]);
export const SQLITE_BUSY = 5;
export const SQLITE_IOERR = 10;

/** SQLite's extended codes keep the primary one in the low byte. */
export function sqliteCode(error: unknown): number | null {
  const code: unknown = error instanceof Error && "errcode" in error ? error.errcode : null;
  return typeof code === "number" ? code & 0xff : null;
}

export function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusedError) return error.refusal;
  const code = sqliteCode(error);
  return { code: codeOf(code), detail: code === null ? String(error) : `SQLite code ${code}.` };
}

function codeOf(code: number | null): ErrorCode {
  if (code === SQLITE_FULL) return "TL_LOG_FULL";
  return code !== null && SQLITE_DAMAGE.has(code) ? "TL_LOG_CORRUPT" : "TL_LOG_CLOSED";
}
