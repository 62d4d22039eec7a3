/**
 * What code of other languages does to a database: SQL in its strings, and calls of object mappers that take a whole table. The code is
 * searched, not parsed: only what is found counts, and what is not found proves nothing.
 */
import { type Knowledge, verdictOf } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import { filled } from "./dialect/executed-strings.ts";
import { classifySql } from "./sql.ts";

/** Strings looked at, and SQL judged in them. */
const MAX_STRINGS = 256;
const MAX_JUDGED = 32;

/** Triple quotes before single ones, and the here-documents of Ruby and PHP. */
const STRINGS = /("""|''')([^]*?)\1|<<[~<-]?["']?([A-Z]\w*)["']?[^\n]*\n([^]*?)\n\s*\3\b|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g;
/** A call, template or statement by which drivers and mappers run SQL. */
const RUNS_SQL =
  /(?:\b|\$)(?:execute\w*|exec\w*|query\w*|run\w*|raw|prepare|statement|unprepared|affectingStatement|command|sql|do|text|read_sql\w*|mysqli_\w+|pg_\w+|sqlite_\w+|select_all|fetch\w*|all|get|one|none|many|\$?executeRaw\w*|\$?queryRaw\w*)\s*[(`"'<]/i;
const STATEMENT = /^\s*(?:(?:--|#)[^\n]*\n|\/\*[^]*?\*\/|[\s(;])*(?:drop|truncate|delete|update|alter|create|insert|replace|merge|grant|revoke|with|do|begin|call|exec|execute|purge|reset|set|rename|load|select)\b/i;
/** What stands before a string that is only shown, compared or looked for. */
const SHOWN = /(?:\bprint\w*|\bputs|\becho|\bwarn|\blog\w*(?:[.:]+\w+)?|\bconsole\.\w+|\bError|\bException|\bassert\w*|\bincludes|\b(?:starts|ends)_?with|\bsearch|\bmatch|\btest|\bfind|\bindexOf|\bwrite\w*|\bappend|[=!]=)\s*\(?\s*[fbrun]*$/i;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", 0: "\0" };
/** What a backslash in a string of most languages stands for. */
export const unescaped = (text: string): string => text.replace(/\\([^])/g, (_, char: string) => ESCAPES[char] ?? char);

type Row = readonly [pattern: RegExp, name: string, reason: string];

const TABLE = "Deletes every row of a table.";
const WIPES: readonly Row[] = [
  [/\.objects\s*(?:\.all\(\))?\s*\.(?:delete|_raw_delete)\(|\.query\(\s*\w+\s*\)\.delete\(\)|\.delete_many\(\s*\{?\s*\}?\s*\)/, "delete-all", TABLE],
  [/\.deleteMany\(\s*(?:\{\s*(?:where\s*:\s*\{\s*\}\s*)?\})?\s*\)|\.destroy\(\s*\{[^{}]*(?:\btruncate\s*:\s*true|\bwhere\s*:\s*\{\s*\})/, "delete-all", TABLE],
  [/\b(?:knex|db|trx|DB::table|table|from|into)\(\s*["'`][\w.]+["'`]\s*\)\s*(?:\.|->)\s*(?:del|delete|truncate)\(/, "delete-all", TABLE],
  [/\b[A-Z]\w*\.(?:delete_all|destroy_all|truncate)\b|\bDB\[:\w+\]\.(?:truncate|delete)\b|\.(?:getRepository|repository)\(\s*\w+\s*\)\.clear\(/, "delete-all", TABLE],
  [/\b[A-Z]\w*::(?:truncate\(|query\(\)->(?:delete|truncate|forceDelete)\()|\.createQueryBuilder\(\)\s*\.delete\(\)\s*\.from\([^()]*\)\s*\.execute\(/, "delete-all", TABLE],
  [/\.updateMany\(\s*\{\s*data\b(?![^]*?\bwhere\b)/, "update-all", "Overwrites every row of a table."],
  [/\.sync\(\s*\{[^{}]*\bforce\s*:\s*true|\bsequelize\.drop\(|\b(?:synchronize|dropSchema)\s*[:(]\s*true|\.dropSchema\(/, "drop-all", "Drops the tables of the models."],
  [/\.(?:dropTable|dropTableIfExists|drop_table|dropCollection|dropAllTables)\(|\bSchema::(?:drop\w*)\(|\bdrop_table\s+:\w+|\bDropTable\(/, "drop", "Drops tables."],
];

/** Verdicts on what `code` does to databases; none where nothing is found. Where in the code is not told. */
export function databaseCalls(code: string): Verdict[] {
  const found: Verdict[] = [];
  for (const [pattern, name, reason] of WIPES) {
    if (!pattern.test(code)) continue;
    const known: Knowledge = { operation: `sql.mapper-${name}`, effect: name === "update-all" ? "write" : "delete", reversibility: "irreversible", reason: `Calls an object mapper. ${reason}` };
    found.push(verdictOf(known, known.operation));
  }
  if (!RUNS_SQL.test(code)) return found;
  for (const text of statementsIn(code)) {
    const { verdicts } = classifySql(text);
    found.push(...verdicts.filter(({ operation }) => operation !== "sql.unknown").map((verdict) => ({ ...verdict, span: null })));
  }
  return found;
}

function statementsIn(code: string): string[] {
  const statements: string[] = [];
  let looked = 0;
  for (const match of code.matchAll(STRINGS)) {
    looked += 1;
    if (looked > MAX_STRINGS || statements.length >= MAX_JUDGED) break;
    const raw = match[2] ?? match[4];
    const text = raw ?? unescaped(match.slice(5).find((group) => group !== undefined) ?? "");
    if (STATEMENT.test(text) && !SHOWN.test(code.slice(Math.max(0, match.index - 40), match.index))) statements.push(filled(text));
  }
  return statements;
}
