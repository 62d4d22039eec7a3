/**
 * Revokes a role in the order that was measured to stop most, soonest: no new logins, then memberships (an open session's very next
 * statement fails), then the sessions themselves. Each step is tried whatever became of the one before, and the worst is reported.
 */
import type { RevocationOutcome } from "@tripline/model";
import type { CredentialTarget } from "../provider.ts";
import type { Admin, Result } from "./admin.ts";
import { cutSessions, type CutOutcome } from "./sessions.ts";
import { identifier, isIdentifier } from "./sql.ts";

export interface RevokeContext {
  readonly admin: Admin;
  readonly adminUser: string;
  readonly terminateMs: number;
}

/** From this version on a membership has a grantor, and is revoked only when that one is named. */
const GRANTOR_VERSION = 160_000;
const UNDEFINED_OBJECT = "42704";

const MEMBERSHIPS = `SELECT g.rolname AS grp, b.rolname AS grantor, current_setting('server_version_num')::int AS version FROM pg_auth_members m
  JOIN pg_roles r ON r.oid = m.member JOIN pg_roles g ON g.oid = m.roleid LEFT JOIN pg_roles b ON b.oid = m.grantor
  WHERE r.rolname = $1`;

export async function revokeRole(context: RevokeContext, target: CredentialTarget, signal: AbortSignal): Promise<RevocationOutcome> {
  if (target.kind !== "role") return { kind: "not-revocable", reason: "not a PostgreSQL role" };
  const role = target.providerRef;
  if (role === context.adminUser) return { kind: "not-revocable", reason: "this role is Tripline's own admin" };
  if (!isIdentifier(role)) return { kind: "already-gone" };
  if (signal.aborted) return { kind: "failed", reason: "cancelled", effect: "none", retryAfterMs: null };

  // First the one statement that counts; asking what the role looks like before it would only give the agent a round trip more.
  const login = await context.admin.alter(`ALTER ROLE ${identifier(role)} NOLOGIN`);
  if (login.kind === "refused" && login.sqlState === UNDEFINED_OBJECT) return { kind: "already-gone" };
  const memberships = await revokeMemberships(context.admin, role);
  const sessions = await cutSessions(context.admin, role, context.terminateMs, signal);
  return worst(login, memberships, sessions);
}

function worst(login: Result, memberships: Result, sessions: CutOutcome): RevocationOutcome {
  if (login.kind !== "rows") return failure(`login could not be switched off; sessions cut: ${sessions.cut}`, login);
  if (sessions.kind !== "none-open") {
    const kept = memberships.kind === "rows" ? "" : `; memberships are left (${reasonOf(memberships)})`;
    // How many are open may not be known; one is the least that must be assumed.
    return { kind: "revoked-but-sessions-open", sessionsOpen: sessions.kind === "some-open" ? sessions.open : 1, reason: sessions.reason + kept };
  }
  // Without login and sessions nothing can use what memberships may be left, so they do not change what was achieved.
  return { kind: "revoked", sessionsCut: sessions.cut };
}

async function revokeMemberships(admin: Admin, role: string): Promise<Result> {
  const listed = await admin.query(MEMBERSHIPS, [role]);
  if (listed.kind !== "rows") return listed;
  let last: Result = listed;
  for (const { grp, grantor, version } of listed.rows) {
    const by = Number(version) >= GRANTOR_VERSION && typeof grantor === "string" ? ` GRANTED BY ${identifier(grantor)}` : "";
    const result = await admin.alter(`REVOKE ${identifier(String(grp))} FROM ${identifier(role)}${by}`);
    if (result.kind !== "rows") last = result;
  }
  return last;
}

function failure(what: string, result: Exclude<Result, { kind: "rows" }>): RevocationOutcome {
  const effect = result.kind === "no-answer" && result.sent ? "unknown" : "none";
  return { kind: "failed", reason: `${what}: ${reasonOf(result)}`, effect, retryAfterMs: null };
}

export function reasonOf(result: Exclude<Result, { kind: "rows" }>): string {
  return result.kind === "refused" ? `SQLSTATE ${result.sqlState}` : result.reason;
}
