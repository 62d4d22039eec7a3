/** PostgreSQL: one login role per lease, and any login role of the server that an agent turns out to hold. */
import { TriplineError } from "@tripline/model";
import { openBackupDirectory } from "../backups/directory.ts";
import { findDumps } from "../backups/find.ts";
import type { BackupTarget, CredentialProvider, FoundBackups, ProviderDescription } from "../provider.ts";
import type { ProviderDeps } from "../registry.ts";
import { connectionOf, createAdmin } from "./admin.ts";
import type { PostgresConfig } from "./config.ts";
import { issueRole } from "./issue.ts";
import { probeRole } from "./probe.ts";
import { revokeRole } from "./revoke.ts";
import { sweepExpired } from "./sweep.ts";
import { listRoles, verifyAdmin } from "./verify.ts";

export const postgresDescription: ProviderDescription = {
  kind: "postgres",
  revokes: "immediately",
  cutsOpenSessions: true,
  credentialKinds: ["role"],
  permissions: [
    "CREATEROLE",
    "membership in pg_signal_backend (cuts sessions of ordinary roles; those of superusers only as superuser)",
    "ADMIN OPTION on every role in groups and readOnlyGroups",
    "for registered roles that Tripline did not create: ADMIN OPTION on them (PostgreSQL 16 and later)",
  ],
  example: [
    "providers:",
    "  orders-db:",
    "    kind: postgres",
    "    host: db.example.com",
    "    database: orders",
    "    adminUser: tripline",
    "    adminPasswordEnv: ORDERS_DB_ADMIN_PASSWORD",
    "    groups: [orders_writer]",
    "    readOnlyGroups: [orders_reader]",
  ].join("\n"),
  probes: ["used-and-refused", "provider-listing"],
  limits: [
    "work handed to the server outlives the session: prepared transactions, scheduled jobs, background workers",
    "a connection pooler keeps its own sessions to the server under the pool's role",
    "a statement that finished before the session was cut stays done",
  ],
  backups: {
    kinds: ["database"],
    detail: "dumps that the guard took (`gate.guard`), in a directory of its own: outside the reach of every login of the server. Of base backups and archives elsewhere it knows nothing",
  },
};

/** Opens the provider; connects lazily. Throws TL_CONFIG_INVALID for a host that would see passwords in the clear. */
export function createPostgresProvider(config: PostgresConfig, deps: ProviderDeps): CredentialProvider {
  const loopback = ["127.0.0.1", "::1", "localhost"].includes(config.host);
  if (config.tls === "off" && !loopback) throw new TriplineError("TL_CONFIG_INVALID", "PostgreSQL without TLS is accepted on loopback only.");
  const tlsCa = config.tlsCaFile === undefined ? null : deps.readSecret({ env: undefined, file: config.tlsCaFile });
  const password = deps.readSecret({ env: config.adminPasswordEnv, file: config.adminPasswordFile });
  const connection = connectionOf(config, tlsCa);
  const admin = createAdmin({ ...connection, user: config.adminUser, password }, config.timeoutMs);
  const context = { admin, adminUser: config.adminUser, terminateMs: config.terminateMs, connection, timeoutMs: config.timeoutMs };
  const closed = new AbortController();
  const sweeping = sweepRegularly(config.sweepEveryMs, async () => {
    for (const failure of await sweepExpired(context, closed.signal)) deps.warn(`expired lease left: ${failure}`);
  });
  return {
    describe: () => postgresDescription,
    verify: () => verifyAdmin(admin, config),
    issue: (request) => issueRole(admin, config, request),
    revoke: (target, signal) => revokeRole(context, target, signal),
    probe: (target, secret) => probeRole(context, target, secret),
    list: () => listRoles(admin),
    findBackups: (target) => findBackups(target, config, deps.backupDirectory),
    close: async () => {
      closed.abort();
      clearInterval(sweeping);
      await admin.close();
    },
  };
}

async function findBackups({ kind, id }: BackupTarget, { host, port }: PostgresConfig, path: string | undefined): Promise<FoundBackups> {
  if (kind !== "database") return { kind: "unknown", reason: "not a database" };
  if (path === undefined) return { kind: "none" };
  const opened = await openBackupDirectory(path);
  return opened.kind === "ready" ? findDumps(opened.directory, { database: id, host, port }) : { kind: "unknown", reason: `the guard's directory: ${opened.reason}` };
}

/** One sweep at a time: a slow server must not pile them up. */
function sweepRegularly(everyMs: number, sweep: () => Promise<void>): NodeJS.Timeout | undefined {
  if (everyMs === 0) return undefined;
  let running = false;
  const tick = async () => {
    if (running) return;
    running = true;
    await sweep().finally(() => (running = false));
  };
  return setInterval(() => void tick(), everyMs).unref();
}
