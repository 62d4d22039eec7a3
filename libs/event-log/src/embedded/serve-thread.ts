/** The worker's side of the request loop: answers in order, one at a time; refusals carry a code, never a stack. */
import { parentPort } from "node:worker_threads";
import { type ErrorCode, TriplineError } from "@tripline/model";
import type { Refusal, ThreadReply, ThreadRequest } from "./messages.ts";

export interface Answer {
  readonly value: unknown;
  /** Moved to the main thread instead of copied. */
  readonly transfer?: ArrayBuffer[];
}

export function serveThread<R>(handle: (request: R) => Answer): void {
  parentPort?.on("message", ({ id, request }: ThreadRequest<R>) => {
    try {
      const { value, transfer = [] } = handle(request);
      parentPort?.postMessage({ id, value } satisfies ThreadReply, transfer);
    } catch (error) {
      parentPort?.postMessage({ id, refusal: refusalOf(error) } satisfies ThreadReply);
    }
  });
}

const SQLITE_FULL = 13;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** SQLite's extended codes keep the primary one in the low byte. */
export function sqliteCode(error: unknown): number | null {
  const code: unknown = error instanceof Error && "errcode" in error ? error.errcode : null;
  return typeof code === "number" ? code & 0xff : null;
}

export function refusalOf(error: unknown): Refusal {
  if (error instanceof TriplineError) return { code: error.code, detail: error.detail };
  const code = sqliteCode(error);
  return { code: codeOf(code), detail: code === null ? String(error) : `SQLite code ${code}.` };
}

function codeOf(code: number | null): ErrorCode {
  if (code === SQLITE_FULL) return "TL_LOG_FULL";
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB ? "TL_LOG_CORRUPT" : "TL_LOG_CLOSED";
}
