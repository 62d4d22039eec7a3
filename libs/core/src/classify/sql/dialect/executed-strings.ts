/** SQL in strings that the same text executes: EXECUTE, PREPARE … FROM, EXEC(…), sp_executesql, psql's \gexec. */
import type { LexedStatement, Token } from "./lexer.ts";

const EXECUTES = /^(exec|execute|prepare|sp_executesql|sp_msforeachtable|sp_msforeachdb|execute_immediate|dbms_sql|executeimmediate|xp_cmdshell)$/i;
/** What a string must begin with to be taken for statements. */
const STATEMENT = /^(?:[\s;(]|--[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:drop|truncate|delete|update|alter|create|exec|execute|begin|start|if|with|do|purge|reset|set|select|insert|replace|merge|explain|lock|use)\b/i;

export interface ExecutedString {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Every string that reads like a statement, where anything in the text executes strings: which of them it is, only a run would tell. */
export function executedStrings(statements: readonly LexedStatement[]): ExecutedString[] {
  const executes = statements.some(({ tokens }) => tokens.some((token, at) => isExecution(token, tokens[at - 1])));
  if (!executes) return [];
  return statements.flatMap(({ tokens }) => tokens.filter(({ kind, text }) => kind === "string" && STATEMENT.test(text)).map(({ text, start, end }) => ({ text: filled(text), start, end })));
}

function isExecution({ kind, text }: Token, before: Token | undefined): boolean {
  if (kind === "meta") return text === "\\gexec";
  // `GRANT EXECUTE ON …` executes nothing.
  return kind === "word" && EXECUTES.test(text) && !/^(grant|revoke|deny|drop|deallocate|,)$/i.test(before?.text ?? "");
}

/** A name or value is often put together with the string: `'DROP TABLE ' || name`, `format('DROP TABLE %I', name)`. */
export function filled(text: string): string {
  const given = text.trimEnd().replace(/["`[]$/, "").trimEnd();
  return /\b(?:table|database|schema|view|user|role|from|exists|truncate|update)$/i.test(given) ? `${given} unknown_value` : text;
}
