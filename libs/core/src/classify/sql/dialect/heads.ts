/**
 * What a statement does that PostgreSQL's grammar refuses, by its first words: a table of the forms of other dialects. A line has no
 * comments, and nothing inside its strings or names (see `asLine`).
 */
import type { Knowledge } from "../../compose.ts";
import { dropKnowledge, knowledgeOf, PURGE_LOGS } from "../statements.ts";

type Row = Parameters<typeof knowledgeOf>[0];
/** The last group that matched names what is changed. */
type Rule = readonly [pattern: RegExp, known: Row | ((match: RegExpExecArray) => Knowledge)];

const NAME = String.raw`([\w.$@#-]+)`;
const head = (pattern: string): RegExp => new RegExp(`^(?:${pattern})`, "i");

/** The whole line, and no call of code in it: SQL Server parts statements by nothing but a blank. */
const plain = (pattern: string): RegExp => new RegExp(`^(?!.*\\b(?:EXEC|EXECUTE|CALL|XP_\\w+)\\b)(?:${pattern})$`, "i");

const KINDS =
  "TABLE|DATABASE|SCHEMA|VIEW|MATERIALIZED VIEW|INDEX|USER|ROLE|LOGIN|TRIGGER|PROCEDURE|PROC|FUNCTION|EVENT|KEYSPACE|TABLESPACE|WAREHOUSE|STAGE|COLLECTION|SEQUENCE|TYPE|DOMAIN|SYNONYM|PACKAGE BODY|PACKAGE|SERVER|" +
  "LOGFILE GROUP|UNDO TABLESPACE|RESOURCE GROUP|STREAM|PIPE|TASK|SHARE|CATALOG|VOLUME|DICTIONARY|NAMED COLLECTION|QUOTA|CLUSTER|DIRECTORY|PROFILE|CONSTRAINT|STATISTICS|ASSEMBLY|CERTIFICATE|CREDENTIAL|SNAPSHOT|MODEL|EXTERNAL TABLE|FOREIGN TABLE|DATASET|AGGREGATE|RESTORE POINT|DATABASE LINK|PUBLIC SYNONYM|COLUMN FAMILY|NODE|EXTENSION|SECURITY POLICY|ROW POLICY|SETTINGS PROFILE|PARTITION FUNCTION|PARTITION SCHEME|SERVICE|QUEUE|INTEGRATION|NETWORK POLICY|MASKING POLICY|FILE FORMAT";

const DROPS: readonly Rule[] = [
  [head(`DROP TEMPORARY TABLE(?: IF EXISTS)? ?${NAME}?`), ["sql.drop-temporary-table", "delete", "recoverable", "Drops a table that this session alone has."]],
  [head("(?:DROP|DEALLOCATE) PREPARE"), ["sql.deallocate", "write", "reversible", "Forgets a prepared statement."]],
  [head(`DROP (${KINDS})S?\\b(?: IF EXISTS\\b)? ?${NAME}?`), (match) => dropKnowledge(match[1]!.toUpperCase().replaceAll(" ", "_").replace(/^PROC$/, "PROCEDURE"), / CASCADE/i.test(match.input))],
  [head(`TRUNCATE (?:TABLES?|DATABASE|ALL TABLES FROM)?(?: IF EXISTS)? ?${NAME}?`), ["sql.truncate", "delete", "irreversible", "Empties a table at once."]],
  [head(`CREATE OR REPLACE (?:TRANSIENT |EXTERNAL |ICEBERG |DYNAMIC |HYBRID )?(TABLE|SCHEMA|DATABASE)\\b(?: IF NOT EXISTS)? ?${NAME}?`), ["sql.replace-table", "delete", "irreversible", "Replaces a table, schema or database, with its rows.", "CREATE … IF NOT EXISTS, or create under another name and swap."]],
  [head(`INSERT OVERWRITE (?:TABLE |INTO )?${NAME}?`), ["sql.insert-overwrite", "write", "irreversible", "Replaces the rows of a table or partition."]],
  [head("RESET (?:MASTER|BINARY LOGS)\\b|PURGE (?:BINARY|MASTER) LOGS\\b"), () => PURGE_LOGS],
  [head("RESET (?:SLAVE|REPLICA)\\b"), ["sql.reset-replica", "delete", "irreversible", "Forgets where replication stands; the replica must be built anew."]],
  [head("PURGE (?:RECYCLEBIN|DBA_RECYCLEBIN|TABLE|INDEX|TABLESPACE|MATERIALIZED VIEW)\\b"), ["sql.purge", "delete", "irreversible", "Empties the recycle bin: what was dropped cannot come back."]],
  [head("FLASHBACK "), ["sql.flashback", "write", "irreversible", "Winds a table or database back; what was written since is lost."]],
  [head("RESTORE DATABASE\\b(?=.* REPLACE\\b)"), ["sql.restore-over", "write", "irreversible", "Restores over a database that exists.", "Restore under another name."]],
  [head("SYSTEM DROP (?:REPLICA|DATABASE REPLICA)"), ["sql.drop-replica", "delete", "irreversible", "Drops a replica's metadata."]],
];

const ALTERS: readonly Rule[] = [
  [head(`ALTER TABLE (?:IF EXISTS )?${NAME} .*\\b(?:DROP (?!(?:CONSTRAINT|INDEX|KEY|PRIMARY|FOREIGN|DEFAULT|CHECK|NOT|PERIOD|SYSTEM|STATISTICS|PROJECTION|IDENTITY|EXPRESSION)\\b)|TRUNCATE PARTITION|DISCARD TABLESPACE|DISCARD PARTITION|CLEAR COLUMN|SET UNUSED)`), ["sql.drop-column", "delete", "irreversible", "Drops a column or partition with its values."]],
  [head(`ALTER TABLE ${NAME} .*\\bENGINE ?= ?BLACKHOLE\\b`), ["sql.alter-engine", "delete", "irreversible", "Moves a table to an engine that keeps no rows."]],
  [head(`ALTER TABLE ${NAME} .*\\b(?:DISABLE|NOCHECK|DROP (?:CONSTRAINT|PRIMARY|FOREIGN|CHECK))\\b`), ["sql.disable-protection", "admin", "recoverable", "Takes a constraint, trigger or row-level security away."]],
  [head("GRANT (?:ALL(?: PRIVILEGES)? (?:ON \\* ?\\. ?\\*|TO )|(?=[\\w ,]*\\bSUPER\\b)[\\w ,]*? ON \\* ?\\. ?\\*|ROLE (?:ACCOUNTADMIN|SECURITYADMIN|ORGADMIN)\\b)|ALTER SERVER ROLE \\[?SYSADMIN\\]? ADD MEMBER"), ["sql.grant-all", "admin", "irreversible", "Gives one account every right on the whole server; what it does before that is taken back stays done.", "Grant what the task needs, on one database."]],
  [head("ALTER (?:USER|ROLE|LOGIN)|(?:CREATE|RENAME|SET DEFAULT|SET) (?:USER|ROLE|LOGIN)|GRANT|REVOKE|DENY|SET PASSWORD|SET (?:GLOBAL|PERSIST|PERSIST_ONLY)\\b|SET @@(?:GLOBAL|PERSIST)|FLUSH|KILL|CHANGE (?:MASTER|REPLICATION)|(?:START|STOP) (?:SLAVE|REPLICA)|INSTALL|UNINSTALL|SP_CONFIGURE|RECONFIGURE|SYSTEM|ALTER SYSTEM|ALTER SERVER|ALTER INSTANCE|DBCC|AUDIT|NOAUDIT|ALTER DATABASE"), ["sql.admin", "admin", "recoverable", "Changes rights or controls the server."]],
  [head("SHUTDOWN|RESTART$"), ["sql.shutdown", "admin", "irreversible", "Stops the server under all its users."]],
  [head("SET (?:SESSION |LOCAL |@@SESSION ?\\. ?|@@)?(?:FOREIGN_KEY_CHECKS|SQL_SAFE_UPDATES|UNIQUE_CHECKS|SQL_LOG_BIN) ?= ?(?:0|OFF|FALSE)|PRAGMA (?:\\w+\\.)?(?:FOREIGN_KEYS|IGNORE_CHECK_CONSTRAINTS|WRITABLE_SCHEMA|DEFENSIVE|TRUSTED_SCHEMA)\\b ?[=(]|(?:DISABLE|ENABLE) TRIGGER"), ["sql.disable-protection", "admin", "recoverable", "Takes a check, trigger or the guard of the schema away, or puts it back."]],
  [head("RENAME|EXCHANGE|UNDROP|ATTACH|DETACH"), ["sql.rename", "write", "recoverable", "Renames, attaches or detaches an object."]],
  [head("ALTER "), ["sql.alter", "write", "recoverable", "Changes an object's definition."]],
];

const WRITES: readonly Rule[] = [
  [head("CREATE "), ["sql.create", "create", "recoverable", "Creates an object."]],
  [head("VACUUM INTO|BACKUP|EXPORT|UNLOAD"), ["sql.copy-out", "create", "recoverable", "Writes a copy of data."]],
  [plain("(?:VACUUM|REINDEX|ANALYZE)(?: [\\w.]+)?|(?:OPTIMIZE|ANALYZE|CHECK|CHECKSUM|REPAIR|CACHE|REFRESH|MSCK REPAIR|UNCACHE) (?:LOCAL |NO_WRITE_TO_BINLOG )?(?:TABLES?|LAZY TABLE|INDEX|MATERIALIZED VIEW) .*"), ["sql.maintain", "write", "reversible", "Cleans up or analyses tables."]],
  [head(`REPLACE (?:INTO )?${NAME}?`), ["sql.replace", "write", "recoverable", "Inserts rows, replacing those with the same key."]],
  [head("(?:INSERT|LOAD (?:DATA|XML)|IMPORT|COPY INTO|BULK INSERT|UPSERT)\\b"), ["sql.insert", "create", "recoverable", "Inserts rows."]],
  [head("MERGE "), ["sql.merge", "write", "unknown", "Merges rows: inserts, changes or deletes by condition."]],
  [head("EXEC(?:UTE)? .*?\\b(?:XP_CMDSHELL|SP_OACREATE|SP_OAMETHOD|XP_REGWRITE|XP_REGDELETE\\w*)|XP_CMDSHELL|HOST "), ["sql.server-command", "execute", "unknown", "Runs a command on the database server."]],
  [head("CALL|EXEC|EXECUTE|DO|PREPARE|SOURCE|HANDLER|@"), ["sql.execute", "execute", "unknown", "Runs code whose text is not here."]],
];

const READS: readonly Rule[] = [
  [plain("(?:SHOW|DESCRIBE|DESC|LIST|HELP|USE|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|START TRANSACTION|BEGIN (?:TRAN|TRANSACTION|WORK|IMMEDIATE|EXCLUSIVE|DEFERRED)|PRINT|LOCK TABLES|UNLOCK TABLES|XA|SPOOL|PROMPT|WHENEVER)(?: [\\w.%$@ '=,()*/:-]*)?|BEGIN|END|EXIT|QUIT"), ["sql.show", "read", "reversible", "Shows something, or starts or ends a transaction."]],
  [plain("SET .*|DECLARE @?\\w+ [\\w() ,]+(?:=.*)?"), ["sql.set", "write", "reversible", "Changes a setting or variable of this session."]],
  [/^PRAGMA [\w.]+(?: ?\( ?(?:'')?[\w.]* ?\))?$/i, ["sql.pragma", "read", "reversible", "Reads a setting of SQLite."]],
  [head("PRAGMA "), ["sql.pragma-set", "write", "recoverable", "Changes a setting of SQLite."]],
  [/^(?:SELECT|\( ?SELECT|VALUES|FROM|TABLE|WITH) (?!.*\b(?:INTO (?:OUTFILE|DUMPFILE)|DELETE|UPDATE|INSERT|DROP|TRUNCATE|EXEC|CALL|LOAD_FILE|SLEEP|BENCHMARK|XP_\w+)\b)/i, ["sql.select", "read", "reversible", "Reads rows."]],
];

const RULES: readonly Rule[] = [...DROPS, ...ALTERS, ...WRITES, ...READS];

export interface Head {
  readonly knowledge: Knowledge;
  readonly name: string | null;
}

/** What `line` does; null where it is like nothing in the table. DELETE and UPDATE are not in it: their condition decides. */
export function headKnowledge(line: string): Head | null {
  for (const [pattern, known] of RULES) {
    const match = pattern.exec(line);
    if (match === null) continue;
    const name = match.slice(1).findLast((group) => group !== undefined) ?? null;
    return { knowledge: typeof known === "function" ? known(match) : knowledgeOf(known), name };
  }
  return null;
}
