/**
 * What code of other languages does to a database: SQL in its strings, and calls of object mappers that take a whole table. The code is
 * searched, not parsed: only what is found counts, and what is not found proves nothing.
 */
import { type Knowledge, verdictOf } from "../compose.ts";
import type { Verdict } from "../verdict.ts";
import { filled } from "./dialect/executed-strings.ts";
import { literalAt, literalsIn } from "./literals.ts";
import { classifySql } from "./sql.ts";

/** SQL judged in one piece of code. */
const MAX_JUDGED = 32;

/** A call, template or statement by which drivers and mappers run SQL. */
const RUNS_SQL =
  /(?:\b|\$)(?:execute\w*|exec\w*|query\w*|run\w*|raw|prepare|statement|unprepared|affectingStatement|command|sql|do|text|read_sql\w*|mysqli_\w+|pg_\w+|sqlite_\w+|select_all|fetch\w*|all|get|one|none|many|\$?executeRaw\w*|\$?queryRaw\w*)\s*[(`"'<]/i;
const CALLS = /\b(?:execute\w*|exec\w*|query\w*|run|raw|prepare|statement|unprepared|sql|text|\$executeRaw\w*|\$queryRaw\w*)\s*\(\s*[fbru]{0,2}(?=["'`])/gi;
const STATEMENT = /^(?:[\s;(]|(?:--|#)[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:drop|truncate|delete|update|alter|create|insert|replace|merge|grant|revoke|with|do|begin|call|exec|execute|purge|reset|set|rename|load|select)\b/i;
/** What stands before a string that is only shown, compared or looked for. */
const SHOWN = /(?:\bprint\w*|\bputs|\becho|\bwarn|\blog\w*(?:[.:]+\w+)?|\bconsole\.\w+|\bError|\bException|\bassert\w*|\bincludes|\b(?:starts|ends)_?with|\bsearch|\bmatch|\btest|\bfind|\bindexOf|\bwrite\w*|\bappend|[=!]=)\s*(?:\(\s*)?[fbrun]*$/i;

type Row = readonly [pattern: RegExp, name: string, reason: string];

const TABLE = "Deletes every row of a table.";
const WIPES: readonly Row[] = [
  [/\.objects(?:\s*\.all\(\))?\s*\.(?:delete|_raw_delete)\(|\.query\(\s*\w+\s*\)\.delete\(\)|\.delete_many\(\s*(?:\{\s*)?(?:\}\s*)?\)/, "delete-all", TABLE],
  [/\.deleteMany\(\s*(?:\{\s*(?:where\s*:\s*\{\s*\}\s*)?\}\s*)?\)|\.destroy\(\s*\{[^{}]*(?:\btruncate\s*:\s*true|\bwhere\s*:\s*\{\s*\})/, "delete-all", TABLE],
  [/\b(?:knex|db|trx|DB::table|table|from|into)\(\s*["'`][\w.]+["'`]\s*\)\s*(?:\.|->)\s*(?:del|delete|truncate)\(/, "delete-all", TABLE],
  [/\b[A-Z]\w*\.(?:delete_all|destroy_all|truncate)\b|\bDB\[:\w+\]\.(?:truncate|delete)\b|\.(?:getRepository|repository)\(\s*\w+\s*\)\.clear\(/, "delete-all", TABLE],
  [/\b[A-Z]\w*::(?:truncate\(|query\(\)->(?:delete|truncate|forceDelete)\()|\.createQueryBuilder\(\)\s*\.delete\(\)\s*\.from\([^()]*\)\s*\.execute\(/, "delete-all", TABLE],
  [/\.updateMany\(\s*\{\s*data\b(?![^]{0,400}?\bwhere\b)/, "update-all", "Overwrites every row of a table."],
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
  // What directly follows such a call is read on its own, so that no stray quote before it can hide it.
  const given = [...code.matchAll(CALLS)].slice(0, MAX_JUDGED).flatMap((match) => literalAt(code, match.index + match[0].length) ?? []);
  const seen = new Set(given.map(({ at }) => at));
  return [...given, ...literalsIn(code).filter(({ at }) => !seen.has(at))]
    .filter(({ text, at }) => STATEMENT.test(text) && !SHOWN.test(code.slice(Math.max(0, at - 40), at)))
    .slice(0, MAX_JUDGED)
    .map(({ text }) => filled(text));
}
