/** Takes a backup: pg_dump and a count of all rows, of one snapshot, into the guard's directory. Nothing is kept of one that did not end well. */
import { createHash, randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { Client } from "pg";
import { type DatabaseFacts, prepare, readContents, readFacts } from "./contents.ts";
import { databaseReason, type GuardedDatabase, isDatabaseName, programEnvironment, withClient } from "./database.ts";
import type { BackupDirectory } from "./directory.ts";
import type { Manifest, TableContents } from "./manifest.ts";
import { OutputRefused, runProgram } from "./program.ts";
import type { PostgresTools } from "./tools.ts";

export interface DumpDeps {
  readonly directory: BackupDirectory;
  readonly tools: PostgresTools;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Bounds of one dump. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export type DumpOutcome = { readonly kind: "taken"; readonly manifest: Manifest } | { readonly kind: "failed"; readonly reason: string };

/** How long one table may stay locked by others. */
const LOCK_WAIT_MS = 30_000;

/** Never throws, and ends in time. */
export async function dumpDatabase(deps: DumpDeps, database: GuardedDatabase, signal: AbortSignal): Promise<DumpOutcome> {
  if (!isDatabaseName(database.database)) return failed("its name cannot be the name of a file");
  const ending = new AbortController();
  const until = AbortSignal.any([signal, AbortSignal.timeout(deps.timeoutMs), ending.signal]);
  try {
    return await withClient(database, until, (client) => dumpSnapshot(deps, database, client, until));
  } catch (error) {
    if (until.aborted) return failed("it took too long, or was cancelled");
    return failed(error instanceof RangeError ? error.message : databaseReason(error));
  } finally {
    ending.abort();
  }
}

const failed = (reason: string): DumpOutcome => ({ kind: "failed", reason });

async function dumpSnapshot(deps: DumpDeps, database: GuardedDatabase, client: Client, signal: AbortSignal): Promise<DumpOutcome> {
  await prepare(client);
  const facts = await readFacts(client);
  if (deps.tools.major < facts.serverMajor) return failed(`the server is PostgreSQL ${facts.serverMajor}, and pg_dump is of ${deps.tools.major}: it must be as new as the server`);
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  const { rows } = await client.query<{ snapshot: string }>("SELECT pg_catalog.pg_export_snapshot() AS snapshot");
  const snapshot = rows[0]?.snapshot ?? "";
  const atMs = deps.clock();
  const id = `${database.database}-${new Date(atMs).toISOString().replaceAll(/[-:.]/gu, "")}-${randomBytes(4).toString("hex")}`;
  const draft = await deps.directory.createDump(id).catch(() => null);
  if (draft === null) return failed("the guard's directory cannot be written");
  try {
    const [contents, written] = await both(readContents(client), (until) => write(deps, database, { snapshot, file: draft.file, signal: until }), signal);
    if (typeof written === "string") return await discarded(draft, written);
    const manifest = manifestOf({ id, database, atMs, facts, contents, written, toolMajor: deps.tools.major });
    await draft.keep(manifest);
    return { kind: "taken", manifest };
  } catch (error) {
    await draft.discard();
    throw error;
  }
}

async function discarded(draft: { discard(): Promise<void> }, reason: string): Promise<DumpOutcome> {
  await draft.discard();
  return failed(reason);
}

/** Whichever fails first ends the other, so that nothing is left running. */
async function both<A, B>(counting: Promise<A>, writing: (signal: AbortSignal) => Promise<B>, signal: AbortSignal): Promise<[A, B]> {
  const failing = new AbortController();
  const written = writing(AbortSignal.any([signal, failing.signal]));
  counting.catch(() => failing.abort());
  const [counted, wrote] = await Promise.allSettled([counting, written]);
  if (counted.status === "rejected") throw counted.reason;
  if (wrote.status === "rejected") throw wrote.reason;
  return [counted.value, wrote.value];
}

interface Written {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** What was written, or why it failed. */
async function write(deps: DumpDeps, database: GuardedDatabase, { snapshot, file, signal }: { snapshot: string; file: FileHandle; signal: AbortSignal }): Promise<Written | string> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const outcome = await runProgram({
    program: deps.tools.pgDump,
    parameters: ["--format=custom", "--no-password", `--snapshot=${snapshot}`, `--lock-wait-timeout=${LOCK_WAIT_MS}`, `--dbname=${database.database}`],
    environment: programEnvironment(database, deps.tools.major),
    input: null,
    output: async (stream: Readable) => {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > deps.maxBytes) throw new OutputRefused(`the dump is larger than ${deps.maxBytes} bytes`);
        hash.update(chunk);
        await writeWhole(file, chunk);
      }
    },
    signal,
  });
  if (outcome.kind === "failed") return outcome.reason;
  return sizeBytes === 0 ? "pg_dump wrote nothing" : { sha256: hash.digest("hex"), sizeBytes };
}

async function writeWhole(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, at, chunk.byteLength - at);
    at += bytesWritten;
  }
}

interface Made {
  readonly id: string;
  readonly database: GuardedDatabase;
  readonly atMs: number;
  readonly facts: DatabaseFacts;
  readonly contents: TableContents[];
  readonly written: Written;
  readonly toolMajor: number;
}

function manifestOf({ id, database: { database, host, port }, atMs, facts, contents, written, toolMajor }: Made): Manifest {
  return { v: 1, id, database, host, port, ...written, ...facts, toolMajor, atMs, tables: contents };
}
