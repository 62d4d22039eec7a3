/** What each PostgreSQL statement does, by the name of its syntax-tree node. Statements that need a look inside are in `judge.ts`. */
import type { Knowledge } from "../compose.ts";

type Row = readonly [operation: string, effect: Knowledge["effect"], reversibility: Knowledge["reversibility"], reason: string, safer?: string];

const BACKUP = "Dump it first (pg_dump), in a place that this credential cannot reach.";
const LOST = "The definition is not kept and nothing in the database restores it.";

const ROWS: Readonly<Record<string, Row>> = {
  DropdbStmt: ["sql.drop-database", "delete", "irreversible", "Drops a whole database.", BACKUP],
  DropRoleStmt: ["sql.drop-role", "admin", "irreversible", "Drops a role; its grants are lost."],
  DropOwnedStmt: ["sql.drop-owned", "delete", "irreversible", "Drops everything that a role owns, tables included.", BACKUP],
  DropTableSpaceStmt: ["sql.drop-tablespace", "delete", "irreversible", `Drops a tablespace. ${LOST}`],
  DropSubscriptionStmt: ["sql.drop-subscription", "delete", "irreversible", `Drops a subscription and its replication slot. ${LOST}`],
  DropUserMappingStmt: ["sql.drop-user-mapping", "delete", "irreversible", `Drops a user mapping. ${LOST}`],
  TruncateStmt: ["sql.truncate", "delete", "irreversible", "Empties tables at once.", "DELETE with a WHERE, inside a transaction that you can roll back."],
  ReassignOwnedStmt: ["sql.reassign-owned", "admin", "recoverable", "Gives everything a role owns to another."],
  CreateRoleStmt: ["sql.create-role", "admin", "recoverable", "Creates a role."],
  AlterRoleStmt: ["sql.alter-role", "admin", "recoverable", "Changes a role's rights or password."],
  AlterRoleSetStmt: ["sql.alter-role", "admin", "recoverable", "Changes a role's settings."],
  GrantStmt: ["sql.grant", "admin", "recoverable", "Grants or revokes privileges."],
  GrantRoleStmt: ["sql.grant-role", "admin", "recoverable", "Grants or revokes membership of a role."],
  AlterDefaultPrivilegesStmt: ["sql.default-privileges", "admin", "recoverable", "Changes privileges of objects to come."],
  AlterOwnerStmt: ["sql.alter-owner", "admin", "recoverable", "Changes an owner."],
  CreatePolicyStmt: ["sql.policy", "admin", "recoverable", "Changes row-level security."],
  AlterPolicyStmt: ["sql.policy", "admin", "recoverable", "Changes row-level security."],
  AlterSystemStmt: ["sql.alter-system", "admin", "recoverable", "Changes the server's configuration."],
  AlterDatabaseStmt: ["sql.alter-database", "admin", "recoverable", "Changes a database."],
  AlterDatabaseSetStmt: ["sql.alter-database", "admin", "recoverable", "Changes a database's settings."],
  CreateExtensionStmt: ["sql.create-extension", "admin", "recoverable", "Installs code into the database."],
  CreateEventTrigStmt: ["sql.event-trigger", "admin", "recoverable", "Installs code that runs on schema changes."],
  LoadStmt: ["sql.load", "execute", "unknown", "Loads a shared library into the server."],
  DoStmt: ["sql.do", "execute", "unknown", "Runs a block of procedural code."],
  CallStmt: ["sql.call", "execute", "unknown", "Calls a procedure whose text is not here."],
  ExecuteStmt: ["sql.execute", "execute", "unknown", "Executes a statement prepared elsewhere."],
  CreateFunctionStmt: ["sql.create-function", "create", "recoverable", "Defines a function."],
  CreateTrigStmt: ["sql.create-trigger", "create", "recoverable", "Defines a trigger."],
  RuleStmt: ["sql.create-rule", "create", "recoverable", "Defines a rewrite rule."],
  CreatedbStmt: ["sql.create-database", "create", "recoverable", "Creates a database."],
  CreateTableAsStmt: ["sql.create-table", "create", "recoverable", "Creates a table from a query."],
  InsertStmt: ["sql.insert", "create", "recoverable", "Inserts rows."],
  MergeStmt: ["sql.merge", "write", "unknown", "Merges rows: inserts, changes or deletes by condition."],
  RenameStmt: ["sql.rename", "write", "recoverable", "Renames an object."],
  RefreshMatViewStmt: ["sql.refresh", "write", "recoverable", "Computes a materialized view again."],
  CommentStmt: ["sql.comment", "write", "recoverable", "Changes a comment."],
  AlterSeqStmt: ["sql.alter-sequence", "write", "recoverable", "Changes a sequence."],
  ReindexStmt: ["sql.reindex", "write", "recoverable", "Rebuilds indexes."],
  ClusterStmt: ["sql.cluster", "write", "recoverable", "Rewrites a table in another order."],
  VacuumStmt: ["sql.vacuum", "write", "reversible", "Cleans up or analyses tables."],
  CheckPointStmt: ["sql.checkpoint", "write", "reversible", "Forces a checkpoint."],
  NotifyStmt: ["sql.notify", "publish", "recoverable", "Sends a notification."],
  LockStmt: ["sql.lock", "write", "reversible", "Locks tables until the transaction ends."],
  VariableSetStmt: ["sql.set", "write", "reversible", "Changes a setting of this session."],
  ConstraintsSetStmt: ["sql.set", "write", "reversible", "Changes when constraints are checked."],
  DiscardStmt: ["sql.discard", "write", "reversible", "Forgets this session's state."],
  DeallocateStmt: ["sql.deallocate", "write", "reversible", "Forgets a prepared statement."],
  ListenStmt: ["sql.listen", "read", "reversible", "Listens for notifications."],
  UnlistenStmt: ["sql.listen", "read", "reversible", "Stops listening."],
  TransactionStmt: ["sql.transaction", "read", "reversible", "Starts or ends a transaction."],
  VariableShowStmt: ["sql.show", "read", "reversible", "Shows a setting."],
  FetchStmt: ["sql.fetch", "read", "reversible", "Reads from a cursor."],
  ClosePortalStmt: ["sql.fetch", "read", "reversible", "Closes a cursor."],
  SelectStmt: ["sql.select", "read", "reversible", "Reads rows."],
};

/** Knowledge of the statement named `node`, or null. */
export function statementKnowledge(node: string): Knowledge | null {
  const row = Object.hasOwn(ROWS, node) ? ROWS[node]! : null;
  return row === null ? genericStatement(node) : knowledgeOf(row);
}

function genericStatement(node: string): Knowledge | null {
  if (node.startsWith("Create") || node === "DefineStmt" || node === "IndexStmt" || node === "ViewStmt" || node === "CompositeTypeStmt") {
    return { operation: "sql.create", effect: "create", reversibility: "recoverable", reason: "Creates an object." };
  }
  if (node.startsWith("Alter")) return { operation: "sql.alter", effect: "write", reversibility: "recoverable", reason: "Changes an object's definition." };
  return null;
}

/** `DROP <kind>`; `kind` as PostgreSQL's grammar names it (`OBJECT_TABLE`). */
export function dropKnowledge(kind: string, cascade: boolean): Knowledge {
  const object = kind.replace(/^OBJECT_/, "").toLowerCase().replaceAll("_", "-").replace("matview", "materialized-view");
  const holdsData = object === "table" || object === "schema" || object === "materialized-view" || object === "foreign-table";
  const reason = `Drops a ${object.replaceAll("-", " ")}${cascade ? " and everything that depends on it" : ""}. ${holdsData ? "Its rows are lost." : LOST}`;
  return { operation: `sql.drop-${object}`, effect: "delete", reversibility: "irreversible", reason, ...(holdsData ? { safer: BACKUP } : {}) };
}

const CHANGES = {
  delete: {
    all: { operation: "sql.delete-all", effect: "delete", reversibility: "irreversible", reason: "Deletes every row: no WHERE, or one that is always true.", safer: "Add a WHERE, inside a transaction." },
    some: { operation: "sql.delete", effect: "delete", reversibility: "recoverable", reason: "Deletes the rows that a condition selects." },
  },
  update: {
    all: { operation: "sql.update-all", effect: "write", reversibility: "irreversible", reason: "Overwrites every row: no WHERE, or one that is always true.", safer: "Add a WHERE, inside a transaction." },
    some: { operation: "sql.update", effect: "write", reversibility: "recoverable", reason: "Changes the rows that a condition selects." },
  },
} as const;

/** DELETE or UPDATE, by whether its condition spares any row. */
export function changeKnowledge(change: keyof typeof CHANGES, sparesNothing: boolean): Knowledge {
  return CHANGES[change][sparesNothing ? "all" : "some"];
}

export const PURGE_LOGS: Knowledge = { operation: "sql.purge-logs", effect: "delete", reversibility: "irreversible", reason: "Deletes binary logs: without them nothing is restored to a point in time." };

/** Words of command lines that delete, format or stop; the command lines themselves are not parsed here, as shell is judged on top of SQL. */
const DESTROYING_COMMAND = /(?:^|[\s;&|/\\"'])(?:rm|rmdir|del|erase|rd|format|mkfs\S*|dd|shred|truncate|shutdown|vssadmin|wbadmin|dropdb)(?:\.exe)?\s/i;

/** What a command that the server is told to run destroys, or null where nothing shows that it does. */
export function commandKnowledge(command: string): Knowledge | null {
  if (!DESTROYING_COMMAND.test(`${command} `)) return null;
  return { operation: "sql.server-command", effect: "delete", reversibility: "irreversible", reason: "Has the database server run a command that deletes or stops something." };
}

export function knowledgeOf([operation, effect, reversibility, reason, safer]: Row): Knowledge {
  return { operation, effect, reversibility, reason, ...(safer === undefined ? {} : { safer }) };
}

/** Functions that do something, by name: a SELECT that calls one is no read. */
const CALLS: readonly (readonly [names: string, row: Row])[] = [
  ["pg_terminate_backend pg_cancel_backend", ["sql.terminate-session", "admin", "recoverable", "Ends another session."]],
  ["setval nextval set_config", ["sql.setval", "write", "recoverable", "Changes a sequence or a setting."]],
  ["lo_unlink", ["sql.lo-unlink", "delete", "irreversible", "Deletes a large object."]],
  ["pg_drop_replication_slot pg_replication_origin_drop", ["sql.drop-replication-slot", "delete", "irreversible", "Drops a replication slot; the replica must be built anew."]],
  ["pg_file_unlink pg_file_write pg_file_rename lo_export", ["sql.server-file", "execute", "irreversible", "Writes or deletes files on the server."]],
  ["pg_read_file pg_read_binary_file pg_ls_dir lo_import pg_stat_file", ["sql.server-file-read", "admin", "unknown", "Reads files of the server, outside the database."]],
  ["dblink dblink_exec dblink_send_query query_to_xml query_to_xml_and_xmlschema cursor_to_xml", ["sql.dblink", "execute", "unknown", "Runs SQL given as text."]],
  ["pg_reload_conf pg_promote pg_switch_wal pg_rotate_logfile pg_wal_replay_pause pg_create_restore_point", ["sql.server-control", "admin", "recoverable", "Controls the server."]],
  ["pg_stat_reset pg_stat_statements_reset pg_stat_reset_shared", ["sql.stat-reset", "write", "recoverable", "Forgets statistics."]],
  ["drop_chunks drop_hypertable remove_retention_policy", ["sql.drop-chunks", "delete", "irreversible", "Drops the chunks of a time-series table."]],
  ["pg_notify", ["sql.notify", "publish", "recoverable", "Sends a notification."]],
];

export const CALL_KNOWLEDGE: ReadonlyMap<string, Knowledge> = new Map(
  CALLS.flatMap(([names, row]) => names.split(" ").map((name) => [name, knowledgeOf(row)] as const)),
);
