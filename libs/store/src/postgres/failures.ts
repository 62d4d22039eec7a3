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
/** A certificate that is not trusted or has another name, by Node's code; nothing but the operator can cure it. */
const UNTRUSTED = /^(ERR_TLS_|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/u;
const NO_TLS = "it offers no TLS";
/** What an operator most often meets, in words. */
const MEANINGS: { readonly [state: string]: string } = {
  "28P01": "the password is refused",
  "28000": "role, address or TLS are not admitted",
  "3D000": "there is no such database",
  "42501": "the role lacks a right on the database or the schema",
  "25006": "it is a read-only standby",
  "53300": "it has no connection left",
  "57P03": "it is starting or shutting down",
};
/** Full disk: told apart, because an operator can do something about it. */
const DISK_FULL = "53100";

export function failureOf(error: unknown, committing: boolean): Failure {
  if (error instanceof TriplineError) throw error;
  const state = sqlStateOf(error);
  const reason = state ?? networkReason(error);
  if (committing && (state === null || !ROLLED_BACK.test(state))) return { kind: "unknown", reason };
  const isRefused = state === null ? UNTRUSTED.test(reason) || reason === NO_TLS : !PASSING.test(state);
  return { kind: isRefused ? "refused" : "away", reason };
}

/** What the caller is told when trying has ended. `sawUnknown`: a COMMIT of one of the attempts was not answered. */
export function errorOf(failure: Failure, sawUnknown: boolean, afterMs: number): TriplineError {
  const { kind, reason } = failure;
  const meaning = MEANINGS[reason] === undefined ? "" : ` (${MEANINGS[reason]})`;
  if (kind === "refused") return new TriplineError("TL_STORE_FAILED", `PostgreSQL refused: ${reason}${meaning}.`);
  const tried = `PostgreSQL cannot be used: ${reason}${meaning}, tried for ${Math.round(afterMs)} ms.`;
  if (sawUnknown) return new TriplineError("TL_STORE_UNKNOWN", tried);
  return new TriplineError(reason === DISK_FULL ? "TL_STORE_FULL" : "TL_STORE_FAILED", tried);
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
  if (/does not support SSL/iu.test(message)) return NO_TLS;
  return /timeout/iu.test(message) ? "no answer in time" : "the connection was lost";
}
