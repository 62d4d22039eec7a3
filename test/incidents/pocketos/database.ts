/** A staging database on a PostgreSQL that the demo starts for itself, and the place where the guard keeps its dumps. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { findPostgresWithDump } from "../../servers/postgres-binaries.ts";
import { type PostgresServer, startPostgres } from "../../servers/postgres.ts";

export interface Contents {
  readonly rows: number;
  /** Of every row. */
  readonly digest: string;
}

export interface DemoDatabase {
  readonly host: string;
  readonly port: number;
  readonly pgDump: string;
  /** Where the guard keeps its dumps: below no directory in which others may write. */
  readonly dumps: string;
  readonly guard: { readonly user: string; readonly password: string };
  /** Null where there is no such database. */
  contents(): Promise<Contents | null>;
  /** With the agent's own login, which owns it. */
  dropAsAgent(): Promise<void>;
  end(): Promise<void>;
}

/** Or why there is none. */
export type DatabaseOrNot = DemoDatabase | { readonly missing: string };

export const DATABASE = "orders";
const ROWS = 6_000;
const AGENT_LOGIN = "coder";
const GUARD_LOGIN = "tripline_guard";
const NO_SUCH_DATABASE = "3D000";

/** The demo runs on a bare machine as well: what is missing is told, and the act is left out. */
export async function startDatabase(): Promise<DatabaseOrNot> {
  const [binaries] = findPostgresWithDump();
  if (binaries === undefined) return { missing: "there is no PostgreSQL with pg_dump here" };
  const kept = mkdtempSync(join(homedir(), ".tripline-demo-"));
  const removeDumps = (): void => rmSync(kept, { recursive: true, force: true });
  try {
    const server = await startPostgres(binaries);
    const [password, guardPassword] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
    const end = async (): Promise<void> => {
      await server.stop();
      removeDumps();
    };
    try {
      await fill(server, password, guardPassword);
    } catch (error) {
      await end();
      throw error;
    }
    return {
      host: server.host, port: server.port, pgDump: join(binaries.bin, "pg_dump"), dumps: join(kept, "dumps"), guard: { user: GUARD_LOGIN, password: guardPassword }, end,
      contents: () => contents(server),
      dropAsAgent: () => as(server, { user: AGENT_LOGIN, password, database: "postgres" }, async (client) => void (await client.query(`DROP DATABASE ${DATABASE}`))),
    };
  } catch (error) {
    removeDumps();
    throw error;
  }
}

/** The guard's login reads everything and may make databases, and the agent does not have it. */
async function fill(server: PostgresServer, password: string, guardPassword: string): Promise<void> {
  await server.query(`CREATE ROLE ${AGENT_LOGIN} LOGIN PASSWORD '${password}'; CREATE ROLE ${GUARD_LOGIN} LOGIN CREATEDB PASSWORD '${guardPassword}'; GRANT pg_read_all_data, ${AGENT_LOGIN} TO ${GUARD_LOGIN}`);
  await server.query(`CREATE DATABASE ${DATABASE} OWNER ${AGENT_LOGIN}`);
  await as(server, { user: AGENT_LOGIN, password, database: DATABASE }, async (client) => {
    await client.query(`CREATE TABLE orders (id int PRIMARY KEY, customer text, total numeric); INSERT INTO orders SELECT n, md5(n::text), n / 7.0 FROM generate_series(1, ${ROWS}) n`);
  });
}

async function contents(server: PostgresServer): Promise<Contents | null> {
  try {
    return await as(server, { user: server.superuser, password: server.password, database: DATABASE }, async (client) => {
      const { rows } = await client.query<Contents>("SELECT count(*)::int AS rows, md5(string_agg(o::text, '|' ORDER BY id)) AS digest FROM orders o");
      return rows[0] ?? null;
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === NO_SUCH_DATABASE) return null;
    throw error;
  }
}

async function as<T>({ host, port }: PostgresServer, login: { readonly user: string; readonly password: string; readonly database: string }, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ host, port, ...login });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
