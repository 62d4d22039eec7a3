/** How to reach the server: from a URL or from fields, with the password from the environment or a file. Nothing here shows it. */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { TriplineError } from "@tripline/model";
import type { ClientConfig } from "pg";

export interface PostgresStoreOptions {
  readonly kind: "postgres";
  /** `postgres://user@host:port/database`, without parameters; instead of host, port, database and user. */
  readonly url?: string;
  readonly host?: string;
  /** 5432 if absent. */
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  /** Environment variable with the password, read at each new connection. */
  readonly passwordEnv?: string;
  /** File with the password, read at each new connection, so that it can be replaced while running. */
  readonly passwordFile?: string;
  /** `verify-full` unless the host is a loopback address. `off` must be said: everything but sealed secrets then crosses in the clear. */
  readonly tls?: "verify-full" | "off";
  /** Certificate authority in PEM; the system's when absent. */
  readonly tlsCaFile?: string;
  /** Schema of the tables; made if missing and allowed. `tripline` if absent. */
  readonly schema?: string;
  /** Connections of one process at most; 8 if absent. */
  readonly maxConnections?: number;
  /** Bound of one statement, and of the wait for a lock in it. */
  readonly statementMs?: number;
  /** How long a call, or the start, goes on trying while the server is away. */
  readonly retryMs?: number;
  /** Bytes that may wait; a call beyond is refused with TL_STORE_FULL. */
  readonly queueBytes?: number;
}

const DEFAULT_PORT = 5_432;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/u;
/** What needs no quoting, so that no statement ever holds a name from outside that could be anything else. */
const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/u;

/** Address, TLS and credentials for the `pg` library. @throws TL_CONFIG_INVALID naming the field, never a value of the URL */
export function connectionOf(options: PostgresStoreOptions): ClientConfig {
  const { host, port, database, user, password } = options.url === undefined ? fromFields(options) : fromUrl(options.url);
  if (host === undefined || database === undefined || user === undefined) throw invalid("host, database and user are needed, or url.");
  return {
    host,
    port: port ?? DEFAULT_PORT,
    database,
    user,
    ssl: tlsOf(host, options),
    // A function: the library keeps no copy, and a replaced password is met at the next connection.
    password: () => password ?? readPassword(options),
  };
}

export function schemaOf({ schema = "tripline" }: PostgresStoreOptions): string {
  if (!SCHEMA.test(schema)) throw invalid("schema must be lower-case letters, digits and underscores.");
  return schema;
}

interface Address {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
}

function fromFields({ host, port, database, user }: Address): Address {
  return { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }), ...(database === undefined ? {} : { database }), ...(user === undefined ? {} : { user }) };
}

/** The URL's own parameters would change TLS or time limits behind the options' back, so there may be none. */
function fromUrl(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^postgres(ql)?:$/u.test(url.protocol)) throw invalid("url must be postgres://user@host:port/database.");
  if (url.search !== "" || url.hash !== "") throw invalid("url may have no parameters; use tls, tlsCaFile and schema.");
  const database = decode(url.pathname.slice(1));
  if (url.hostname === "" || database === "" || database.includes("/") || url.username === "") throw invalid("url needs user, host and database.");
  return {
    host: url.hostname.replace(/^\[|\]$/gu, ""),
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    database,
    user: decode(url.username),
    ...(url.password === "" ? {} : { password: decode(url.password) }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid("url has a broken percent-encoding.");
  }
}

function tlsOf(host: string, { tls, tlsCaFile }: PostgresStoreOptions): ClientConfig["ssl"] {
  if ((tls ?? (LOOPBACK.test(host) ? "off" : "verify-full")) === "off") return false;
  const ca = tlsCaFile === undefined ? {} : { ca: readText(tlsCaFile, "tlsCaFile") };
  // The library names no host for an address: without it the certificate would be checked against `localhost`.
  return { rejectUnauthorized: true, ...(isIP(host) === 0 ? {} : { host }), ...ca };
}

function readPassword({ passwordEnv, passwordFile }: PostgresStoreOptions): string {
  if (passwordEnv !== undefined) {
    const value = process.env[passwordEnv];
    if (value === undefined || value === "") throw new TriplineError("TL_CONFIG_SECRET_MISSING", `The environment variable ${passwordEnv} is not set.`);
    return value;
  }
  // None at all: the server may trust the client's certificate or address.
  return passwordFile === undefined ? "" : readText(passwordFile, "passwordFile").trim();
}

function readText(path: string, field: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new TriplineError("TL_CONFIG_SECRET_MISSING", `The file ${path} of ${field} cannot be read.`);
  }
}

const invalid = (detail: string): TriplineError => new TriplineError("TL_CONFIG_INVALID", `At /store: ${detail}`);
