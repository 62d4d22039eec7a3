import type { Listed, RestoreOutcome } from "@tripline/credentials";
import { TriplineError } from "@tripline/model";
import type { Command } from "commander";
import { globals, loadConfig } from "./options.ts";
import { plain, print, table, time } from "./output.ts";

/** Newest first. */
const MAX_LISTED = 1_000;

/** Adds `tripline backups`. */
export function addBackups(program: Command): void {
  program
    .command("backups")
    .description("the guard's backups on this machine; --test restores one into a scratch database and counts it")
    .option("--test <id>", "backup to restore into a scratch database, which is dropped again")
    .action(async (own: { test?: string }, command: Command) => {
      const options = globals(command);
      if (own.test !== undefined) return test(await testOne(options.config, own.test), own.test, options.json);
      const backups = (await listed(options.config)).map(shown);
      print(backups, options.json, () => list(backups));
    });
}

async function testOne(config: readonly string[], id: string): Promise<RestoreOutcome> {
  const [{ testBackup }, { findBackup, openGuardAccess, restoreAccess }] = await Promise.all([import("@tripline/credentials"), import("../guard-access.ts")]);
  const access = await openGuardAccess(await loadConfig(config));
  const { deps, connection } = await restoreAccess(access, await findBackup(access, id));
  return testBackup(deps, connection, id, new AbortController().signal);
}

function test(outcome: RestoreOutcome, id: string, isJson: boolean): void {
  if (outcome.kind === "failed") throw new TriplineError("TL_BACKUP_NOT_RESTORED", `${outcome.reason}.`);
  if (outcome.kind === "differs") throw new TriplineError("TL_BACKUP_NOT_RESTORED", `What came back is not what was dumped: ${outcome.differences.map(plain).join("; ")}.`);
  const { tables, rows, warnings } = outcome;
  print({ id, tested: true, tables, rows, warnings }, isJson, () => [`${id} can be restored: ${tables} tables with ${rows} rows came back as they were dumped.`, ...warnings].join("\n"));
}

/** Newest first. */
export async function listed(config: readonly string[]): Promise<Listed[]> {
  const { openGuardAccess } = await import("../guard-access.ts");
  return (await openGuardAccess(await loadConfig(config))).directory.list(() => true, MAX_LISTED);
}

export interface Shown {
  readonly id: string;
  readonly database: string;
  readonly atMs: number;
  readonly sizeBytes: number;
  readonly tables: number;
  readonly rows: number;
  readonly state: "tested" | "listed" | "damaged";
  readonly testedAtMs: number | null;
}

/** A backup in a line. `damaged`: it has lost bytes, or gained some. */
export function shown({ manifest, tested, isWhole }: Listed): Shown {
  const { id, database, atMs, sizeBytes, tables } = manifest;
  const state = !isWhole ? "damaged" : tested === null ? "listed" : "tested";
  return { id, database, atMs, sizeBytes, tables: tables.length, rows: tables.reduce((sum, { rows }) => sum + rows, 0), state, testedAtMs: tested?.atMs ?? null };
}

export function list(backups: readonly Shown[]): string {
  if (backups.length === 0) return "No backups: the guard takes one before it lets an approved call destroy what is under gate.guard.postgres.";
  return table(
    ["BACKUP", "DATABASE", "TAKEN", "BYTES", "TABLES", "ROWS", "STATE"],
    backups.map(({ id, database, atMs, sizeBytes, tables, rows, state, testedAtMs }) => [id, database, time(atMs), String(sizeBytes), String(tables), String(rows), testedAtMs === null ? state : `${state} ${time(testedAtMs)}`]),
  );
}
