/** Checks the admin's rights before they are needed: a containment is no moment to find one missing. */
import type { ListOutcome, VerifyOutcome } from "../provider.ts";
import type { Admin } from "./admin.ts";
import type { PostgresConfig } from "./config.ts";
import { reasonOf } from "./revoke.ts";
import { identifier } from "./sql.ts";

const RIGHTS = `SELECT rolsuper AS super, rolcreaterole AS createrole, pg_has_role(current_user, 'pg_signal_backend', 'MEMBER') AS signal
  FROM pg_roles WHERE rolname = current_user`;
const GROUP = "SELECT pg_has_role(current_user, oid, 'MEMBER WITH ADMIN OPTION') AS admin, rolcanlogin AS login FROM pg_roles WHERE rolname = $1";
const LOGINS = "SELECT rolname FROM pg_roles WHERE rolcanlogin ORDER BY rolname";

/** As databases begun on PostgreSQL 14 or older let everybody do in `public`. */
const OPEN_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND has_schema_privilege('public', oid, 'CREATE') ORDER BY nspname";

export async function verifyAdmin(admin: Admin, config: PostgresConfig): Promise<VerifyOutcome> {
  const rights = await admin.query(RIGHTS);
  if (rights.kind === "no-answer") return { kind: "unreachable", reason: rights.reason };
  if (rights.kind === "refused") return { kind: "unfit", missing: [`login as the admin user (${reasonOf(rights)})`] };
  const { super: superuser, createrole, signal } = rights.rows[0] ?? {};
  const missing: string[] = [];
  if (superuser !== true && createrole !== true) missing.push("CREATEROLE");
  if (superuser !== true && signal !== true) missing.push("membership in pg_signal_backend, to cut open sessions");
  for (const group of new Set([...config.groups, ...config.readOnlyGroups])) {
    const found = await admin.query(GROUP, [group]);
    const row = found.kind === "rows" ? found.rows[0] : undefined;
    if (row === undefined) missing.push(`the group role ${group}`);
    else if (superuser !== true && row["admin"] !== true) missing.push(`ADMIN OPTION on the group role ${group}`);
  }
  if (missing.length > 0) return { kind: "unfit", missing };
  const detail = superuser === true ? "superuser: CREATEROLE with pg_signal_backend is enough" : "rights are sufficient";
  const warnings = await openSchemas(admin);
  return { kind: "ready", detail, ...(warnings.length > 0 && { warnings }) };
}

/** Schemas in which a lease may do more than its groups may. */
async function openSchemas(admin: Admin): Promise<string[]> {
  const found = await admin.query(OPEN_SCHEMAS);
  if (found.kind !== "rows") return [`Whether everybody may create tables could not be looked up: ${reasonOf(found)}`];
  return found.rows.map(({ nspname }) => {
    const name = identifier(String(nspname));
    return `A lease, also a read-only one, may create tables in schema ${name} until REVOKE CREATE ON SCHEMA ${name} FROM PUBLIC`;
  });
}

export async function listRoles(admin: Admin): Promise<ListOutcome> {
  const result = await admin.query(LOGINS);
  if (result.kind !== "rows") return { kind: "failed", reason: reasonOf(result) };
  const names = result.rows.map((row) => String(row["rolname"]));
  return {
    kind: "listed",
    credentials: names.map((name) => ({ target: { id: `postgres:${name}`, kind: "role", providerRef: name, principal: name }, name, createdAtMs: null })),
  };
}
