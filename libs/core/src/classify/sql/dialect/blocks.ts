/** Bodies of procedures, functions, triggers and events: what stands in them is defined, not run. */
import type { LexedStatement, Token } from "./lexer.ts";

export interface Block {
  /** The statement as it would run: of a definition, its head alone. */
  readonly statement: LexedStatement;
  /** What a definition defines, by the name that calls it. */
  readonly defines: { readonly kind: string; readonly name: string; readonly body: readonly LexedStatement[] } | null;
}

const DEFINITION = /^(procedure|proc|function|trigger|event|package)$/i;
const HEAD_WORDS = 8;

/** Joins a body that was cut at its semicolons to the head that defines it. */
export function blocksOf(statements: readonly LexedStatement[]): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < statements.length; at += 1) {
    const statement = statements[at]!;
    const defined = definitionAt(statement.tokens);
    if (defined === null) {
      blocks.push({ statement, defines: null });
      continue;
    }
    const { kind, name, bodyAt } = defined;
    const body: LexedStatement[] = [{ ...statement, tokens: statement.tokens.slice(bodyAt) }];
    let depth = depthOf(body[0]!.tokens);
    while (depth > 0 && at + 1 < statements.length) {
      at += 1;
      body.push(statements[at]!);
      depth += depthOf(statements[at]!.tokens);
    }
    blocks.push({ statement: { ...statement, tokens: statement.tokens.slice(0, bodyAt) }, defines: { kind, name, body: body.flatMap(cutAtSemicolons) } });
  }
  return blocks;
}

/** `CREATE [OR REPLACE] [DEFINER = …] PROCEDURE name …`, and where its body begins: at BEGIN, AS or DO, else where a statement does. */
function definitionAt(tokens: readonly Token[]): { kind: string; name: string; bodyAt: number } | null {
  if (!isWord(tokens[0], /^(create|alter)$/i)) return null;
  const kindAt = tokens.slice(0, HEAD_WORDS + 4).findIndex((token) => isWord(token, DEFINITION));
  if (kindAt < 1) return null;
  const nameAt = isWord(tokens[kindAt + 1], /^if$/i) ? kindAt + 4 : kindAt + 1;
  const rest = tokens.slice(nameAt + 1);
  const begin = rest.findIndex((token) => isWord(token, /^begin$/i));
  const other = rest.findIndex((token) => isWord(token, /^(as|is|do|return)$/i));
  const at = begin >= 0 ? begin : other;
  return { kind: tokens[kindAt]!.text.toLowerCase(), name: lastName(tokens, nameAt), bodyAt: at < 0 ? tokens.length : nameAt + 1 + at };
}

/** The last part of a dotted name, as a call may leave the schema out. */
function lastName(tokens: readonly Token[], from: number): string {
  let at = from;
  while (tokens[at + 1]?.text === "." && tokens[at + 2] !== undefined) at += 2;
  return tokens[at]?.text.toLowerCase() ?? "";
}

const isWord = (token: Token | undefined, word: RegExp): boolean => token?.kind === "word" && word.test(token.text);

/** How many more blocks are opened than closed. `END IF` and its like close what was never counted. */
function depthOf(tokens: readonly Token[]): number {
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    const afterEnd = isWord(tokens[at - 1], /^end$/i);
    if (isWord(token, /^(begin|case)$/i) && !afterEnd) depth += 1;
    else if (isWord(token, /^end$/i) && !isWord(tokens[at + 1], /^(if|loop|while|repeat|for)$/i)) depth -= 1;
  }
  return depth;
}

/** With another delimiter the semicolons of a body are symbols in one statement. */
function cutAtSemicolons(statement: LexedStatement): LexedStatement[] {
  const pieces: LexedStatement[] = [];
  let from = 0;
  for (let at = 0; at <= statement.tokens.length; at += 1) {
    const token = statement.tokens[at];
    if (token !== undefined && !(token.kind === "symbol" && token.text === ";")) continue;
    if (at > from) pieces.push({ ...statement, tokens: statement.tokens.slice(from, at) });
    from = at + 1;
  }
  return pieces;
}
