/** Programs that are given code of another language as an option or operand: `bq query 'SQL'`, `manage.py shell -c 'code'`. */
import { verdictOf } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import { codeVerdicts } from "./foreign-code.ts";
import type { Invocation, Runner } from "./invocation.ts";
import { readOptions } from "./options.ts";
import { judgeSql } from "./sql-clients.ts";

interface Carried {
  /** Leading operands of the program; `a|b` for either. */
  readonly after: string;
  /** Options that hold the code. Empty: the operands after `after` do, but for the first `skip`. */
  readonly options: string;
  readonly skip?: number;
  /** `sql:` and the database system, or a language that is only searched. */
  readonly language: string;
  /** Without this flag the code runs on a copy on this machine. */
  readonly remote?: string;
}

const sql = (after: string, options = "", skip = 0, language = "sql"): Carried => ({ after, options, skip, language: `sql:${language}` });
const code = (language: string, after: string, options = "", skip = 0): Carried => ({ after, options, skip, language });

const CARRIED: Readonly<Record<string, readonly Carried[]>> = {
  bq: [sql("query", "", 0, "bigquery")],
  wrangler: [{ ...sql("d1 execute", "--command", 0, "sqlite"), remote: "--remote" }],
  turso: [sql("db shell", "", 1, "sqlite")],
  supabase: [sql("db query|execute")],
  aws: [sql("rds-data execute-statement|batch-execute-statement", "--sql"), sql("redshift-data execute-statement|batch-execute-statement", "--sql --sqls", 0, "redshift"), sql("athena start-query-execution", "--query-string", 0, "hive")],
  gcloud: [sql("spanner databases execute-sql", "--sql")],
  snow: [sql("sql", "-q --query", 0, "snowflake")],
  dolt: [sql("sql", "-q --query", 0, "mysql")],
  heroku: [sql("pg:psql", "-c --command", 0, "postgresql")],
  prisma: [sql("db execute", "--sql")],
  doctrine: [sql("dbal:run-sql|doctrine:query:sql")],
  console: [sql("dbal:run-sql|doctrine:query:sql")],
  wp: [sql("db query", "", 0, "mysql"), code("php", "eval")],
  drush: [sql("sql:query|sqlq|sql-query", "", 0, "mysql"), code("php", "php:eval|ev|php-eval|eval")],
  rails: [code("ruby", "runner|r"), code("ruby", "console|c", "--eval")],
  "manage.py": [code("python", "shell|shell_plus", "-c --command")],
  "django-admin": [code("python", "shell", "-c --command")],
  flask: [code("python", "shell", "-c")],
  artisan: [code("php", "tinker", "--execute")],
  mix: [code("elixir", "run", "-e --eval")],
  bun: [code("node", "", "-e --eval -p --print")],
};

/** Verdicts on the code that `call` carries, or null where it carries none. */
export function carriedCode(call: Invocation, run: Runner): readonly Verdict[] | null {
  if (call.args.some(({ text }) => /^--(dry[-_]?run|help)$/.test(text))) return null;
  for (const { after, options, skip = 0, language, remote } of Object.hasOwn(CARRIED, call.program) ? CARRIED[call.program]! : []) {
    const names = options.split(" ").filter((name) => name !== "");
    const read = readOptions(call.args, new Set(names));
    const words = after.split(" ").filter((word) => word !== "");
    if (!words.every((word, at) => word.split("|").includes(read.operands[at]?.text ?? ""))) continue;
    const given = names.length > 0 ? names.flatMap((name) => read.values.get(name) ?? []) : read.operands.slice(words.length + skip);
    // Consoles read what they are to run from their input as well.
    const piped = words.length > 0 && call.stdin.kind === "text" ? call.stdin.text : null;
    if (given.length === 0 && piped === null) continue;
    if (remote !== undefined && !read.flags.has(remote)) return [verdictOf({ operation: `${call.program}.local`, effect: "write", reversibility: "recoverable", reason: "Runs on a local copy." }, "shell.local-copy", [], call.span)];
    const text = given.length === 0 ? piped! : given.map((word) => word.text).join(" ");
    return language.startsWith("sql:") ? judgeSql(text, language.slice(4), call, run) : codeVerdicts(text, call, run);
  }
  return goFile(call, run);
}

/** `go run x.go`, where the script has written the file, or hands it over. */
function goFile(call: Invocation, run: Runner): readonly Verdict[] | null {
  if (call.program !== "go" || call.args[0]?.text !== "run") return null;
  const file = call.args.slice(1).find(({ text }) => text.endsWith(".go") || text === "-");
  const text = file === undefined ? null : file.text === "-" ? (call.stdin.kind === "text" ? call.stdin.text : null) : call.files.read(call.cwd, file.text);
  return text === null ? null : codeVerdicts(text, call, run);
}
