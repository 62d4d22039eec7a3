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
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
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
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB ? "TL_LOG_CORRUPT" : "TL_LOG_CLOSED";
}
