/** What a failed statement means for the call. Errors are reduced to their SQLSTATE or network code: messages can quote values. */
import { TriplineError } from "@tripline/model";

export type Failure =
  /** The server said no, and would again. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Nothing was written, and trying again may help. */
  | { readonly kind: "away"; readonly reason: string }
  /** The COMMIT was sent and its outcome was not heard. */
  | { readonly kind: "unknown"; readonly reason: string };

/**
 * Classes and codes (PostgreSQL's Appendix A) that another attempt can cure: connection trouble, rollback of a transaction,
 * resources, operator intervention (shutdown, crash, starting up, a cancelled statement), locks, a standby after a failover,
 * a transaction that idled too long while we stood still.
 */
const PASSING = /^(08|40|53|55|57|58|25006$|25P03$)/u;
/** A COMMIT answered so was rolled back for certain: constraints and serialization. */
const ROLLED_BACK = /^(23|40)/u;
/** Full disk: told apart, because an operator can do something about it. */
const DISK_FULL = "53100";

export function failureOf(error: unknown, committing: boolean): Failure {
  if (error instanceof TriplineError) throw error;
  const state = sqlStateOf(error);
  const reason = state ?? networkReason(error);
  if (committing && (state === null || !ROLLED_BACK.test(state))) return { kind: "unknown", reason };
  return state === null || PASSING.test(state) ? { kind: "away", reason } : { kind: "refused", reason };
}

/** What the caller is told when trying has ended. `written` is what is known of the last attempts. */
export function errorOf(failure: Failure, sawUnknown: boolean, afterMs: number): TriplineError {
  if (failure.kind === "refused") return new TriplineError("TL_STORE_FAILED", `PostgreSQL answered ${failure.reason}.`);
  if (sawUnknown) return new TriplineError("TL_STORE_UNKNOWN", `PostgreSQL: ${failure.reason}, after ${Math.round(afterMs)} ms.`);
  if (failure.reason === DISK_FULL) return new TriplineError("TL_STORE_FULL", `PostgreSQL answered ${failure.reason}.`);
  return new TriplineError("TL_STORE_FAILED", `PostgreSQL cannot be used: ${failure.reason}, tried for ${Math.round(afterMs)} ms.`);
}

/** SQLSTATE of a server error; null for anything the server did not say. */
export function sqlStateOf(error: unknown): string | null {
  const code: unknown = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" && /^[0-9A-Z]{5}$/u.test(code) && "severity" in (error as Error) ? code : null;
}

function networkReason(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : null;
  if (typeof code === "string" && /^[A-Z0-9_]{1,64}$/u.test(code)) return code;
  const message = error instanceof Error ? error.message : "";
  return /timeout/iu.test(message) ? "no answer in time" : "the connection was lost";
}
