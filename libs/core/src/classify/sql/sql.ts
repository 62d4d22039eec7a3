/** Judges SQL: PostgreSQL by its own grammar, other dialects by the head of each statement. */
import { statedEnvironment } from "../../environment/environment.ts";
import { PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, type Span, unknownVerdict, verdictOf } from "../compose.ts";
import type { Classification, Verdict } from "../verdict.ts";
import { fallbackStatements } from "./fallback.ts";
import { judgeStatement } from "./judge.ts";
import { parsePostgres } from "./prepare.ts";
import { isNode } from "./tree.ts";

/**
 * Classifies SQL text, all statements of it. `system` is OpenTelemetry's `db.system.name` where it is known; it only tells
 * whether the fallback's answer is exact. Never throws: text that nothing understands, longer than PARSER_INPUT_CHARS, or seen before
 * `prepareClassifiers()` has resolved, is `unknown`.
 */
export function classifySql(text: string, system?: string): Classification {
  if (text.length > PARSER_INPUT_CHARS) return unparsable("sql.too-long", "The SQL is too long to be judged.");
  if (text.replace(/--[^\n]*|\s|;/g, "") === "") return unparsable("sql.empty", "There is no SQL here.");
  // MySQL runs what stands in `/*! … */`; to PostgreSQL's grammar it is a comment.
  if (text.includes("/*!") && system?.startsWith("postgres") !== true) return judgeForeign(text, system);
  const parsed = parsePostgres(text);
  if (parsed.kind === "parsed") return compose(judgeTree(parsed.tree.stmts ?? [], text), "parsed");
  if (parsed.kind === "not-loaded") return unparsable("sql.not-loaded", "The SQL grammar is not loaded yet.");
  // Backticks are MySQL's quotes; with them gone most of its statements are everyone's.
  const quoted = text.includes("`") ? parsePostgres(text.replaceAll("`", '"')) : parsed;
  if (quoted.kind === "parsed") return compose(judgeTree(quoted.tree.stmts ?? [], text), "parsed");
  return judgeForeign(text, system);
}

function judgeTree(statements: readonly { stmt?: unknown; stmt_location?: number; stmt_len?: number }[], text: string): Verdict[] {
  // PostgreSQL counts bytes; only in ASCII are they UTF-16 units as well.
  // oxlint-disable-next-line no-control-regex
  const isAscii = /^[\u0000-\u007f]*$/.test(text);
  return statements.flatMap(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
    const span: Span | null = isAscii ? { start, end: length === undefined || length === 0 ? text.length : start + length } : null;
    if (!isNode(stmt)) return [];
    return judgeStatement(stmt).map(({ knowledge, names }) =>
      verdictOf(knowledge, knowledge.operation, names.map(({ kind, id }) => target(kind, id)), span),
    );
  });
}

function judgeForeign(text: string, system: string | undefined): Classification {
  const statements = fallbackStatements(text);
  const verdicts = statements.map((statement) =>
    statement === null
      ? unknownVerdict("sql.unknown", "sql.unparsable", `This does not parse as SQL${system === undefined ? "" : ` of ${system.slice(0, 64)}`}.`)
      : verdictOf(statement.knowledge, `${statement.knowledge.operation}.fallback`, statement.name === null ? [] : [target("table", statement.name)]),
  );
  return compose(verdicts, statements.every((statement) => statement === null) ? "unparsable" : "partial");
}

function target(kind: string, id: string): Verdict["targets"][number] {
  return { kind, id: id.slice(0, 256), environment: kind === "database" || kind === "schema" ? statedEnvironment(id) : null };
}

function unparsable(rule: string, reason: string): Classification {
  return compose([unknownVerdict("sql.unknown", rule, reason)], "unparsable");
}
