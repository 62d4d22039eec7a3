/** The admin's connections: few, bounded in time, and errors reduced to their SQLSTATE, since messages can quote statements. */
import { setTimeout as sleep } from "node:timers/promises";
import { Client, Pool, type ClientConfig } from "pg";
import type { PostgresConfig } from "./config.ts";

export type Rows = readonly Readonly<Record<string, unknown>>[];

export type Result =
  | { readonly kind: "rows"; readonly rows: Rows }
  /** PostgreSQL answered with an error: nothing was done. */
  | { readonly kind: "refused"; readonly sqlState: string }
  /** No answer: the statement may have run. `sent: false` = no connection was made. */
  | { readonly kind: "no-answer"; readonly reason: string; readonly sent: boolean };

export interface Admin {
  query(sql: string, values?: readonly unknown[]): Promise<Result>;
  /** Alters roles and what belongs to them; done again where another session was altering the same. */
  alter(sql: string): Promise<Result>;
  close(): Promise<void>;
}

/**
 * PostgreSQL lets the later of two sessions that alter one role fail ("tuple concurrently updated", measured on 15 and 18), and answers
 * with the state of internal errors. Nothing was done then.
 */
const INTERNAL_ERROR = "XX000";
const ALTER_ATTEMPTS = 8;
const ALTER_PAUSE_MS = 3;

/** Connections of one provider to its server; a containment of many roles shares them. */
const ADMIN_CONNECTIONS = 4;

export function createAdmin(connection: ClientConfig, timeoutMs: number): Admin {
  const pool = new Pool({
    ...connection,
    max: ADMIN_CONNECTIONS,
    min: 1,
    // A kept connection saves the SCRAM handshake (two round trips and 4,096 hashes) when it counts.
    idleTimeoutMillis: 0,
    allowExitOnIdle: true,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    lock_timeout: timeoutMs,
    application_name: "tripline",
  });
  // An idle connection that breaks is replaced by the next query; the failure shows there.
  pool.on("error", () => undefined);
  const query: Admin["query"] = (sql, values = []) => queryOn(pool, sql, values);
  return { query, alter: (sql) => untilNotConcurrent(() => query(sql)), close: () => pool.end() };
}

async function queryOn(pool: Pool, sql: string, values: readonly unknown[]): Promise<Result> {
  const client = await pool.connect().catch((error: unknown) => connectFailure(error));
  if (!(client instanceof Client)) return client;
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql, [...values]);
    client.release();
    return { kind: "rows", rows };
  } catch (error) {
    const sqlState = sqlStateOf(error);
    // After a time-out the connection is in an unknown state and must not be used again.
    client.release(sqlState === null);
    return sqlState === null ? { kind: "no-answer", reason: networkReason(error), sent: true } : { kind: "refused", sqlState };
  }
}

async function untilNotConcurrent(attempt: () => Promise<Result>): Promise<Result> {
  for (let attempts = 1; ; attempts += 1) {
    const result = await attempt();
    if (attempts === ALTER_ATTEMPTS || result.kind !== "refused" || result.sqlState !== INTERNAL_ERROR) return result;
    await sleep(attempts * ALTER_PAUSE_MS * (0.5 + Math.random()));
  }
}

function connectFailure(error: unknown): Result {
  const sqlState = sqlStateOf(error);
  return sqlState === null ? { kind: "no-answer", reason: networkReason(error), sent: false } : { kind: "refused", sqlState };
}

/** SQLSTATE of a server error; null for anything the server did not say. */
export function sqlStateOf(error: unknown): string | null {
  const code: unknown = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && "severity" in (error as Error) ? code : null;
}

export function networkReason(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : null;
  if (typeof code === "string" && /^[A-Z0-9_]{1,64}$/.test(code)) return code;
  const message = error instanceof Error ? error.message : "";
  return /timeout/i.test(message) ? "no answer in time" : "connection failed";
}

export function connectionOf(config: PostgresConfig, tlsCa: string | null): ClientConfig {
  const { host, port, database } = config;
  const ssl = config.tls === "off" ? false : { rejectUnauthorized: true, ...(tlsCa === null ? {} : { ca: tlsCa }) };
  return { host, port, database, ssl };
}
