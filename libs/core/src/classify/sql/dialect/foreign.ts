/**
 * SQL that is not PostgreSQL's: cut by the dialect's own rules; each statement then goes to PostgreSQL's grammar if that takes it, else is
 * read by its head. What neither understands is null, and `unknown` to the caller.
 */
import { MAX_COMMANDS } from "../../bounds.ts";
import type { Knowledge } from "../../compose.ts";
import { type Judged, judgeStatement } from "../judge.ts";
import { runningBodies } from "../bodies.ts";
import { parsePostgres } from "../prepare.ts";
import { commandKnowledge } from "../statements.ts";
import { isNode } from "../tree.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { changeOf } from "./changes.ts";
import { type Dialect, POSTGRES } from "./dialects.ts";
import { executedStrings } from "./executed-strings.ts";
import { headKnowledge } from "./heads.ts";
import { type LexedStatement, lexStatements, type Token } from "./lexer.ts";
import { asLine, asPostgres } from "./render.ts";

export interface ForeignJudged extends Judged {
  /** Read by the grammar, not by its head. */
  readonly isExact: boolean;
  readonly start: number;
  readonly end: number;
}

/** What a text may still cost: statements tried with the grammar, and strings within strings that are run. */
export interface Budget {
  parses: number;
  readonly depth: number;
}

/** Each failed try costs about 20 µs. */
const MAX_PARSES = 32;
const MAX_STRING_DEPTH = 3;
const MAX_EXECUTED_STRINGS = 32;
/** A statement longer than this is read by its head and by what is nested in it. */
const MAX_NESTED = 64;

export const newBudget = (): Budget => ({ parses: MAX_PARSES, depth: 0 });

type Answer = Omit<ForeignJudged, "start" | "end">;

const PROCEDURAL: Knowledge = { operation: "sql.block", effect: "execute", reversibility: "unknown", reason: "Runs a block of procedural code." };

/** One or more answers per statement, in order; null in place of a statement that nothing understands. */
export function foreignStatements(text: string, dialect: Dialect, budget: Budget = newBudget()): (ForeignJudged | null)[] {
  return judgeLexed(lexStatements(text, dialect), dialect, budget);
}

/** The same text by several dialects; a dialect that cuts it as one before it did would read it alike, and is left out. */
export function foreignReadings(text: string, dialects: readonly Dialect[]): (readonly (ForeignJudged | null)[])[] {
  const seen = new Set<string>();
  return dialects.flatMap((dialect) => {
    const statements = lexStatements(text, dialect);
    const cuts = statements.map(({ tokens }) => tokens.map(({ kind, start }) => `${kind[0]}${start}`).join()).join(";");
    if (seen.has(cuts)) return [];
    seen.add(cuts);
    return [judgeLexed(statements, dialect, newBudget())];
  });
}

function judgeLexed(statements: readonly LexedStatement[], dialect: Dialect, budget: Budget): (ForeignJudged | null)[] {
  const blocks = blocksOf(statements);
  const found = blocks.slice(0, MAX_COMMANDS).flatMap((block): (ForeignJudged | null)[] => {
    const { start, end } = block.statement;
    const answers = answersTo(block, blocks, budget);
    return answers === null ? [null] : answers.map((answer) => ({ ...answer, start, end }));
  });
  // What lies beyond the bound may be anything.
  if (blocks.length > MAX_COMMANDS) found.push(null);
  for (const { text: script, start, end } of executedStrings(statements).slice(0, MAX_EXECUTED_STRINGS)) {
    found.push(...bodyAnswers(script, dialect, budget).map((answer) => ({ ...answer, start, end })));
  }
  return found;
}

/** What code within code does; reads in it tell nothing. */
export function bodyAnswers(code: string, dialect: Dialect, budget: Budget = newBudget()): readonly Answer[] {
  if (budget.depth >= MAX_STRING_DEPTH) return [];
  const inner: Budget = { parses: budget.parses, depth: budget.depth + 1 };
  const found = foreignStatements(code, dialect, inner).filter((judged) => judged !== null && judged.knowledge.effect !== "read" && judged.knowledge !== PROCEDURAL);
  budget.parses = inner.parses;
  return found.map((judged) => judged!);
}

function answersTo({ statement: { tokens }, defines }: Block, blocks: readonly Block[], budget: Budget): readonly Answer[] | null {
  if (defines !== null) {
    const known = headKnowledge(asLine(tokens));
    const definition: Answer[] = known === null ? [] : [{ knowledge: known.knowledge, names: [{ kind: defines.kind, id: defines.name }], isExact: false }];
    // An event runs by itself; the others when they are called.
    return defines.kind === "event" ? [...definition, ...defines.body.flatMap(({ tokens: body }) => statementAnswers(body, budget) ?? [])] : definition;
  }
  const called = calledBody(tokens, blocks);
  if (called === null) return statementAnswers(tokens, budget);
  const call: Answer = { knowledge: PROCEDURAL, names: [], isExact: false };
  return [call, ...called.flatMap((body) => statementAnswers(body, budget) ?? [])];
}

/** `CALL p()`, `EXEC p` of a procedure that this very text defines. */
function calledBody(tokens: readonly Token[], blocks: readonly Block[]): readonly (readonly Token[])[] | null {
  if (!/^(call|exec|execute|select)$/i.test(tokens[0]?.text ?? "")) return null;
  const names = new Set(tokens.slice(1, 8).map(({ text }) => text.toLowerCase()));
  const definition = blocks.find(({ defines }) => defines !== null && names.has(defines.name))?.defines ?? null;
  return definition === null ? null : definition.body.map((statement) => statement.tokens);
}

function statementAnswers(tokens: readonly Token[], budget: Budget): readonly Answer[] | null {
  const exact = byGrammar(tokens, budget);
  if (exact !== null) return exact;
  const headed = byHead(tokens);
  const nested = nestedIn(tokens).flatMap((part) => byGrammar(part, budget) ?? byHead(part) ?? []);
  if (headed === null && nested.length === 0) return null;
  const base: Answer = { knowledge: PROCEDURAL, names: [], isExact: false };
  return [...(headed ?? [base]), ...nested];
}

/** Words that PostgreSQL's statements begin with and that it is worth asking its grammar about. */
const KNOWN_HEAD = /^(select|insert|update|delete|drop|truncate|alter|create|grant|revoke|with|explain|begin|commit|rollback|do|call|copy|merge|show|vacuum|values|table|set|reset|analyze|comment|lock|start|end|execute|prepare|refresh|reindex|cluster|declare|fetch|close|savepoint|release)$/i;

function byGrammar(tokens: readonly Token[], budget: Budget): readonly Answer[] | null {
  if (budget.parses <= 0 || !KNOWN_HEAD.test(tokens[0]?.text ?? "") || tokens[0]!.kind !== "word") {
    // `(SELECT …) UNION …`
    if (tokens[0]?.text !== "(") return null;
  }
  // Session variables of MySQL parse as names, where they stand for what is set.
  if (/^(set|declare)$/i.test(tokens[0]!.text)) return null;
  budget.parses -= 1;
  const text = asPostgres(tokens);
  const parsed = parsePostgres(text);
  const statement = parsed.kind === "parsed" && parsed.tree.stmts?.length === 1 ? parsed.tree.stmts[0]?.stmt : undefined;
  if (!isNode(statement)) return null;
  const bodies = runningBodies([statement], text).flatMap((body) => bodyAnswers(body, POSTGRES, budget));
  return [...judgeStatement(statement).map((judged) => ({ ...judged, isExact: true })), ...bodies];
}

function byHead(tokens: readonly Token[]): readonly Answer[] | null {
  const line = asLine(tokens);
  const explains = /^(?:EXPLAIN|DESCRIBE|DESC)\b(?! .*\bANALYZE\b)/i.test(line);
  if (explains) return [{ knowledge: { operation: "sql.explain", effect: "read", reversibility: "reversible", reason: "Explains a plan without running it." }, names: [], isExact: false }];
  const head = headKnowledge(line);
  if (head?.knowledge.operation === "sql.server-command") {
    const destroys = tokens.filter(({ kind }) => kind === "string").map(({ text }) => commandKnowledge(text)).find((knowledge) => knowledge !== null);
    return [{ knowledge: destroys ?? head.knowledge, names: [], isExact: false }];
  }
  const known = head === null || head.knowledge.reversibility !== "irreversible" ? (changeOf(tokens) ?? head) : head;
  return known === null ? null : [{ knowledge: known.knowledge, names: known.name === null ? [] : [{ kind: "table", id: known.name }], isExact: false }];
}

/** Heads within which these words mean something else: a privilege, a clause, an event. */
const NO_NESTING = /^(merge|alter|create|grant|revoke|deny|explain|desc|describe|show|comment|help|print)$/i;
const DROPPED = /^(table|database|schema|view|index|procedure|proc|function|trigger|user|login|role|sequence|event|materialized|tablespace)$/i;

/** Statements that stand inside another without a separator: after IF, BEGIN or THEN, or one behind the other as SQL Server allows. */
function nestedIn(tokens: readonly Token[]): readonly (readonly Token[])[] {
  if (NO_NESTING.test(tokens[0]?.text ?? "") && !/^EXPLAIN .*ANALYZE/i.test(asLine(tokens.slice(0, 8)))) return [];
  const starts: number[] = [];
  for (let at = 1; at < tokens.length && starts.length < MAX_NESTED; at += 1) if (startsStatement(tokens, at)) starts.push(at);
  return starts.map((from, index) => withoutEnd(tokens.slice(from, starts[index + 1] ?? tokens.length)));
}

function startsStatement(tokens: readonly Token[], at: number): boolean {
  const [token, next, third] = [tokens[at]!, tokens[at + 1], tokens[at + 2]];
  if (token.kind !== "word" || next === undefined) return false;
  const before = tokens[at - 1]!;
  if (before.kind === "word" && /^(begin|then|else|loop)$/i.test(before.text) && KNOWN_HEAD.test(token.text)) return true;
  switch (token.text.toLowerCase()) {
    case "drop":
      return next.kind === "word" && DROPPED.test(next.text);
    case "truncate":
      return /^table$/i.test(next.text);
    case "delete":
      return /^(from|top)$/i.test(next.text) && next.kind === "word";
    case "update":
      return (next.kind === "word" || next.kind === "quoted") && third !== undefined && (/^set$/i.test(third.text) || third.text === ".");
    default:
      return false;
  }
}

/** `… END`, `… END IF`, `ELSE …`, and the parenthesis that closes a common table expression. */
function withoutEnd(tokens: readonly Token[]): readonly Token[] {
  let depth = 0;
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind === "symbol" && text === "(") depth += 1;
    else if (kind === "symbol" && text === ")") {
      depth -= 1;
      if (depth < 0) return tokens.slice(0, at);
    } else if (depth === 0 && kind === "word" && /^(end|else|elsif|elseif|begin|exception|if|while)$/i.test(text) && !(text.toLowerCase() === "if" && /^exists$/i.test(tokens[at + 1]?.text ?? ""))) return tokens.slice(0, at);
  }
  return tokens;
}
