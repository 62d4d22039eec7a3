/** Finds out whether a role still lets anyone in: by logging in with the secret, by the catalog, and by its open sessions. */
import { Client, type ClientConfig } from "pg";
import type { ProbeOutcome } from "@tripline/model";
import type { CredentialTarget } from "../provider.ts";
import { networkReason, sqlStateOf, type Admin } from "./admin.ts";
import { reasonOf } from "./revoke.ts";

/** Refusals of the login itself: not permitted to log in, or wrong, expired or vanished password. */
const LOGIN_REFUSED = new Set(["28000", "28P01"]);

const STATE = `SELECT (SELECT rolcanlogin AND (rolvaliduntil IS NULL OR rolvaliduntil > now()) FROM pg_roles WHERE rolname = $1) AS login,
  (SELECT count(*)::int FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid WHERE r.rolname = $1) AS sessions`;

export async function probeRole(
  context: { readonly admin: Admin; readonly connection: ClientConfig; readonly timeoutMs: number },
  target: CredentialTarget,
  secret: string | null,
): Promise<ProbeOutcome> {
  if (target.kind !== "role") return unknown("not a PostgreSQL role");
  const login = secret === null ? "not-tried" : await tryLogin(context.connection, { user: target.providerRef, password: secret }, context.timeoutMs);
  if (login === "let-in") return { kind: "still-works", by: "used-and-refused" };
  const state = await context.admin.query(STATE, [target.providerRef]);
  if (state.kind !== "rows") return unknown(`sessions cannot be read: ${reasonOf(state)}`);
  const { login: mayLogIn, sessions } = state.rows[0] ?? {};
  if (Number(sessions) > 0) return { kind: "still-works", by: "provider-listing" };
  if (login === "not-tried") return { kind: mayLogIn === true ? "still-works" : "refused", by: "provider-listing" };
  if (login !== "refused") return unknown(login);
  // pg_hba may refuse this host alone, or the password may have been changed: neither says that the role is shut.
  if (mayLogIn === true) return unknown("this login was refused, but the role may still log in");
  return { kind: "refused", by: "used-and-refused" };
}

const unknown = (reason: string): ProbeOutcome => ({ kind: "unknown", reason });

/** `let-in`, `refused`, or why that cannot be said. */
async function tryLogin(connection: ClientConfig, as: { readonly user: string; readonly password: string }, timeoutMs: number): Promise<string> {
  const client = new Client({ ...connection, ...as, connectionTimeoutMillis: timeoutMs, application_name: "tripline-probe" });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return "let-in";
  } catch (error) {
    const sqlState = sqlStateOf(error);
    if (sqlState === null) return networkReason(error);
    return LOGIN_REFUSED.has(sqlState) ? "refused" : `SQLSTATE ${sqlState}`;
  } finally {
    await client.end().catch(() => undefined);
  }
}
