export { type GuardedDatabase, isDatabaseName, isLoopback } from "./database.ts";
export { type BackupDirectory, isBackupId, type Listed, openBackupDirectory } from "./directory.ts";
export { type DumpDeps, dumpDatabase, type DumpOutcome } from "./dump.ts";
export { findDumps } from "./find.ts";
export { type Manifest, rowsOf } from "./manifest.ts";
export { type RestoreDeps, restoreBackup, type RestoreOptions, type RestoreOutcome, testBackup } from "./restore.ts";
export { findPostgresTools, type PostgresTools, type ToolsOutcome } from "./tools.ts";
