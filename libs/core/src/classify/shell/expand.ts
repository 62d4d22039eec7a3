/** Expands words of the syntax tree to fields, with what the script itself has assigned; reports every nested script it meets. */
import { forEachChild, type ParsedScript, type SyntaxNode, type Word as WordNode, type WordPart } from "unbash";
import { MAX_EXPANSION_DEPTH, PARSER_INPUT_CHARS } from "../bounds.ts";
import type { Scope } from "./scope.ts";
import { HOLE, type Word } from "./word.ts";

export interface Expander {
  readonly scope: Scope;
  /** Follows a substituted script and answers its output, or null where only a run would tell. */
  capture(script: ParsedScript): string | null;
  /** Records that something here is nested deeper than is followed. */
  giveUp(): void;
}

interface Field {
  text: string;
  glob: boolean;
  /** Something, even an empty string in quotes, was put in. */
  present: boolean;
}

/** The fields that a word becomes: usually one; none for an empty expansion; several where an unquoted value holds blanks. */
export function expandWord(node: WordNode, by: Expander): Word[] {
  const { parts } = node;
  if (parts === undefined) return [{ text: node.value, glob: false }];
  const passed = parts.length === 1 && isAllArguments(parts[0]!) ? by.scope.arguments : null;
  if (passed !== null) return [...passed];
  const fields: Field[] = [{ text: "", glob: false, present: false }];
  for (const part of parts) addPart(part, fields, by);
  return fields.filter(({ present }) => present).map(({ text, glob }) => ({ text, glob }));
}

/** `"$@"`, which is as many words as there are arguments. */
function isAllArguments(part: WordPart): boolean {
  if (part.type === "DoubleQuoted") return part.parts.length === 1 && isAllArguments(part.parts[0]!);
  if (part.type === "SimpleExpansion") return part.text === "$@";
  return part.type === "ParameterExpansion" && part.parameter === "@" && part.prefix === undefined && part.index === undefined && part.operation === undefined;
}

/** A word as one string: assignments, redirection targets and here-strings do not split. */
export function expandToText(node: WordNode, by: Expander): string {
  return node.parts === undefined ? node.value : textOfParts(node.parts, by);
}

export function textOfParts(parts: readonly WordPart[], by: Expander): string {
  let text = "";
  for (const part of parts) {
    const piece = textOfPart(part, by);
    text = text.length + piece.length > PARSER_INPUT_CHARS ? HOLE : text + piece;
  }
  return text;
}

/** Words that one unquoted expansion becomes. */
const MAX_PIECES = 256;

function addPart(part: WordPart, fields: Field[], by: Expander): void {
  const field = fields.at(-1)!;
  const text = textOfPart(part, by);
  const splits = part.type === "SimpleExpansion" || part.type === "ParameterExpansion" || part.type === "CommandExpansion";
  if (!splits || !/\s/.test(text)) {
    field.text += text;
    field.glob ||= part.type === "Glob" || part.type === "ExtendedGlob" || part.type === "BraceExpansion" || (splits && /[*?]/.test(text));
    field.present ||= !splits || text !== "";
    return;
  }
  const pieces = text.split(/\s+/, MAX_PIECES + 1);
  // So many words that no one wrote them down: a function that passes all of its arguments on would copy them at each call.
  if (pieces.length > MAX_PIECES) {
    field.text += HOLE;
    field.glob = field.present = true;
    return;
  }
  field.text += pieces[0]!;
  field.present ||= pieces[0] !== "";
  for (const piece of pieces.slice(1)) fields.push({ text: piece, glob: /[*?]/.test(piece), present: piece !== "" });
}

function textOfPart(part: WordPart, by: Expander): string {
  switch (part.type) {
    case "Literal":
    case "SingleQuoted":
    case "AnsiCQuoted":
      return part.value;
    case "DoubleQuoted":
    case "LocaleString":
      return textOfParts(part.parts, by);
    case "SimpleExpansion":
      return by.scope.get(part.text.slice(1));
    case "ParameterExpansion": {
      followNested(part, by);
      const plain = part.prefix === undefined && part.index === undefined && part.operation === undefined;
      return plain ? by.scope.get(part.parameter) : defaulted(part, by);
    }
    case "CommandExpansion":
      return part.script === undefined ? HOLE : (by.capture(part.script) ?? HOLE);
    case "ProcessSubstitution":
      if (part.script !== undefined) by.capture(part.script);
      return HOLE;
    case "ArithmeticExpansion":
      followNested(part, by);
      return HOLE;
    case "Glob":
    case "ExtendedGlob":
    case "BraceExpansion":
      followNested(part, by);
      return part.type === "Glob" ? part.value : part.text;
  }
}

type ParameterPart = Extract<WordPart, { type: "ParameterExpansion" }>;

/** `${X:-value}` is known where X is; where it is not set in the script, the environment may still have set it. */
function defaulted(part: ParameterPart, by: Expander): string {
  const { operation, prefix, index } = part;
  if (operation?.type !== "Default" || prefix !== undefined || index !== undefined) return HOLE;
  return operation.operator.endsWith("+") ? HOLE : by.scope.get(part.parameter);
}

/**
 * Follows every script below `node` that expansion itself does not reach: operands of `${x:-$(…)}`, arithmetic, tests, subscripts.
 * `forEachChild` resolves the parser's lazy getters, which a plain walk over properties would miss.
 */
export function followNested(node: SyntaxNode, by: Expander, depth = 0): void {
  if (depth > MAX_EXPANSION_DEPTH) return by.giveUp();
  forEachChild(node, (child) => {
    if (child.type === "Script") by.capture(child);
    else followNested(child, by, depth + 1);
  });
}
