/** Quoting, role names and passwords: everything that goes into a statement's text, since roles cannot be bound as parameters. */
import { createHmac, createHash, pbkdf2Sync, randomBytes } from "node:crypto";
import { escapeIdentifier, escapeLiteral } from "pg";
import { sha256Hex } from "@tripline/canonical";

/** PostgreSQL cuts longer identifiers silently, which would make one role out of two. */
export const MAX_IDENTIFIER_BYTES = 63;
export const LEASE_ROLE_PREFIX = "tripline_";

/** The role of a lease; a lease id that is long or has unusual characters is hashed, so that two ids never share a role. */
export function leaseRole(leaseId: string): string {
  const plain = /^[a-z0-9_-]{1,40}$/.test(leaseId) && !leaseId.startsWith("h_");
  return LEASE_ROLE_PREFIX + (plain ? leaseId : `h_${sha256Hex(leaseId).slice(0, 40)}`);
}

/** False for a name PostgreSQL would cut or refuse: no role can have it. */
export function isIdentifier(name: string): boolean {
  return name !== "" && !name.includes("\0") && Buffer.byteLength(name) <= MAX_IDENTIFIER_BYTES;
}

/** Throws RangeError for a name that is none. */
export function identifier(name: string): string {
  if (!isIdentifier(name)) throw new RangeError("not a usable identifier");
  return escapeIdentifier(name);
}

export function literal(text: string): string {
  if (text.includes("\0")) throw new RangeError("not a usable literal");
  return escapeLiteral(text);
}

/** 256 random bits. */
export const newPassword = (): string => randomBytes(32).toString("base64url");

const SCRAM_ITERATIONS = 4_096;

/**
 * The SCRAM-SHA-256 verifier (RFC 5803) of an ASCII password. Sent instead of the password, so that the secret is in no statement,
 * and therefore in no server log or `pg_stat_activity`.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, "sha256");
  const key = (label: string) => createHmac("sha256", salted).update(label).digest();
  const storedKey = createHash("sha256").update(key("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString("base64")}$${storedKey}:${key("Server Key").toString("base64")}`;
}
