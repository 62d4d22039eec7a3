/** What the guard's own directory holds of a database, as every provider tells of backups. */
import type { FoundBackup, FoundBackups } from "../provider.ts";
import type { BackupDirectory, Listed } from "./directory.ts";
import { rowsOf } from "./manifest.ts";

/** Newest first; older ones are not looked at. */
const MAX_LISTED = 16;

export interface DumpedDatabase {
  readonly database: string;
  readonly host: string;
  readonly port: number;
}

/** Never throws. A dump that has lost bytes is none. */
export async function findDumps(directory: BackupDirectory, { database, host, port }: DumpedDatabase): Promise<FoundBackups> {
  try {
    const listed = await directory.list((id) => databaseOf(id) === database, MAX_LISTED);
    const backups = listed.filter(({ manifest, isWhole }) => isWhole && manifest.database === database && manifest.host === host && manifest.port === port).map(found);
    return backups.length === 0 ? { kind: "none" } : { kind: "found", backups };
  } catch {
    return { kind: "unknown", reason: "the guard's directory cannot be read" };
  }
}

function found({ manifest, tested }: Listed): FoundBackup {
  const holds = `a dump of ${manifest.tables.length} tables with ${rowsOf(manifest)} rows, in a directory of Tripline's own`;
  return { id: manifest.id, atMs: manifest.atMs, outsideReach: true, restorable: tested === null ? "listed" : "tested", detail: tested === null ? holds : `${holds}, restored and counted as a test` };
}

/** `<database>-<time>-<digits>`. */
const databaseOf = (id: string): string => id.split("-").slice(0, -2).join("-");
