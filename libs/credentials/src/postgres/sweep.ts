/**
 * Ends expired leases: VALID UNTIL stops new logins and leaves open sessions alone, so somebody must come and cut them. Then the
 * role is dropped; what it owns goes to the admin first, never away.
 */
import type { CredentialTarget } from "../provider.ts";
import { revokeRole, reasonOf, type RevokeContext } from "./revoke.ts";
import { LEASE_ROLE_PREFIX, identifier } from "./sql.ts";

/** Expired roles handled in one sweep; the rest waits for the next. */
const ROLES_PER_SWEEP = 100;

const EXPIRED = `SELECT rolname FROM pg_roles
  WHERE starts_with(rolname, $1) AND rolvaliduntil < now() ORDER BY rolvaliduntil LIMIT ${ROLES_PER_SWEEP}`;

/** Answers what could not be done, by role; empty = everything expired is gone. */
export async function sweepExpired(context: RevokeContext, signal: AbortSignal): Promise<readonly string[]> {
  const expired = await context.admin.query(EXPIRED, [LEASE_ROLE_PREFIX]);
  if (expired.kind !== "rows") return [`expired roles cannot be listed: ${reasonOf(expired)}`];
  const failures: string[] = [];
  for (const row of expired.rows) {
    if (signal.aborted) break;
    const failure = await end(context, String(row["rolname"]), signal);
    if (failure !== null) failures.push(failure);
  }
  return failures;
}

async function end(context: RevokeContext, role: string, signal: AbortSignal): Promise<string | null> {
  const target: CredentialTarget = { id: role, kind: "role", providerRef: role, principal: role };
  const outcome = await revokeRole(context, target, signal);
  // With a session left the role must stay: dropped, its sessions could no longer be found by name.
  if (outcome.kind !== "revoked" && outcome.kind !== "already-gone") return `${role}: ${outcome.kind}`;
  const quoted = identifier(role);
  // Reassigning asks for membership in the role, which its creator does not have by itself.
  for (const sql of [`GRANT ${quoted} TO CURRENT_USER`, `REASSIGN OWNED BY ${quoted} TO CURRENT_USER`, `DROP OWNED BY ${quoted}`, `DROP ROLE IF EXISTS ${quoted}`]) {
    const result = await context.admin.alter(sql);
    if (result.kind !== "rows") return `${role}: not dropped (${reasonOf(result)})`;
  }
  return null;
}
