/** Makes a role for one lease: no privileges of its own, member of the configured groups, gone by itself when the lease ends. */
import type { CredentialTarget, IssueOutcome, IssueRequest } from "../provider.ts";
import type { Admin } from "./admin.ts";
import type { PostgresConfig } from "./config.ts";
import { reasonOf } from "./revoke.ts";
import { identifier, leaseRole, literal, newPassword, scramVerifier } from "./sql.ts";

export async function issueRole(admin: Admin, config: PostgresConfig, request: IssueRequest): Promise<IssueOutcome> {
  const groups = request.readOnly ? config.readOnlyGroups : config.groups;
  if (groups.length === 0) return { kind: "not-supported", reason: `no ${request.readOnly ? "readOnlyGroups" : "groups"} in this provider's configuration` };
  const role = leaseRole(request.leaseId);
  const password = newPassword();
  const expiresAtMs = request.nowMs + request.ttlMs;
  const target: CredentialTarget = { id: `lease:${request.leaseId}`, kind: "role", providerRef: role, principal: role };
  // One statement, so that there is never a role without its limits.
  const result = await admin.query(
    [
      `CREATE ROLE ${identifier(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS`,
      `CONNECTION LIMIT ${config.connectionsPerLease}`,
      `PASSWORD ${literal(scramVerifier(password))}`,
      `VALID UNTIL ${literal(new Date(expiresAtMs).toISOString())}`,
      `IN ROLE ${groups.map(identifier).join(", ")}`,
    ].join(" "),
  );
  if (result.kind === "rows") return { kind: "issued", target, secret: password, expiresAtMs };
  const duplicate = result.kind === "refused" && result.sqlState === "42710";
  const mayExist = duplicate || (result.kind === "no-answer" && result.sent);
  return { kind: "failed", reason: duplicate ? "a role of this lease exists already" : reasonOf(result), leftover: mayExist ? target : null };
}
