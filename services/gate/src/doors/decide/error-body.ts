/** How the decide API says that it decided nothing, over HTTP and on its socket. */
import { ERRORS, TriplineError } from "@tripline/model";

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly next: string };
}

/** Coded errors say what to do next; the texts of others stay behind. */
export function errorBody(error: Error & { statusCode?: number }): { readonly status: number; readonly body: ErrorBody } {
  if (error instanceof TriplineError) return { status: error.status, body: { error: { code: error.code, message: error.message, next: ERRORS[error.code].next } } };
  const status = error.statusCode ?? 500;
  const code = status < 500 ? "TL_GATE_INVALID" : "TL_INTERNAL";
  return { status, body: { error: { code, message: `${code}: ${ERRORS[code].text}`, next: ERRORS[code].next } } };
}
