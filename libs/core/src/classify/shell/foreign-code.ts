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
import type { Invocation, Runner } from "./invocation.ts";
import { pathKind } from "./paths.ts";
import { literal, NO_STDIN, shown } from "./word.ts";

const STRING = `("(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'|\`(?:[^\`\\\\]|\\\\.)*\`)`;
const STARTS = new RegExp(`\\b(?:os\\.system|os\\.popen|subprocess\\.\\w+|exec|execSync|execFileSync|spawnSync|spawn|system|popen|shell_exec|passthru|\\$)\\s*\\(?\\s*${STRING}`, "g");
const LISTED = /\bsubprocess\.\w+\(\s*\[([^\]]*)\]/g;
const REMOVES = new RegExp(`\\b(?:shutil\\.rmtree|os\\.(?:remove|unlink|rmdir|removedirs)|(?:fs(?:Promises|\\.promises)?\\.)?(?:rm|rmSync|rmdirSync|rmdir|unlinkSync|unlink)|FileUtils\\.rm\\w*|File\\.delete|Dir\\.rmdir|remove_tree|rmtree)\\s*\\(?\\s*(?:Path\\(|path\\.\\w+\\(|os\\.path\\.\\w+\\()?\\s*${STRING}?`, "g");
const WIPES = /\b(?:metadata\.drop_all|db\.drop_all|drop_database|dropDatabase|drop_collection|flushall|flushdb|deleteMany\(\s*(?:\{\s*\})?\s*\))/;

const unquote = (text: string): string => unescaped(text.slice(1, -1));

/** Verdicts on `code`; never empty, never a read. */
export function codeVerdicts(code: string, call: Invocation, run: Runner): readonly Verdict[] {
  const base = unknownVerdict(`shell.${call.program}`, "shell.foreign-code", `Runs ${call.program} code.`, call.span);
  if (code.length > PARSER_INPUT_CHARS) {
    run.partial();
    return [base];
  }
  const found: Verdict[] = [base];
  for (const [, text] of code.matchAll(STARTS)) found.push(...run.script(unquote(text!), NO_STDIN));
  for (const [, list] of code.matchAll(LISTED)) {
    const words = [...list!.matchAll(new RegExp(STRING, "g"))].map(([text]) => literal(unquote(text)));
    if (words.length > 0) found.push(...run.command(words, NO_STDIN));
  }
  found.push(...databaseCalls(code).map((verdict) => ({ ...verdict, span: call.span })));
  for (const [, text] of code.matchAll(REMOVES)) found.push(removal(text === undefined ? null : unquote(text), call));
  found.push(...requests(code, call));
  if (WIPES.test(code)) {
    const known = { operation: `shell.${call.program}.drop-all`, effect: "delete", reversibility: "irreversible", reason: "The code drops or empties a whole database or collection." } as const;
    found.push(verdictOf(known, "shell.foreign-code.wipe", [], call.span));
  }
  return found;
}

const URL_LITERAL = /https?:\/\/[^\s"'`)\\]+/;
const DELETES = new RegExp(`\\b(?:requests|httpx|axios|client|session|http|got|ky|fetch)\\.delete\\s*\\(\\s*f?${STRING}|\\bmethod\\s*[:=]\\s*["'\`](DELETE)["'\`]`, "i");
const MUTATION = new RegExp(STRING, "g");

/** GraphQL mutations in string literals, and HTTP deletions. */
function requests(code: string, call: Invocation): Verdict[] {
  const url = URL_LITERAL.exec(code)?.[0] ?? null;
  const found: Verdict[] = [];
  for (const [text] of code.matchAll(MUTATION)) {
    const document = unquote(text);
    if (/^\s*mutation\b[^]*\{/.test(document)) found.push(...classifyGraphql({ url, document, operationName: null, variables: null }).verdicts);
    else if (/^\s*\{\s*"query"\s*:/.test(document)) found.push(...classifyGraphqlBody(url, document).verdicts);
  }
  const deletes = DELETES.exec(code);
  if (deletes !== null) found.push(...classifyHttp({ method: "DELETE", url: deletes[1] === undefined ? (url ?? "unknown") : unquote(deletes[1]), body: null }).verdicts);
  return found.map((verdict) => ({ ...verdict, span: call.span }));
}

function removal(path: string | null, call: Invocation): Verdict {
  const kind = path === null ? "unknown" : pathKind(literal(path));
  const reversibility = kind === "vital" || kind === "outside" ? "irreversible" : kind === "unknown" ? "unknown" : "recoverable";
  const known = { operation: `shell.${call.program}.remove`, effect: "delete", reversibility, reason: `The code deletes ${path === null ? "files" : shown(path)}.` } as const;
  return verdictOf(known, "shell.foreign-code.remove", path === null ? [] : [{ kind: "path", id: shown(path), environment: null }], call.span);
}
