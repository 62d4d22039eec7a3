/** Judges SQL: PostgreSQL by its own grammar, other dialects by the head of each statement. */
import { statedEnvironment } from "../../environment/environment.ts";
import { PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, type Span, unknownVerdict, verdictOf } from "../compose.ts";
import type { Classification, Verdict } from "../verdict.ts";
import { runningBodies } from "./bodies.ts";
import { type Dialect, dialectOf, POSSIBLE_READINGS, POSTGRES } from "./dialect/dialects.ts";
import { bodyAnswers, foreignReadings } from "./dialect/foreign.ts";
import { type Judged, judgeStatement } from "./judge.ts";
import { classifiersPrepared, parsePostgres } from "./prepare.ts";
import { isNode } from "./tree.ts";

/**
 * Classifies SQL text, all statements of it. `system` is OpenTelemetry's `db.system.name` where it is known: it decides by whose rules
 * comments, strings and statements end. Never throws: text that nothing understands, longer than PARSER_INPUT_CHARS, or seen before
 * `prepareClassifiers()` has resolved, is `unknown`.
 */
export function classifySql(text: string, system?: string): Classification {
  if (text.length > PARSER_INPUT_CHARS) return unparsable("sql.too-long", "The SQL is too long to be judged.");
  if (text.replace(/--[^\n]*|\s|;/g, "") === "") return unparsable("sql.empty", "There is no SQL here.");
  if (!classifiersPrepared()) return unparsable("sql.not-loaded", "The SQL grammar is not loaded yet.");
  const dialect = dialectOf(system);
  // MySQL runs what stands in `/*! … */`; to PostgreSQL's grammar it is a comment.
  const mayBePostgres = dialect === POSTGRES || (dialect === null && !/\/\*M?!/.test(text));
  const parsed = mayBePostgres ? parsePostgres(text) : null;
  if (parsed?.kind === "parsed") return compose(judgeTree(parsed.tree.stmts ?? [], text), "parsed");
  return judgeForeign(text, system, dialect === null ? POSSIBLE_READINGS : [dialect]);
}

function judgeTree(statements: readonly { stmt?: unknown; stmt_location?: number; stmt_len?: number }[], text: string): Verdict[] {
  // PostgreSQL counts bytes; only in ASCII are they UTF-16 units as well.
  // oxlint-disable-next-line no-control-regex
  const isAscii = /^[\u0000-\u007f]*$/.test(text);
  const verdicts = statements.flatMap(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
    const span: Span | null = isAscii ? { start, end: length === undefined || length === 0 ? text.length : start + length } : null;
    return isNode(stmt) ? judgeStatement(stmt).map((judged) => verdictOn(judged, true, span)) : [];
  });
  const bodies = runningBodies(statements.map(({ stmt }) => stmt).filter(isNode), text);
  return [...verdicts, ...bodies.flatMap((body) => bodyAnswers(body, POSTGRES)).map((judged) => verdictOn(judged, judged.isExact, null))];
}

/** The first reading decides; of the others counts what is lost, since one of them may be the true one. */
function judgeForeign(text: string, system: string | undefined, readings: readonly Dialect[]): Classification {
  const [first, ...others] = foreignReadings(text, readings);
  const verdicts = first!.map((judged) =>
    judged === null
      ? unknownVerdict("sql.unknown", "sql.unparsable", `This does not parse as SQL${system === undefined ? "" : ` of ${system.slice(0, 64)}`}.`)
      : verdictOn(judged, judged.isExact, judged),
  );
  const told = new Set(verdicts.map(({ operation }) => operation));
  for (const judged of others.flat()) {
    if (judged?.knowledge.reversibility === "irreversible" && !told.has(judged.knowledge.operation)) verdicts.push(verdictOn(judged, judged.isExact, judged));
  }
  const isExact = first!.length > 0 && first!.every((judged) => judged?.isExact === true);
  return compose(verdicts, isExact ? "parsed" : verdicts.every(({ rule }) => rule === "sql.unparsable") ? "unparsable" : "partial");
}

function verdictOn({ knowledge, names }: Judged, isExact: boolean, span: Span | null): Verdict {
  const targets = names.map(({ kind, id }) => target(kind, id));
  return verdictOf(knowledge, isExact ? knowledge.operation : `${knowledge.operation}.fallback`, targets, span === null ? null : { start: span.start, end: span.end });
}

function target(kind: string, id: string): Verdict["targets"][number] {
  return { kind, id: id.slice(0, 256), environment: kind === "database" || kind === "schema" ? statedEnvironment(id) : null };
}

function unparsable(rule: string, reason: string): Classification {
  return compose([unknownVerdict("sql.unknown", rule, reason)], "unparsable");
}
