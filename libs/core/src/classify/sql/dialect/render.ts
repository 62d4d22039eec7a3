/** Writes tokens of any dialect down again: for PostgreSQL's grammar, or as a plain line that patterns can be held against. */
import type { Token } from "./lexer.ts";

/** What other dialects add and PostgreSQL's grammar refuses; none of it changes what is lost. */
const MODIFIERS = /^(low_priority|high_priority|delayed|quick|ignore)$/i;
const CHANGES = /^(delete|update|insert|replace)$/i;

/** As PostgreSQL would have it: names in double quotes, strings in single ones, a name of its own for every hole. */
export function asPostgres(tokens: readonly Token[]): string {
  return written(withoutDecoration(tokens), (token, at) => {
    switch (token.kind) {
      case "string":
        return `'${token.text.replaceAll("'", "''")}'`;
      case "quoted":
        return `"${token.text.replaceAll('"', '""')}"`;
      case "word":
        return /[@#]/.test(token.text) ? `"${token.text}"` : token.text;
      case "hole":
        return `unknown_value_${at}`;
      case "number":
      case "symbol":
        return token.text;
      case "meta":
        return "";
    }
  });
}

/** One line: single blanks, strings empty, names without quotes. Nothing in a string or name can pass for a keyword with a blank. */
export function asLine(tokens: readonly Token[]): string {
  return written(tokens, (token) => {
    switch (token.kind) {
      case "string":
        return "''";
      case "quoted":
        return token.text.replace(/[^\p{L}\p{N}_.$-]/gu, "_");
      case "hole":
        return "unknown_value";
      case "word":
      case "number":
      case "symbol":
        return token.text;
      case "meta":
        return "";
    }
  });
}

function written(tokens: readonly Token[], write: (token: Token, at: number) => string): string {
  const parts: string[] = [];
  for (const [at, token] of tokens.entries()) {
    const before = tokens[at - 1];
    // `5--1` is a sum where `--` needs a blank to open a comment.
    const wouldJoin = before !== undefined && before.end === token.start && !(before.text === "-" && token.text === "-");
    parts.push(before === undefined || wouldJoin ? "" : " ", write(token, at));
  }
  return parts.join("");
}

function withoutDecoration(tokens: readonly Token[]): readonly Token[] {
  const head = tokens[0]?.text ?? "";
  if (!CHANGES.test(head)) return tokens;
  const kept = tokens.filter(({ kind, text }, at) => !(kind === "word" && at > 0 && at < 4 && MODIFIERS.test(text)));
  return /^(delete|update)$/i.test(head) ? withoutLimit(kept) : kept;
}

/** `ORDER BY … LIMIT n` at the end of a DELETE or UPDATE: which rows, not whether there is a condition. */
function withoutLimit(tokens: readonly Token[]): readonly Token[] {
  const at = topLevel(tokens, /^(order|limit)$/i);
  return at < 0 ? tokens : tokens.slice(0, at);
}

/** Where a word stands outside all parentheses; -1 where it does not. */
export function topLevel(tokens: readonly Token[], word: RegExp): number {
  let depth = 0;
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind === "symbol" && text === "(") depth += 1;
    else if (kind === "symbol" && text === ")") depth -= 1;
    else if (depth === 0 && kind === "word" && word.test(text)) return at;
  }
  return -1;
}
