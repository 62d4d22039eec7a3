/**
 * Code of other languages inside a command line. It is not parsed: only calls in known spellings are read, so the answer is never
 * better than `unknown`; it can only be worse.
 */
import { PARSER_INPUT_CHARS } from "../bounds.ts";
import { unknownVerdict, verdictOf } from "../compose.ts";
import { classifyGraphqlBody } from "../graphql/body.ts";
import { classifyGraphql } from "../graphql/graphql.ts";
import { classifyHttp } from "../http/http.ts";
import { databaseCalls } from "../sql/in-code.ts";
import { unescaped } from "../sql/literals.ts";
import type { Verdict } from "../verdict.ts";
import { codeDeletion } from "./deletion.ts";
import { DELETING_METHODS, isLoss, LISTINGS, REMOVALS, type Removal, SERVICE_DELETES, WIPES } from "./foreign-calls.ts";
import type { Invocation, Runner } from "./invocation.ts";
import { literal, NO_STDIN, unknownWord, type Word } from "./word.ts";

const STRING = `("(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'|\`(?:[^\`\\\\]|\\\\.)*\`)`;
const STARTS = new RegExp(`\\b(?:os\\.system|os\\.popen|subprocess\\.\\w+|exec|execSync|execFileSync|spawnSync|spawn|system|popen|shell_exec|passthru|\\$)\\s*\\(?\\s*${STRING}`, "g");
const LISTED = /(?:\bsubprocess\.\w+|\bspawnSync|\bspawn|\bexecFileSync|\bexecFile|\bCommand)\(\s*(?:(["'`][\w./-]+["'`])\s*,\s*)?\[([^\]]*)\]/g;
const STRINGS = new RegExp(STRING, "g");
/** `name = "text"`: constants, so that a path need not stand in the call itself. */
const CONSTANTS = new RegExp(`(?:^|[\\s;({,$])([A-Za-z_]\\w*)\\s*=\\s*(?:r|Path\\(\\s*)?${STRING}`, "g");
/** Matches looked at of each pattern: code may repeat itself without end. */
const MAX_MATCHES = 64;

const unquote = (text: string): string => unescaped(text.slice(1, -1));

const matches = (code: string, pattern: RegExp): readonly RegExpMatchArray[] => [...code.matchAll(pattern)].slice(0, MAX_MATCHES);

/** Verdicts on `code`; never empty, never a read. */
export function codeVerdicts(code: string, call: Invocation, run: Runner): readonly Verdict[] {
  const base = unknownVerdict(`shell.${call.program}`, "shell.foreign-code", `Runs ${call.program} code.`, call.span);
  if (code.length > PARSER_INPUT_CHARS) {
    run.partial();
    return [base];
  }
  const found: Verdict[] = [base];
  for (const [, text] of matches(code, STARTS)) found.push(...run.script(unquote(text!), NO_STDIN));
  // Ruby, Perl and PHP run what stands in backticks.
  if (/^(ruby|perl|php)/.test(call.program)) for (const [, text] of matches(code, /`([^`]+)`/g)) found.push(...run.script(text!, NO_STDIN));
  for (const [, program, list] of matches(code, LISTED)) {
    const words = [...(program === undefined ? [] : [program]), ...[...list!.matchAll(STRINGS)].map(([text]) => text)].map((text) => literal(unquote(text)));
    if (words.length > 0) found.push(...run.command(words, NO_STDIN));
  }
  const constants = constantsOf(code);
  for (const removal of REMOVALS) for (const match of matches(code, removal.call)) found.push(removed(removal, code, code.slice((match.index ?? 0) + match[0].length), match[1], constants, call));
  found.push(...requests(code, call), ...losses(code, call));
  found.push(...databaseCalls(code).map((verdict) => ({ ...verdict, span: call.span })));
  return found;
}

function constantsOf(code: string): ReadonlyMap<string, string> {
  return new Map(matches(code, CONSTANTS).map(([, name, text]) => [name!, unquote(text!)]));
}

/** The path is a receiver before the call or its first argument: a literal, or a constant of the code; else only a run tells. */
function removed({ reach }: Removal, code: string, rest: string, receiver: string | undefined, constants: ReadonlyMap<string, string>, call: Invocation): Verdict {
  const path = receiver === undefined ? argumentOf(rest, constants) : pathOf(receiver, constants);
  const listed = path === unknownWord ? LISTINGS.exec(code)?.[1] : undefined;
  if (listed !== undefined) return codeDeletion(call, { text: unquote(listed), glob: true }, reach === "tree" ? "tree" : "matching");
  return codeDeletion(call, path, reach);
}

const FIRST_ARGUMENT = new RegExp(`^\\s*\\(?\\s*\\[?\\s*(?:Path\\(|pathlib\\.Path\\(|path\\.\\w+\\(|os\\.path\\.\\w+\\(|glob\\(|[fr](?=["']))?\\s*(?:${STRING}|\\$?([A-Za-z_]\\w*))\\s*([^\\n]?)`);

function argumentOf(rest: string, constants: ReadonlyMap<string, string>): Word {
  const [, text, name, next] = FIRST_ARGUMENT.exec(rest) ?? [];
  // Joined with something else, the literal is only where the path begins.
  if (text !== undefined && !/^\s*\)?\s*(for|if)\b/.test(next ?? "")) return { text: unquote(text), glob: next === "+" || /[*?{]/.test(text) };
  const known = name === undefined ? undefined : constants.get(name);
  return known === undefined ? unknownWord : { text: known, glob: next === "+" || /[*?]/.test(known) };
}

function pathOf(receiver: string, constants: ReadonlyMap<string, string>): Word {
  const isLiteral = /^["'`]/.test(receiver);
  const text = isLiteral ? unquote(receiver) : constants.get(receiver);
  return text === undefined ? unknownWord : literal(text);
}

/** Calls of client libraries that lose something: `client.delete_bucket(…)`, `User.destroy_all`, `db.dropDatabase()`. */
function losses(code: string, call: Invocation): Verdict[] {
  const found: Verdict[] = [];
  if (WIPES.test(code)) {
    const known = { operation: `shell.${call.program}.drop-all`, effect: "delete", reversibility: "irreversible", reason: "The code drops or empties a whole database or collection." } as const;
    found.push({ ...verdictOf(known, "shell.foreign-code.wipe", [], call.span), blast: { extent: "all", count: null } });
  }
  for (const [, method, argument] of matches(code, DELETING_METHODS)) {
    if (!isLoss(method!)) continue;
    const known = { operation: `shell.${call.program}.${method!.slice(0, 64)}`, effect: "delete", reversibility: "irreversible", reason: `The code calls ${method!.slice(0, 64)}.` } as const;
    const targets = argument === undefined ? [] : [{ kind: "argument", id: unquote(argument).slice(0, 256), environment: null }];
    found.push(verdictOf(known, "shell.foreign-code.call", targets, call.span));
  }
  for (const [, called] of matches(code, SERVICE_DELETES)) {
    const known = { operation: `shell.${call.program}.delete`, effect: "delete", reversibility: "irreversible", reason: `The code calls ${called!.slice(0, 64)}.` } as const;
    found.push(verdictOf(known, "shell.foreign-code.call", [], call.span));
  }
  return found;
}

const URL_LITERAL = /https?:\/\/[^\s"'`)\\]+/;
const DELETES = new RegExp(`\\b(?:requests|httpx|axios|client|session|http|got|ky|fetch)\\.delete\\s*\\(\\s*f?${STRING}|\\bmethod\\s*[:=]\\s*["'\`](DELETE)["'\`]`, "i");

/** GraphQL mutations in string literals, and HTTP deletions. */
function requests(code: string, call: Invocation): Verdict[] {
  const url = URL_LITERAL.exec(code)?.[0] ?? null;
  const found: Verdict[] = [];
  for (const [text] of matches(code, STRINGS)) {
    const document = unquote(text);
    if (/^\s*mutation\b[^]*\{/.test(document)) found.push(...classifyGraphql({ url, document, operationName: null, variables: null }).verdicts);
    else if (/^\s*\{\s*"query"\s*:/.test(document)) found.push(...classifyGraphqlBody(url, document).verdicts);
  }
  const deletes = DELETES.exec(code);
  if (deletes !== null) found.push(...classifyHttp({ method: "DELETE", url: deletes[1] === undefined ? (url ?? "unknown") : unquote(deletes[1]), body: null }).verdicts);
  return found.map((verdict) => ({ ...verdict, span: call.span }));
}
