/**
 * SQL that PostgreSQL's grammar refuses: other dialects, or no SQL at all. Reads only the head of each statement, and only
 * forms in which nothing can hide; everything else is `unknown`.
 */
import type { Knowledge } from "../compose.ts";
import { dropKnowledge, knowledgeOf } from "./statements.ts";

export interface FallbackStatement {
  readonly knowledge: Knowledge;
  readonly name: string | null;
}

const COMMENT_OR_STRING = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|#[^\n]*|\/\*(?![!+])[^]*?\*\//g;

/** Statements split at `;`, comments and the insides of strings gone, MySQL's `/*! code *\/` kept as the code that it is. */
function statementsOf(text: string): string[] {
  const bare = text.replace(COMMENT_OR_STRING, (piece) => {
    if (piece.startsWith("`") || piece.startsWith('"')) return ` ${piece.slice(1, -1).replace(/[^\w.$-]/g, "_")} `;
    return piece.startsWith("'") ? " '' " : " ";
  });
  return bare
    .replace(/\/\*!\d*|\*\//g, " ")
    .split(";")
    .map((statement) => statement.replace(/\s+/g, " ").trim())
    .filter((statement) => statement !== "");
}

type Rule = readonly [pattern: RegExp, knowledge: Knowledge | ((match: RegExpExecArray) => Knowledge)];

const RULES: readonly Rule[] = [
  [/^DROP (?:TEMPORARY )?(TABLE|DATABASE|SCHEMA|VIEW|INDEX|USER|ROLE|TRIGGER|PROCEDURE|FUNCTION|EVENT|KEYSPACE|TABLESPACE|WAREHOUSE|STAGE|COLLECTION)S? (?:IF EXISTS )?([\w.$-]+)?/i, (match) => dropKnowledge(match[1]!.toUpperCase(), / CASCADE/i.test(match.input))],
  [/^TRUNCATE (?:TABLE )?([\w.$-]+)/i, knowledgeOf(["sql.truncate", "delete", "irreversible", "Empties a table at once."])],
  [/^DELETE (?:\w+ )?FROM ([\w.$-]+)(?![^]* WHERE )/i, knowledgeOf(["sql.delete-all", "delete", "irreversible", "Deletes every row: no WHERE.", "Add a WHERE."])],
  [/^DELETE (?=[^]* WHERE (?:1|TRUE|1 ?= ?1)(?: LIMIT| ORDER|$))/i, knowledgeOf(["sql.delete-all", "delete", "irreversible", "Deletes every row: its WHERE is always true."])],
  [/^DELETE /i, knowledgeOf(["sql.delete", "delete", "recoverable", "Deletes the rows that a condition selects."])],
  [/^UPDATE ([\w.$-]+) SET (?![^]* WHERE )/i, knowledgeOf(["sql.update-all", "write", "irreversible", "Overwrites every row: no WHERE."])],
  [/^UPDATE /i, knowledgeOf(["sql.update", "write", "recoverable", "Changes the rows that a condition selects."])],
  [/^ALTER TABLE ([\w.$-]+) [^]*\bDROP (?!CONSTRAINT|INDEX|KEY|PRIMARY|FOREIGN|DEFAULT|CHECK)(COLUMN |PARTITION )?/i, knowledgeOf(["sql.drop-column", "delete", "irreversible", "Drops a column or partition with its values."])],
  [/^(?:ALTER|CREATE|DROP) (?:USER|ROLE)|^(?:GRANT|REVOKE|SET PASSWORD|SET GLOBAL|FLUSH|KILL|RESET MASTER|PURGE BINARY LOGS)\b/i, knowledgeOf(["sql.admin", "admin", "recoverable", "Changes rights or controls the server."])],
  [/^ALTER /i, knowledgeOf(["sql.alter", "write", "recoverable", "Changes an object's definition."])],
  [/^CREATE /i, knowledgeOf(["sql.create", "create", "recoverable", "Creates an object."])],
  [/^(?:INSERT|LOAD DATA)\b/i, knowledgeOf(["sql.insert", "create", "recoverable", "Inserts rows."])],
  [/^REPLACE (?:INTO )?/i, knowledgeOf(["sql.replace", "write", "recoverable", "Inserts rows, replacing those with the same key."])],
  [/^(?:SHOW|DESCRIBE|DESC|USE|BEGIN|COMMIT|ROLLBACK|START TRANSACTION)(?: [\w.%$ '=-]*)?$/i, knowledgeOf(["sql.show", "read", "reversible", "Shows or selects a schema."])],
  [/^PRAGMA [\w.]+(?: ?\( ?'?[\w.]*'? ?\))?$/i, knowledgeOf(["sql.pragma", "read", "reversible", "Reads a setting of SQLite."])],
  [/^SELECT (?![^]*\b(?:INTO|DELETE|UPDATE|INSERT|DROP|TRUNCATE|EXEC|CALL|LOAD_FILE|SLEEP|BENCHMARK|XP_\w+)\b)/i, knowledgeOf(["sql.select", "read", "reversible", "Reads rows."])],
];

/** One answer per statement, null in place of a statement that is not understood. */
export function fallbackStatements(text: string): (FallbackStatement | null)[] {
  return statementsOf(text).map((statement) => {
    for (const [pattern, known] of RULES) {
      const match = pattern.exec(statement);
      if (match === null) continue;
      const name = match.slice(1).findLast((group) => group !== undefined) ?? null;
      return { knowledge: typeof known === "function" ? known(match) : known, name };
    }
    return null;
  });
}
