/** Brings a dump back: into a database that does not exist yet, never over one that does, and only after its digest and before its count agree. */
import { createHash, randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { escapeIdentifier, escapeLiteral } from "pg";
import { prepare, readContents, readFacts } from "./contents.ts";
import { databaseReason, type GuardedDatabase, isDatabaseName, programEnvironment, withClient } from "./database.ts";
import type { BackupDirectory } from "./directory.ts";
import { differences, type Manifest, rowsOf } from "./manifest.ts";
import { runProgram } from "./program.ts";
import type { PostgresTools } from "./tools.ts";

export interface RestoreDeps {
  readonly directory: BackupDirectory;
  readonly tools: PostgresTools;
  readonly clock: () => number;
  readonly timeoutMs: number;
}

export interface RestoreOptions {
  /** Name of the database that is made; null = the one that was dumped. */
  readonly into: string | null;
  /** Owners and rights as they were: their roles must exist. */
  readonly owners: boolean;
}

export type RestoreOutcome =
  /** All rows were counted and are what was dumped. `warnings`: what a human should do yet. */
  | { readonly kind: "restored"; readonly database: string; readonly tables: number; readonly rows: number; readonly warnings: readonly string[] }
  /** It is there, and differs from what was dumped. */
  | { readonly kind: "differs"; readonly database: string; readonly differences: readonly string[] }
  /** Nothing is left of it on the server. */
  | { readonly kind: "failed"; readonly reason: string };

/** Where databases are made and dropped from. */
const MAINTENANCE = "postgres";
const READ_BYTES = 1_048_576;

/** Never throws. `connection`: of the server; the database that it names is not used. */
export async function restoreBackup(deps: RestoreDeps, connection: GuardedDatabase, id: string, options: RestoreOptions, signal: AbortSignal): Promise<RestoreOutcome> {
  const found = await deps.directory.find(id);
  if (found === null) return failed("there is no such backup, or its manifest cannot be read");
  const { manifest } = found;
  const into = options.into ?? manifest.database;
  if (!isDatabaseName(into)) return failed("a database cannot be given this name here");
  const until = AbortSignal.any([signal, AbortSignal.timeout(deps.timeoutMs)]);
  const dump = await deps.directory.openDump(id).catch(() => null);
  if (dump === null) return failed("its dump is missing");
  try {
    const damage = await damageOf(dump, manifest, until);
    if (damage !== null) return failed(damage);
    return await restoreWhole(deps, { connection, manifest, into, owners: options.owners, dump, signal: until });
  } catch (error) {
    return failed(until.aborted ? "it took too long, or was cancelled" : databaseReason(error));
  } finally {
    await dump.close();
  }
}

const failed = (reason: string): RestoreOutcome => ({ kind: "failed", reason });

/** Null for the very bytes that were written. Reads at positions, so that the descriptor still stands at the start. */
async function damageOf(dump: FileHandle, { sha256, sizeBytes }: Manifest, signal: AbortSignal): Promise<string | null> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let at = 0;
  while (at <= sizeBytes) {
    signal.throwIfAborted();
    const { bytesRead } = await dump.read(buffer, 0, READ_BYTES, at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  if (at !== sizeBytes) return `its dump has ${at > sizeBytes ? "more" : "fewer"} bytes than were written`;
  return hash.digest("hex") === sha256 ? null : "its dump was changed since it was written: the digest differs";
}

interface Restoring {
  readonly connection: GuardedDatabase;
  readonly manifest: Manifest;
  readonly into: string;
  readonly owners: boolean;
  readonly dump: FileHandle;
  readonly signal: AbortSignal;
}

async function restoreWhole(deps: RestoreDeps, restoring: Restoring): Promise<RestoreOutcome> {
  const { connection, manifest, into, owners, dump, signal } = restoring;
  if (deps.tools.major < manifest.toolMajor) return failed(`pg_restore is of PostgreSQL ${deps.tools.major}, and the dump was written by ${manifest.toolMajor}`);
  // Fails for a database that exists: nothing is ever restored over another.
  await onServer(connection, `CREATE DATABASE ${escapeIdentifier(into)} ${propertiesOf(manifest)}`, signal);
  try {
    // First: who owns the database may create in its schemas, and so may own what is restored there.
    const warnings = owners ? await giveTo(connection, into, manifest.owner, signal) : [];
    const ran = await runProgram({
      program: deps.tools.pgRestore,
      parameters: ["--exit-on-error", "--no-password", ...(owners ? [] : ["--no-owner", "--no-privileges"]), "--no-subscriptions", `--dbname=${into}`],
      environment: programEnvironment(connection, deps.tools.major),
      input: dump.fd, output: null, signal,
    });
    if (ran.kind === "failed") return await undone(connection, into, ran.reason);
    const differs = await compare({ ...connection, database: into }, manifest, signal);
    if (differs.length > 0) return { kind: "differs", database: into, differences: differs };
    return { kind: "restored", database: into, tables: manifest.tables.length, rows: rowsOf(manifest), warnings };
  } catch (error) {
    return undone(connection, into, signal.aborted ? "it took too long, or was cancelled" : databaseReason(error));
  }
}

function propertiesOf({ encoding, collate, ctype }: Manifest): string {
  return `TEMPLATE template0 ENCODING ${escapeLiteral(encoding)} LC_COLLATE ${escapeLiteral(collate)} LC_CTYPE ${escapeLiteral(ctype)}`;
}

const onServer = (connection: GuardedDatabase, sql: string, signal: AbortSignal): Promise<void> =>
  withClient({ ...connection, database: MAINTENANCE }, signal, async (client) => void (await client.query(sql)));

const DROP_MS = 30_000;

/** Only for a database that this restore has made itself: half of one must not pass for it. */
async function undone(connection: GuardedDatabase, into: string, reason: string): Promise<RestoreOutcome> {
  const isDropped = await drop(connection, into);
  return failed(isDropped ? reason : `${reason}; the unfinished database ${into} could not be dropped again`);
}

function drop(connection: GuardedDatabase, database: string): Promise<boolean> {
  return onServer(connection, `DROP DATABASE IF EXISTS ${escapeIdentifier(database)}`, AbortSignal.timeout(DROP_MS)).then(() => true, () => false);
}

async function giveTo(connection: GuardedDatabase, database: string, owner: string, signal: AbortSignal): Promise<string[]> {
  const given = onServer(connection, `ALTER DATABASE ${escapeIdentifier(database)} OWNER TO ${escapeIdentifier(owner)}`, signal);
  return given.then(() => [], () => ["The database could not be given to its former owner: do so with ALTER DATABASE … OWNER TO."]);
}

function compare(database: GuardedDatabase, manifest: Manifest, signal: AbortSignal): Promise<string[]> {
  return withClient(database, signal, async (client) => {
    await prepare(client);
    const { serverMajor } = await readFacts(client);
    return differences(manifest, await readContents(client), serverMajor === manifest.serverMajor);
  });
}

/** Restores it into a database that is dropped again, and notes that it could be. Owners are left out: their roles are no part of a dump. */
export async function testBackup(deps: RestoreDeps, connection: GuardedDatabase, id: string, signal: AbortSignal): Promise<RestoreOutcome> {
  const scratch = `tripline_scratch_${randomBytes(8).toString("hex")}`;
  const outcome = await restoreBackup(deps, connection, id, { into: scratch, owners: false }, signal);
  if (outcome.kind === "failed") return outcome;
  const isDropped = await drop(connection, scratch);
  const manifest = (await deps.directory.find(id))?.manifest;
  if (outcome.kind === "restored" && manifest !== undefined) await deps.directory.noteTested(id, { v: 1, sha256: manifest.sha256, atMs: deps.clock() });
  return outcome.kind === "restored" && !isDropped ? { ...outcome, warnings: [...outcome.warnings, `The scratch database ${scratch} could not be dropped again.`] } : outcome;
}
