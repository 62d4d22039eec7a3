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
import { closing, unescaped } from "../sql/literals.ts";
import type { Verdict } from "../verdict.ts";
import { codeDeletion } from "./deletion.ts";
import { CLIENT_DELETES, DELETING_METHODS, isLoss, HELD_DELETES, LISTINGS, REMOVALS, type Removal, SDK_COMMANDS, SERVICE_DELETES, WIPES } from "./foreign-calls.ts";
import type { Invocation, Runner } from "./invocation.ts";
import { judgeRedirect } from "./redirect.ts";
import { literal, NO_STDIN, unknownWord, type Word } from "./word.ts";

const STRING = `("(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'|\`(?:[^\`\\\\]|\\\\.)*\`)`;
const STARTS = new RegExp(`(?:\\b(?:os\\.system|os\\.popen|subprocess\\.\\w+|exec|execSync|execFileSync|spawnSync|spawn|system|popen|shell_exec|passthru|exec_command|run_command|sudo)|\\$)\\s*(?:\\(\\s*)?${STRING}`, "g");
const LISTED = /(?:\bsubprocess\.\w+|\bos\.(?:exec|spawn)\w+|\bspawnSync|\bspawn|\bexecFileSync|\bexecFile|\bCommand)\(\s*(?:(["'`][\w./-]+["'`])\s*,\s*)?\[([^\]]{0,1000})\]/g;
/** Perl and Ruby: `system "rm", "-rf", "/srv"`. */
const SPREAD = new RegExp(`\\b(?:system|exec)\\s*(?:\\(\\s*)?(${STRING}(?:\\s*,\\s*${STRING}){1,16})`, "g");
const STRINGS = new RegExp(STRING, "g");
/** `name = "text"`: constants, so that a path need not stand in the call itself. */
const CONSTANTS = new RegExp(`(?:^|[\\s;({,$])([A-Za-z_]\\w*)\\s*=\\s*(?:r|Path\\(\\s*)?${STRING}`, "g");
/** A file opened for writing from its start. */
const OVERWRITES = new RegExp(`\\b(?:open\\s*\\(\\s*(?=${STRING}\\s*,\\s*(?:mode\\s*=\\s*)?["']w)|(?:writeFileSync|writeFile|File\\.write|file_put_contents)\\s*\\(\\s*)${STRING}`, "g");
/** Names that stand for a directory or file that the code has just made to be thrown away. */
const MADE = /\b([A-Za-z_]\w{0,63})(?:\s*,\s*\w+){0,8}\s*:?=\s*(?:await\s+)?(?:[\w.]*\.)?(?:MkdirTemp|TempDir|CreateTemp|mkdtemp|mkdtempSync|mkstemp|TemporaryDirectory|NamedTemporaryFile|mktmpdir|tmpdir|tempdir|tempnam|dirSync|createTempDirectory)\b|\b(?:TemporaryDirectory|NamedTemporaryFile|mktmpdir)\b[^\n]{0,80}?(?:\bas\s+|\|\s*)([A-Za-z_]\w*)/g;
const TEMPORARY = "tmp/made";
/** Matches looked at of each pattern: code may repeat itself without end. */
const MAX_MATCHES = 64;

const unquote = (text: string): string => unescaped(text.slice(1, -1));

function matches(code: string, pattern: RegExp): readonly RegExpMatchArray[] {
  const found: RegExpMatchArray[] = [];
  for (const match of code.matchAll(pattern)) {
    found.push(match);
    if (found.length >= MAX_MATCHES) break;
  }
  return found;
}

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
    const listed = [...list!.matchAll(STRINGS)].map(([text]) => unquote(text));
    // Some take the program twice: by name, and as the first of its words.
    const words = (program === undefined || listed[0] === unquote(program) ? listed : [unquote(program), ...listed]).map(literal);
    if (words.length > 0) found.push(...run.command(words, NO_STDIN));
  }
  for (const [, list] of matches(code, SPREAD)) found.push(...run.command([...list!.matchAll(STRINGS)].map(([text]) => literal(unquote(text))), NO_STDIN));
  const constants = constantsOf(code);
  for (const removal of REMOVALS) for (const match of matches(code, removal.call)) found.push(removed(removal, code, code.slice((match.index ?? 0) + match[0].length), match[1], constants, call));
  found.push(...requests(code, call), ...losses(code, call));
  found.push(...databaseCalls(code).map((verdict) => ({ ...verdict, span: call.span })));
  return found;
}

/**
 * The first strings of `code`. Where a quote is never closed, none of its kind behind it is either: a backslash before the later one was
 * read as an escape, and from there on both readings are the same. Without that, `\"\"\"…` would be read again from each.
 */
export function stringsIn(code: string): readonly string[] {
  const found: string[] = [];
  const unclosed = new Set<string>();
  for (let at = 0; at < code.length && found.length < MAX_MATCHES; at += 1) {
    const quote = code[at]!;
    if ((quote !== '"' && quote !== "'" && quote !== "`") || unclosed.has(quote)) continue;
    const end = closing(code, at, quote);
    if (end < 0) unclosed.add(quote);
    else {
      found.push(code.slice(at, end + 1));
      at = end;
    }
  }
  return found;
}

function constantsOf(code: string): ReadonlyMap<string, string> {
  return new Map([...matches(code, CONSTANTS).map(([, name, text]) => [name!, unquote(text!)] as const), ...matches(code, MADE).flatMap(([, before, after]) => [[before ?? after!, TEMPORARY] as const])]);
}

/** The path is a receiver before the call or its first argument: a literal, or a constant of the code; else only a run tells. */
function removed({ reach }: Removal, code: string, rest: string, receiver: string | undefined, constants: ReadonlyMap<string, string>, call: Invocation): Verdict {
  // What the code made for itself below the temporary directory is its own to delete.
  const named = receiver ?? rest.slice(0, 160).split(/[\n;]/)[0]!;
  if ([...named.matchAll(/[A-Za-z_]\w*/g)].some(([name]) => constants.get(name) === TEMPORARY)) return codeDeletion(call, literal(TEMPORARY), reach);
  const path = receiver === undefined ? argumentOf(rest, constants) : pathOf(receiver, constants);
  const listed = path === unknownWord ? LISTINGS.exec(code)?.[1] : undefined;
  if (listed !== undefined) return codeDeletion(call, { text: unquote(listed), glob: true }, reach === "tree" ? "tree" : "matching");
  return codeDeletion(call, path, reach);
}

const FIRST_ARGUMENT = new RegExp(`^\\s*(?:\\(\\s*)?(?:\\[\\s*)?(?:(?:Path\\(|pathlib\\.Path\\(|path\\.\\w+\\(|os\\.path\\.\\w+\\(|glob\\()\\s*|[fr](?=["']))?(?:${STRING}|\\$?([A-Za-z_]\\w*))\\s*([^\\n]?)`);

function argumentOf(rest: string, constants: ReadonlyMap<string, string>): Word {
  const [, text, name, next] = FIRST_ARGUMENT.exec(rest) ?? [];
  // Joined with something else, the literal is only where the path begins.
  if (text !== undefined && !/^\s*(?:\)\s*)?(for|if)\b/.test(next ?? "")) return { text: unquote(text), glob: next === "+" || /[*?{]/.test(text) };
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
  for (const [, , text] of matches(code, OVERWRITES)) found.push(...judgeRedirect(">", unquote(text!), call.span).filter(({ reversibility }) => reversibility === "irreversible"));
  for (const [, called] of [...matches(code, SERVICE_DELETES), ...matches(code, CLIENT_DELETES), ...matches(code, HELD_DELETES), ...matches(code, SDK_COMMANDS)]) {
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
  for (const text of stringsIn(code)) {
    const document = unquote(text);
    if (/^\s*mutation\b[^]*\{/.test(document)) found.push(...classifyGraphql({ url, document, operationName: null, variables: null }).verdicts);
    else if (/^\s*\{\s*"query"\s*:/.test(document)) found.push(...classifyGraphqlBody(url, document).verdicts);
  }
  const deletes = DELETES.exec(code);
  if (deletes !== null) found.push(...classifyHttp({ method: "DELETE", url: deletes[1] === undefined ? (url ?? "unknown") : unquote(deletes[1]), body: null }).verdicts);
  return found.map((verdict) => ({ ...verdict, span: call.span }));
}
