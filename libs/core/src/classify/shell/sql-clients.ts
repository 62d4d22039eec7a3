/** Database clients: the SQL they are given goes to the SQL classifier, with the environment that their connection states. */
import { environmentOfUrl, statedEnvironment } from "../../environment/environment.ts";
import { unknownVerdict, verdictOf } from "../compose.ts";
import { classifySql } from "../sql/sql.ts";
import type { Verdict } from "../verdict.ts";
import type { Handler, Invocation, Runner } from "./invocation.ts";
import { runsFile } from "./runs-file.ts";
import { hasFlag, optionNames, type Options, readOptions } from "./options.ts";
import { HOLE, literal, NO_STDIN, shown } from "./word.ts";

interface Client {
  /** OpenTelemetry's `db.system.name`. */
  readonly system: string;
  readonly withValue: ReadonlySet<string>;
  /** Options that carry SQL. */
  readonly sql: readonly string[];
  /** Options that name a file of SQL. */
  readonly files: readonly string[];
  /** Whether operands after the database are SQL (`sqlite3 db 'SQL'`). */
  readonly operandSql: boolean;
  /** Options that name a host or database. */
  readonly place: readonly string[];
}

/** Pieces of SQL that one call is given and that are judged. */
const MAX_TEXTS = 64;

const client = (handled: Client): Handler => (call, run) => {
  const options = readOptions(call.args, handled.withValue);
  if (hasFlag(options, "--help", "--version", "-V", "-l", "--list")) return [verdictOf({ operation: `${handled.system}.list`, effect: "read", reversibility: "reversible", reason: "Lists or shows help." }, "sql-client.list", [], call.span)];
  const texts = handled.sql.flatMap((name) => options.values.get(name) ?? []).map(({ text }) => text);
  if (handled.operandSql) texts.push(...options.operands.slice(1).map(({ text }) => text));
  // What lies beyond the bound is as good as unknown.
  if (texts.length > MAX_TEXTS) texts.splice(MAX_TEXTS, texts.length, HOLE);
  const verdicts: Verdict[] = [];
  for (const file of handled.files.flatMap((name) => options.values.get(name) ?? [])) {
    const written = call.files.read(call.cwd, file.text);
    if (written === null) verdicts.push(runsFile("sql.unknown", file, call));
    else texts.push(written);
  }
  if (texts.length === 0 && verdicts.length === 0) {
    if (call.stdin.kind === "text") texts.push(call.stdin.text);
    else if (call.stdin.kind === "unknown" && call.stdin.files !== undefined) verdicts.push(...call.stdin.files.map((file) => runsFile("sql.unknown", literal(file), call)));
    if (texts.length + verdicts.length === 0) verdicts.push(hidden(call, call.stdin.kind === "none" ? "Opens a database client." : `Runs as SQL whatever ${shown(call.stdin.kind === "unknown" ? call.stdin.from : "")} gives.`));
  }
  const environment = call.environment ?? placeOf(options, handled);
  return [...texts.flatMap((text) => judgeSql(text, handled.system, call, run)), ...verdicts].map((verdict) => placed(verdict, environment));
};

function placeOf(options: Options, handled: Client): string | null {
  const named = [...handled.place.flatMap((name) => options.values.get(name) ?? []), ...options.operands.slice(0, 1)];
  for (const { text } of named) {
    const environment = /^\w+:\/\//.test(text) ? environmentOfUrl(text) : statedEnvironment(text);
    if (environment !== null) return environment;
  }
  return null;
}

/** The client's own commands (`\dt`, `.tables`) stand between the statements, one a line. */
export function judgeSql(text: string, system: string, call: Invocation, run: Runner): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const sql = text
    .split("\n")
    // `\g` and `\gexec` send the statement before them.
    .filter((line) => !/^\s*(\\(?!g)|\.)[\w!?+]/.test(line) || void verdicts.push(...metaCommand(line.trim(), system, call, run)))
    .join("\n");
  if (sql.trim() === "") return verdicts;
  const judged = classifySql(sql.replaceAll(HOLE, "unknown_value"), system);
  if (judged.parse !== "parsed") run.partial();
  verdicts.push(...judged.verdicts.map((verdict) => ({ ...verdict, span: call.span })));
  // A variable in SQL may hold any text, a second statement included.
  if (sql.includes(HOLE) && judged.worst.effect === "read") verdicts.push(unknownVerdict("sql.unknown", "sql.hidden-part", "Part of the SQL is only known at run time.", call.span));
  return verdicts;
}

function metaCommand(line: string, system: string, call: Invocation, run: Runner): readonly Verdict[] {
  if (/^(\\!|\.shell\b|\.system\b)/.test(line)) return run.script(line.replace(/^(\\!|\.\w+)/, ""), NO_STDIN);
  if (/^\\copy\b/.test(line)) return judgeSql(line.slice(1), system, call, run);
  if (/^(\\[io]|\\ir|\\gexec|\.read|\.restore|\.import|\.load)\b/.test(line)) return [hidden(call, "Runs or loads a file whose text is not here.")];
  return [verdictOf({ operation: `${system}.meta`, effect: "read", reversibility: "reversible", reason: "A command of the database client itself." }, "sql-client.meta", [], call.span)];
}

function hidden(call: Invocation, reason: string): Verdict {
  return unknownVerdict("sql.unknown", "sql-client.hidden", reason, call.span);
}

function placed(verdict: Verdict, environment: string | null): Verdict {
  if (environment === null) return verdict;
  const targets = verdict.targets.length === 0 ? [{ kind: "database", id: environment, environment }] : verdict.targets.map((target) => ({ ...target, environment: target.environment ?? environment }));
  return { ...verdict, targets };
}

const psql = client({ system: "postgresql", withValue: optionNames("-c --command -f --file -d --dbname -h --host -p --port -U --username -v --set --variable -o --output -F -R -P -L"), sql: ["-c", "--command"], files: ["-f", "--file"], operandSql: false, place: ["-h", "--host", "-d", "--dbname"] });
const mysql = client({ system: "mysql", withValue: optionNames("-e --execute -h --host -P --port -u --user -D --database --defaults-file --ssl-ca -S --socket"), sql: ["-e", "--execute"], files: [], operandSql: false, place: ["-h", "--host", "-D", "--database"] });
const sqlite = client({ system: "sqlite", withValue: optionNames("-cmd -init -separator -nullvalue"), sql: ["-cmd"], files: ["-init"], operandSql: true, place: [] });
const clickhouse = client({ system: "clickhouse", withValue: optionNames("-q --query -h --host --port -u --user --password -d --database --queries-file"), sql: ["-q", "--query"], files: ["--queries-file"], operandSql: false, place: ["-h", "--host", "-d", "--database"] });
const sqlcmd = client({ system: "microsoft.sql_server", withValue: optionNames("-Q -q -S -U -P -d -i"), sql: ["-Q", "-q"], files: ["-i"], operandSql: false, place: ["-S", "-d"] });
const snowsql = client({ system: "snowflake", withValue: optionNames("-q --query -f --filename -a -u -d -s -c --connection --dbname"), sql: ["-q", "--query"], files: ["-f", "--filename"], operandSql: false, place: ["-d", "-c", "--connection", "--dbname"] });
const cqlsh = client({ system: "cassandra", withValue: optionNames("-e --execute -f --file -k --keyspace -u -p"), sql: ["-e", "--execute"], files: ["-f", "--file"], operandSql: false, place: [] });

const hive = client({ system: "hive", withValue: optionNames("-e -f -u -n -p -d --execute --file --server --catalog --schema --database -q -i --query"), sql: ["-e", "--execute", "-q", "--query"], files: ["-f", "--file"], operandSql: false, place: ["-u", "--server"] });
const usql = client({ system: "other_sql", withValue: optionNames("-c --command -f --file"), sql: ["-c", "--command"], files: ["-f", "--file"], operandSql: false, place: [] });
const clickhouseCommand: Handler = (call, run) => (/^(client|local)$/.test(call.args[0]?.text ?? "") ? clickhouse({ ...call, args: call.args.slice(1) }, run) : []);
/** `@file` is an operand, and the statements come by standard input. */
const sqlplus = client({ system: "oracle", withValue: optionNames("-M -R -C"), sql: [], files: [], operandSql: false, place: [] });
/** `cockroach sql -e`; its other commands drain and take nodes away. */
const cockroachSql = client({ system: "cockroachdb", withValue: optionNames("-e --execute -f --file --url --host -d --database -u --user --certs-dir"), sql: ["-e", "--execute"], files: ["-f", "--file"], operandSql: false, place: ["--url", "--host", "-d", "--database"] });
const cockroach: Handler = (call, run) => {
  if (call.args[0]?.text === "sql") return cockroachSql({ ...call, args: call.args.slice(1) }, run);
  if (!call.args.some(({ text }) => /^(decommission|drain|quit|debug)$/.test(text))) return [];
  const known = { operation: "cockroachdb.node", effect: "delete", reversibility: "irreversible", reason: "Takes a node, or what it holds, from the cluster." } as const;
  return [verdictOf(known, known.operation, [], call.span)];
};

export const SQL_CLIENTS: Readonly<Record<string, Handler>> = { psql, pgcli: psql, cockroach, hive, beeline: hive, "spark-sql": hive, trino: hive, presto: hive, "impala-shell": hive, usql, sqlplus, mysqlsh: mysql, mysql, mariadb: mysql, mycli: mysql, sqlite3: sqlite, sqlite, duckdb: sqlite, "clickhouse-client": clickhouse, clickhouse: clickhouseCommand, sqlcmd, snowsql, cqlsh };
