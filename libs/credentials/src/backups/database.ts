/** A database that the guard backs up, and with which credential of its own. */
import { existsSync, readFileSync } from "node:fs";
import { Client, type ClientConfig } from "pg";
import { networkReason, sqlStateOf } from "../postgres/admin.ts";

export interface GuardedDatabase {
  readonly database: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The guard's own; no agent holds it. */
  readonly password: string;
  readonly tls: "verify-full" | "off";
  /** Certificate authority in PEM; null = the system's. */
  readonly tlsCaFile: string | null;
}

/** Names that a file can carry, and that libpq takes for nothing but a name. */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/u;

export function isDatabaseName(name: string): boolean {
  return NAME.test(name);
}

/** Passwords in the clear stay on this machine. */
export function isLoopback(host: string): boolean {
  return ["127.0.0.1", "::1", "localhost"].includes(host);
}

const CONNECT_MS = 10_000;

/** A connection that ends when `signal` does, whatever it is doing. @throws what connecting or `work` throws */
export async function withClient<T>(database: GuardedDatabase, signal: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const client = new Client(configOf(database));
  client.on("error", () => undefined);
  // Ends the socket: a query under way then fails, instead of being waited for.
  const cut = (): void => (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  signal.addEventListener("abort", cut, { once: true });
  try {
    await client.connect();
    return await work(client);
  } finally {
    signal.removeEventListener("abort", cut);
    if (!signal.aborted) await client.end().catch(() => undefined);
  }
}

function configOf({ database, host, port, user, password, tls, tlsCaFile }: GuardedDatabase): ClientConfig {
  const ssl = tls === "off" ? false : { rejectUnauthorized: true, ...(tlsCaFile === null ? {} : { ca: readFileSync(tlsCaFile, "utf8") }) };
  return { host, port, database, user, password, ssl, connectionTimeoutMillis: CONNECT_MS, application_name: "tripline-guard", keepAlive: true };
}

const SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt";
/** Since then libpq finds the system's authorities by itself. */
const KNOWS_SYSTEM_CA = 16;

/**
 * All that a program of PostgreSQL gets to know of us: where the database is and the password, and nothing of our own environment. In a child's
 * environment the password can be read by its owner and root alone; on a command line, by everybody.
 */
export function programEnvironment({ host, port, user, password, tls, tlsCaFile }: GuardedDatabase, major: number): Record<string, string> {
  const root = tlsCaFile ?? (major >= KNOWS_SYSTEM_CA || !existsSync(SYSTEM_CA) ? "system" : SYSTEM_CA);
  const ssl: Record<string, string> = tls === "off" ? { PGSSLMODE: "disable" } : { PGSSLMODE: "verify-full", PGSSLROOTCERT: root };
  return {
    PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC", HOME: "/nonexistent",
    PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGPASSFILE: "/nonexistent", PGCONNECT_TIMEOUT: String(CONNECT_MS / 1_000), PGAPPNAME: "tripline-guard", ...ssl,
  };
}

/** In our own words: messages of the server quote statements and values. */
export function databaseReason(error: unknown): string {
  const sqlState = sqlStateOf(error);
  if (sqlState === null) return networkReason(error);
  return SQL_STATES[sqlState] ?? `SQLSTATE ${sqlState}`;
}

const SQL_STATES: Readonly<Record<string, string>> = {
  "28P01": "the guard's password was refused",
  "28000": "the guard's login was refused",
  "3D000": "the database does not exist",
  "42501": "the guard's role may not do that",
  "42P04": "a database of this name exists",
  "57014": "it took too long",
  "53100": "the server's disk is full",
  "55006": "the database is in use",
};
