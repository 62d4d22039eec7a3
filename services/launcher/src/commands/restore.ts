import type { RestoreOutcome } from "@tripline/credentials";
import { TriplineError } from "@tripline/model";
import type { Command } from "commander";
import { list, listed, shown } from "./backups.ts";
import { globals, loadConfig } from "./options.ts";
import { plain, print } from "./output.ts";

interface Own {
  readonly list?: boolean;
  readonly into?: string;
  readonly owners: boolean;
}

/** Adds `tripline restore`. */
export function addRestore(program: Command): void {
  program
    .command("restore")
    .argument("[backup]", "id of the backup, as `tripline backups` shows it")
    .description("bring a database back from one of the guard's backups, and count that all of it is there; never over a database that exists")
    .option("--list", "list the backups instead")
    .option("--into <database>", "name of the database that is made; the one that was dumped when absent")
    .option("--no-owners", "leave out owners and rights, where their roles are gone")
    .action(async (id: string | undefined, own: Own, command: Command) => {
      const options = globals(command);
      if (own.list === true) {
        const backups = (await listed(options.config)).map(shown);
        return print(backups, options.json, () => list(backups));
      }
      if (id === undefined) throw new TriplineError("TL_INPUT_INVALID", "Name a backup, or give --list.");
      const outcome = await restore(options.config, id, own);
      if (outcome.kind === "failed") throw new TriplineError("TL_BACKUP_NOT_RESTORED", `${outcome.reason}.`);
      print({ id, ...outcome }, options.json, () => told(outcome));
      if (outcome.kind === "differs") process.exitCode = 1;
    });
}

async function restore(config: readonly string[], id: string, { into, owners }: Own): Promise<RestoreOutcome> {
  const [{ restoreBackup }, { findBackup, openGuardAccess, restoreAccess }] = await Promise.all([import("@tripline/credentials"), import("../guard-access.ts")]);
  const access = await openGuardAccess(await loadConfig(config));
  const { deps, connection } = await restoreAccess(access, await findBackup(access, id));
  return restoreBackup(deps, connection, id, { into: into ?? null, owners }, new AbortController().signal);
}

function told(outcome: Exclude<RestoreOutcome, { kind: "failed" }>): string {
  if (outcome.kind === "differs") return [`Database ${plain(outcome.database)} is there, but it is not what was dumped:`, ...outcome.differences.map((line) => `  ${plain(line)}`)].join("\n");
  const { database, tables, rows, warnings } = outcome;
  return [`Database ${plain(database)} is back: ${tables} tables with ${rows} rows, each as it was dumped.`, ...warnings.map(plain)].join("\n");
}
