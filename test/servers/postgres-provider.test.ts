import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBackupDirectory, openProvider, type BackupTarget, type CredentialProvider, type CredentialTarget, type IssueRequest, type ProviderConfig } from "@tripline/credentials";
import { runProviderBattery, type LiveCredential, type ProviderWorld } from "@tripline/credentials/battery";
import type { PostgresBinaries } from "./postgres-binaries.ts";
import { requirePostgres, startPostgres, type PostgresServer } from "./postgres.ts";
import { ownDirectory } from "./own-directory.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

const TIMEOUT_MS = 500;
const ADMIN_PASSWORD = "administrators-own-password";
type Config = Extract<ProviderConfig, { kind: "postgres" }>;

interface Overrides extends Partial<Config> {
  readonly password?: string;
  readonly warn?: (message: string) => void;
  readonly backupDirectory?: string;
}

function open(server: PostgresServer, { password = ADMIN_PASSWORD, warn = () => undefined, backupDirectory, ...config }: Overrides = {}): CredentialProvider {
  const complete: Config = {
    kind: "postgres",
    host: "127.0.0.1",
    port: server.port,
    database: "postgres",
    adminUser: "tripline",
    adminPasswordEnv: "PASSWORD",
    groups: ["writers"],
    readOnlyGroups: ["readers"],
    tls: "off",
    timeoutMs: TIMEOUT_MS,
    terminateMs: TIMEOUT_MS,
    sweepEveryMs: 0,
    connectionsPerLease: 5,
    ...config,
  };
  return openProvider("orders", complete, { readSecret: () => password, warn, ...(backupDirectory === undefined ? {} : { backupDirectory }) });
}

/** A server as an operator would set it up: groups that hold privileges, and an admin that is no superuser. */
async function prepare(binaries: PostgresBinaries): Promise<PostgresServer> {
  const server = await startPostgres(binaries);
  await server.query(`
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders SELECT n, 'x' FROM generate_series(1, 1000) n;
    CREATE ROLE writers; CREATE ROLE readers;
    GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO writers; GRANT SELECT ON orders TO readers;
    CREATE ROLE tripline LOGIN CREATEROLE PASSWORD '${ADMIN_PASSWORD}';
    GRANT pg_signal_backend TO tripline; GRANT writers, readers TO tripline WITH ADMIN OPTION;
  `);
  return server;
}

async function letIn(server: PostgresServer, { target, secret }: LiveCredential): Promise<boolean> {
  try {
    const client = await server.connect({ user: target.providerRef, password: secret });
    await client.query("SELECT count(*) FROM orders");
    await client.end();
    return true;
  } catch {
    return false;
  }
}

async function openSession(server: PostgresServer, { target, secret }: LiveCredential) {
  const client = await server.connect({ user: target.providerRef, password: secret });
  return {
    usable: () => client.query("SELECT 1").then(() => true, () => false),
    end: () => client.end().catch(() => undefined),
  };
}

function leaseRequest(leaseId: string, readOnly: boolean, ttlMs = 60_000): IssueRequest {
  return {
    leaseId,
    grant: {
      v: 1,
      version: 1,
      id: "grant-1",
      tenant: "acme",
      agent: "builder",
      task: null,
      environments: ["staging"],
      operations: [],
      resources: [],
      effects: [],
      irreversible: [],
      expiresAtMs: null,
      atMs: 0,
    },
    ttlMs,
    readOnly,
    nowMs: Date.now(),
  };
}

/** A role that the admin may manage; before PostgreSQL 16 CREATEROLE alone is enough, since then it takes ADMIN OPTION. */
async function makeRole(server: PostgresServer, name: string, password: string): Promise<void> {
  const admin = await server.connect({ user: "tripline", password: ADMIN_PASSWORD });
  await admin.query(`CREATE ROLE "${name}" LOGIN PASSWORD '${password}' IN ROLE writers`);
  await admin.end();
}

async function world(binaries: PostgresBinaries): Promise<ProviderWorld> {
  const server = await prepare(binaries);
  const kept = ownDirectory();
  await keepDumps(join(kept.path, "dumps"), server);
  const provider = open(server, { backupDirectory: join(kept.path, "dumps") });
  const secrets: string[] = [ADMIN_PASSWORD, server.password];
  let made = 0;
  return {
    provider,
    async makeCredential() {
      made += 1;
      const role = `found "role" ${made}; --`.replaceAll('"', "'");
      const password = `found-password-${made}-of-a-service`;
      await makeRole(server, role, password);
      secrets.push(password);
      return { target: { id: `c${made}`, kind: "role", providerRef: role, principal: role }, secret: password };
    },
    use: (credential) => letIn(server, credential),
    openSession: (credential) => openSession(server, credential),
    backups: { has: database("orders"), hasNone: database("invoices"), outsideReach: true },
    unknownTarget: { id: "x", kind: "role", providerRef: "nobody_ever", principal: null },
    refusedAdmin: () => open(server, { password: "wrong-password" }),
    nobodyThere: () => open(server, { port: 9 }),
    async deafProvider() {
      const proxy = await startTcpProxy(server);
      const deaf = open(server, { port: proxy.port });
      await deaf.verify(AbortSignal.timeout(5_000));
      proxy.swallowAnswers(true);
      return { provider: deaf, heal: () => void proxy.close() };
    },
    async breakOneStep({ target }) {
      // An admin that may cut sessions but not alter roles: the first step fails, the last must still be taken.
      await server.query(`CREATE ROLE weak LOGIN CREATEROLE PASSWORD '${ADMIN_PASSWORD}'; GRANT pg_signal_backend TO weak; ALTER ROLE weak NOCREATEROLE`);
      expect(target.kind).toBe("role");
      return { provider: open(server, { adminUser: "weak" }) };
    },
    limitNextCall: null,
    leaseRequest,
    secrets: () => secrets,
    boundMs: TIMEOUT_MS * 6,
    close: async () => {
      await provider.close();
      await server.stop();
      kept.remove();
    },
  };
}

const database = (id: string): BackupTarget => ({ kind: "database", id, environment: null });

/** Two dumps of `orders`, as the guard leaves them; what is in them is tested where pg_dump is. */
async function keepDumps(path: string, { host, port }: PostgresServer): Promise<void> {
  const opened = await openBackupDirectory(path);
  if (opened.kind === "refused") throw new Error(opened.reason);
  for (const [id, atMs] of [["orders-20260101T000000000Z-00000001", 1], ["orders-20260102T000000000Z-00000002", 2]] as const) {
    const draft = await opened.directory.createDump(id);
    await draft.file.write("dump");
    await draft.keep({
      v: 1, id, database: "orders", host, port, sha256: "0".repeat(64), sizeBytes: 4, serverVersion: "18.1", serverMajor: 18, toolMajor: 18, atMs,
      owner: "postgres", encoding: "UTF8", collate: "C", ctype: "C", tables: [],
    });
  }
}

const installs = requirePostgres("the PostgreSQL provider");
for (const binaries of installs) runProviderBattery(`postgres ${binaries.version}`, () => world(binaries));

describe.each(installs)("the PostgreSQL provider on $version", (binaries) => {
  let server: PostgresServer;
  const signal = () => AbortSignal.timeout(10_000);
  const roleTarget = (role: string): CredentialTarget => ({ id: role, kind: "role", providerRef: role, principal: role });
  beforeAll(async () => {
    server = await prepare(binaries);
  });
  afterAll(() => server.stop());

  async function lease(provider: CredentialProvider, leaseId: string, readOnly = false, ttlMs?: number): Promise<LiveCredential> {
    const issued = await provider.issue(leaseRequest(leaseId, readOnly, ttlMs), signal());
    if (issued.kind !== "issued") throw new Error(JSON.stringify(issued));
    return issued;
  }

  it("gives a read-only lease that reads and cannot write", async () => {
    const provider = open(server);
    const credential = await lease(provider, "reader-1", true);
    const client = await server.connect({ user: credential.target.providerRef, password: credential.secret });
    expect((await client.query("SELECT count(*)::int AS n FROM orders")).rows).toEqual([{ n: 1000 }]);
    await expect(client.query("DELETE FROM orders")).rejects.toMatchObject({ code: "42501" });
    await expect(client.query("CREATE TABLE mine (id int)")).rejects.toMatchObject({ code: "42501" });
    await client.end();
    await provider.close();
  });

  it("rolls back the uncommitted delete of a session that it cuts", async () => {
    const provider = open(server);
    const credential = await lease(provider, "deleter");
    const client = await server.connect({ user: credential.target.providerRef, password: credential.secret });
    await client.query("BEGIN");
    await client.query("DELETE FROM orders");
    expect(await provider.revoke(credential.target, signal())).toEqual({ kind: "revoked", sessionsCut: 1 });
    await expect(client.query("COMMIT")).rejects.toThrow();
    expect(await server.query("SELECT count(*)::int AS n FROM orders")).toEqual([{ n: 1000 }]);
    await provider.close();
  });

  it("cuts a session in the middle of a running statement", async () => {
    const provider = open(server);
    const credential = await lease(provider, "sleeper");
    const client = await server.connect({ user: credential.target.providerRef, password: credential.secret });
    const running = client.query("SELECT pg_sleep(30)").then(() => "finished", (error: { code?: string }) => error.code);
    await expect.poll(() => server.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active'")).not.toHaveLength(0);
    expect(await provider.revoke(credential.target, signal())).toMatchObject({ kind: "revoked", sessionsCut: 1 });
    expect(await running).toBe("57P01");
    await provider.close();
  });

  it("says how many sessions are open when it may not cut them", async () => {
    const credential: LiveCredential = { target: roleTarget("chief"), secret: "chiefs-own-password" };
    await server.query(`CREATE ROLE chief LOGIN SUPERUSER PASSWORD '${credential.secret}'`);
    await server.query(`CREATE ROLE shutter LOGIN SUPERUSER PASSWORD '${ADMIN_PASSWORD}'`);
    const session = await openSession(server, credential);
    const ordinary = open(server);
    expect(await ordinary.revoke(credential.target, signal())).toMatchObject({ kind: "failed", effect: "none" });
    expect(await ordinary.probe(credential.target, credential.secret, signal())).toMatchObject({ kind: "still-works" });
    await server.query("ALTER ROLE chief NOLOGIN");
    // Login is off, yet the session lives: that is not contained, and must not look so.
    expect(await ordinary.probe(credential.target, credential.secret, signal())).toEqual({ kind: "still-works", by: "provider-listing" });
    const able = open(server, { adminUser: "shutter" });
    expect(await able.revoke(credential.target, signal())).toEqual({ kind: "revoked", sessionsCut: 1 });
    expect(await session.usable()).toBe(false);
    await Promise.all([ordinary.close(), able.close(), session.end()]);
  });

  it("never revokes its own admin", async () => {
    const provider = open(server);
    expect(await provider.revoke(roleTarget("tripline"), signal())).toMatchObject({ kind: "not-revocable" });
    await provider.close();
  });

  it("revokes memberships granted by others too", async () => {
    const provider = open(server);
    await makeRole(server, "shared", "shared-password");
    await server.query("GRANT readers TO shared GRANTED BY postgres");
    await provider.revoke(roleTarget("shared"), signal());
    const left = await server.query("SELECT m.roleid::regrole::text AS grp, m.grantor::regrole::text AS by FROM pg_auth_members m WHERE m.member = 'shared'::regrole");
    // What a superuser granted only a superuser can take away; everything the admin granted is gone, and login is off.
    expect(left.filter((row) => row["by"] === "tripline")).toEqual([]);
    expect(await letIn(server, { target: roleTarget("shared"), secret: "shared-password" })).toBe(false);
    await provider.close();
  });

  it("ends expired leases by itself: sessions cut, role dropped, and what it owned kept", async () => {
    await server.query("CREATE SCHEMA scratch; GRANT ALL ON SCHEMA scratch TO writers");
    const warnings: string[] = [];
    const provider = open(server, { sweepEveryMs: 50, warn: (message) => void warnings.push(message) });
    const credential = await lease(provider, "short", false, 700);
    const client = await server.connect({ user: credential.target.providerRef, password: credential.secret });
    await client.query("CREATE TABLE scratch.owned AS SELECT 42 AS answer");
    await expect.poll(() => server.query(`SELECT 1 FROM pg_roles WHERE rolname = '${credential.target.providerRef}'`), { timeout: 5_000 }).toEqual([]);
    await expect(client.query("SELECT 1")).rejects.toThrow();
    expect(await server.query("SELECT answer FROM scratch.owned")).toEqual([{ answer: 42 }]);
    expect(await provider.probe(credential.target, credential.secret, signal())).toEqual({ kind: "refused", by: "used-and-refused" });
    expect(warnings).toEqual([]);
    await provider.close();
  });

  it("puts no password in any statement that the server sees", async () => {
    await server.query("ALTER SYSTEM SET log_statement = 'all'");
    const provider = open(server);
    const credential = await lease(provider, "logged");
    const [row] = await server.query(`SELECT rolpassword FROM pg_authid WHERE rolname = '${credential.target.providerRef}'`);
    expect(String(row?.["rolpassword"])).toMatch(/^SCRAM-SHA-256\$4096:/);
    expect(await letIn(server, credential)).toBe(true);
    await provider.close();
  });

  it("warns of schemas where everybody may make tables, as in databases begun on PostgreSQL 14, for a read-only lease may as well", async () => {
    const provider = open(server);
    expect(await provider.verify(signal())).toEqual({ kind: "ready", detail: "rights are sufficient" });
    await server.query("GRANT CREATE ON SCHEMA public TO PUBLIC");
    const credential = await lease(provider, "reader-2", true);
    const client = await server.connect({ user: credential.target.providerRef, password: credential.secret });
    await expect(client.query("CREATE TABLE mine (id int)")).resolves.toBeDefined();
    await client.end();
    const verified = await provider.verify(signal());
    expect(verified).toMatchObject({ kind: "ready", warnings: [expect.stringMatching(/read-only one, may create tables .* until REVOKE CREATE ON SCHEMA "public" FROM PUBLIC$/)] });
    await server.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    await provider.close();
  });

  it("names the rights that its admin lacks", async () => {
    await server.query(`CREATE ROLE poor LOGIN PASSWORD '${ADMIN_PASSWORD}'`);
    const provider = open(server, { adminUser: "poor", groups: ["writers", "no_such_group"] });
    expect(await provider.verify(signal())).toEqual({
      kind: "unfit",
      missing: [
        "CREATEROLE",
        "membership in pg_signal_backend, to cut open sessions",
        "ADMIN OPTION on the group role writers",
        "the group role no_such_group",
        "ADMIN OPTION on the group role readers",
      ],
    });
    await provider.close();
  });

  it("refuses to send passwords over an open network", () => {
    expect(() => open(server, { host: "db.example", tls: "off" })).toThrow("TL_CONFIG_INVALID");
  });
});

if (installs.length === 0) it.skip("SKIPPED: the PostgreSQL provider needs a PostgreSQL server", () => undefined);
