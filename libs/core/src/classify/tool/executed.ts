/** What the inputs of a tool hold that runs: a command line, a query, a request, a call of another tool. */
import { MAX_NESTED_INPUTS, MAX_TOOL_NESTING, PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, unknownVerdict, worseParse } from "../compose.ts";
import { classifyGraphqlBody } from "../graphql/body.ts";
import { classifyHttp } from "../http/http.ts";
import { classifyShell } from "../shell/shell.ts";
import { databaseCalls } from "../sql/in-code.ts";
import { classifySql } from "../sql/sql.ts";
import type { Classification } from "../verdict.ts";
import { type ToolName, toolNamed } from "./names.ts";

export type Inputs = Readonly<Record<string, unknown>>;

const SQL_HEAD =
  /^\s*(?:--[^\n]*\n\s*|#[^\n]*\n\s*|\/\*(?!M?!)(?:[^*]|\*(?!\/))*\*\/\s*|[;(]\s*)*(?:(?:select|insert|update|delete|drop|truncate|alter|create|grant|revoke|with|explain|begin|do|call|copy|merge|show|pragma|vacuum|replace)\b|exec(?:ute)?\s+\w|purge\s+(?:binary|master|recyclebin|table)|reset\s+(?:master|binary)|rename\s+table|set\s+(?:global|session|@|foreign_key_checks)|flush\s+\w+s\b|if\s+(?:not\s+)?(?:exists|object_id)|\/\*M?!)/i;
const GRAPHQL_HEAD = /^[\s,]*(#[^\n]*\n[\s,]*)*(?:(query|mutation|subscription|fragment)\b[^]*\{|\{[\s,]*(?:#[^\n]*\n[\s,]*)*(?:[A-Za-z_]|\.\.\.))/;

const URL_ARGUMENTS = ["url", "uri", "endpoint"];
/** Where the method is stated beside, these hold the rest of the address. */
const PATH_ARGUMENTS = ["path", "route", "resource_path"];
const METHOD_ARGUMENTS = ["method", "http_method", "httpMethod", "verb"];
const HTTP_METHOD = /^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)$/i;
/** Explicit names: what they hold is a query, whatever the tool is called. */
const STATEMENT_ARGUMENTS = ["statement", "mutation"];
const QUERY_ARGUMENTS = ["query", "document"];
/** What these hold is SQL, read or not. */
const SQL_ARGUMENTS = ["sql", "sql_query", "sqlQuery"];
/** Each member is a query or command of its own. */
const MANY_QUERIES = ["queries", "statements", "sqls", "sqlStatements", "sql_statements", "sql", "statement"];
const COMMAND_ARGUMENTS = ["command", "cmd", "bash_command", "script"];
/** Explicit names: a command line, whatever the tool is called. */
const COMMAND_LINES = ["shell_command", "command_line", "commandLine", "cli_command"];
/** Where a runtime says that this one command runs. */
const DIRECTORY_ARGUMENTS = ["cwd", "workdir", "working_directory", "workingDirectory", "work_dir"];
const MANY_COMMANDS = ["commands", "cmds"];
/** Of a tool whose whole purpose is to run a command, these hold one where no other does; beside one, `input` is what it reads. */
const SHELL_ARGUMENTS = ["input", "code"];
/** Where HTTP clients take method and body: `fetch(url, init)`, `request(url, options)`. */
const OPTION_ARGUMENTS = ["init", "options", "config", "request"];
/** Where a tool that stands before other tools takes their inputs. */
const INNER_INPUTS = ["arguments", "args", "input", "inputs", "params", "parameters", "tool_input", "tool_args", "payload", "kwargs"];
const INNER_NAMES = ["tool_name", "tool", "toolName", "function_name", "function", "recipient_name", "name", "action", "operation"];
/** Lists of calls that one call holds. */
const CALL_LISTS = ["calls", "tool_calls", "tool_uses", "invocations", "operations", "actions", "steps", "requests"];

/** Judges a call of which only name and inputs are left. */
export type ByName = (tool: string, name: ToolName, inputs: Inputs) => Classification;

/** What runs, of a tool that is not known to read or edit alone. Null where only its name is left to judge by. */
export function executed(name: ToolName, inputs: Inputs | string, byName: ByName, directory?: string, depth = 0): Classification | null {
  if (typeof inputs === "string") return name.isShell && inputs !== "" ? classifyShell(inputs, directory) : sqlOrGraphql(name, inputs, null, () => inputs);
  const own = ownText(name, inputs, directory);
  if (own !== null || depth >= MAX_TOOL_NESTING || !mayHoldCalls(name)) return own;
  const inner = innerCalls(name, inputs, byName, directory, depth);
  return inner.length === 0 ? null : together(inner);
}

function ownText(name: ToolName, inputs: Inputs, directory: string | undefined): Classification | null {
  const commands = commandsOf(name, inputs);
  if (commands.length > 0) return together(commands.slice(0, MAX_NESTED_INPUTS).map((command) => classifyShell(command, textAt(inputs, DIRECTORY_ARGUMENTS) ?? directory)), commands.length);
  const url = textAt(inputs, URL_ARGUMENTS);
  // What a tool that searches is given as `query` is looked for, not run.
  const singles = [...(name.searches ? [] : QUERY_ARGUMENTS), ...STATEMENT_ARGUMENTS].map((argument) => inputs[argument]);
  const queries = [...singles, ...MANY_QUERIES.flatMap((argument) => listAt(inputs, argument))].filter((query) => typeof query === "string" && query !== "");
  const queried = queries.slice(0, MAX_NESTED_INPUTS).flatMap((query) => {
    const body = (): string => JSON.stringify({ query, variables: inputs["variables"], operationName: inputs["operationName"] });
    return sqlOrGraphql(name, query as string, url, body) ?? [];
  });
  if (!LOOKS_AT.test(name.meaning?.verb ?? "")) for (const argument of SQL_ARGUMENTS) if (typeof inputs[argument] === "string" && inputs[argument] !== "") queried.push(classifySql(inputs[argument], name.system));
  if (queried.length === 0 && name.meaning?.effect === "execute" && typeof inputs["code"] === "string") queried.push(...codeOf(inputs["code"]));
  return queried.length > 0 ? together(queried, queried.length + queries.length - Math.min(queries.length, MAX_NESTED_INPUTS)) : requested(name, inputs, url);
}

/** Code of other languages: only what it visibly does to databases counts, and it may do more. */
function codeOf(code: string): Classification[] {
  const found = code.length > PARSER_INPUT_CHARS ? [] : databaseCalls(code);
  return found.length === 0 ? [] : [compose([unknownVerdict("tool.code", "tool.code", "Runs code of another language."), ...found], "partial")];
}

/** Verbs of tools that look at a statement and do not run it. */
const LOOKS_AT = /^(validate|parse|lint|translate)$/;

/** A name that tells what the tool does leaves its nested inputs as data; one that runs, calls or sends may hold anything. */
const mayHoldCalls = ({ meaning, isShell, isSql, maySendRequests, callsTools }: ToolName): boolean =>
  isShell || isSql || maySendRequests || callsTools || meaning === null || meaning.effect === "execute";

/** Calls of other tools in the inputs, and inputs of its own one level down. */
function innerCalls(name: ToolName, inputs: Inputs, byName: ByName, directory: string | undefined, depth: number): Classification[] {
  const listed = CALL_LISTS.flatMap((argument) => listAt(inputs, argument)).filter(isObject);
  const found = [inputs, ...listed.slice(0, MAX_NESTED_INPUTS)].flatMap((holder) => {
    const tool = name.callsTools ? textAt(holder, INNER_NAMES) : null;
    const inner = tool === null ? name : toolNamed(tool);
    const given = INNER_INPUTS.map((argument) => objectOf(holder[argument])).find((value) => value !== null) ?? null;
    if (given === null && tool === null) return holder === inputs ? [] : (executed(name, holder, byName, directory, depth + 1) ?? []);
    const text = inner.kind === "read" || inner.kind === "write" || given === null ? null : executed(inner, given, byName, directory, depth + 1);
    return text ?? (tool === null ? [] : byName(tool, inner, given ?? {}));
  });
  return listed.length > MAX_NESTED_INPUTS && found.length > 0 ? [...found, TOO_MANY] : found;
}

const TOO_MANY = compose([unknownVerdict("tool.unknown", "tool.too-many", "The call holds more commands, queries or calls than are judged.")], "partial");

/** Which of several arguments the tool runs is not known here: each counts. */
function together(judged: readonly Classification[], stated = judged.length): Classification {
  const all = stated > judged.length ? [...judged, TOO_MANY] : judged;
  const [first, ...rest] = all;
  if (first === undefined || rest.length === 0) return first ?? compose([], "partial");
  return compose(all.flatMap(({ verdicts }) => verdicts), all.map(({ parse }) => parse).reduce(worseParse));
}

/** Every command line that the inputs hold; the words in `args` belong to the first. */
function commandsOf(name: ToolName, inputs: Inputs): string[] {
  const runs = name.isShell || name.mayRunCommands || name.program !== null;
  const given = (runs ? [...COMMAND_ARGUMENTS, ...COMMAND_LINES] : COMMAND_LINES).flatMap((argument) => commandOf(inputs[argument]) ?? []);
  const many = runs ? MANY_COMMANDS.flatMap((argument) => listAt(inputs, argument).flatMap((command) => commandOf(command) ?? [])) : [];
  const stated = [...given, ...many];
  const words = runs ? commandOf(inputs["args"]) : null;
  const commands = stated.length > 0 || !name.isShell ? stated : [commandOf(valueAt(inputs, SHELL_ARGUMENTS)) ?? []].flat();
  // A tool that stands for one program may be given the words after it alone.
  if (commands.length === 0 && name.program !== null && words !== null) return [`${name.program} ${words}`];
  const whole = name.program === null ? commands : commands.map((command) => (hasProgram(command, name.program!) ? command : `${name.program} ${command}`));
  return whole[0] === undefined || words === null ? whole : [`${whole[0]} ${words}`, ...whole.slice(1)];
}

const hasProgram = (command: string, program: string): boolean => new RegExp(`(^|[\\s'"/;&|(])${program}(\\.exe)?['"]?(\\s|$)`).test(command);

export function requested(name: ToolName, given: Inputs, stated = textAt(given, URL_ARGUMENTS)): Classification | null {
  const options = valueAt(given, OPTION_ARGUMENTS);
  const inputs: Inputs = isObject(options) ? { ...given, ...options } : given;
  const method = textAt(inputs, METHOD_ARGUMENTS);
  const url = stated ?? textAt(inputs, URL_ARGUMENTS) ?? (method !== null && HTTP_METHOD.test(method) ? textAt(inputs, PATH_ARGUMENTS) : null);
  if (url === null || (method === null && inputs["body"] === undefined && !name.maySendRequests)) return null;
  const sent = valueAt(inputs, ["body", "data", "json", "payload"]);
  const body = sent === null || typeof sent === "string" ? sent : JSON.stringify(sent);
  return classifyHttp({ method: method ?? (body === null ? "GET" : "POST"), url, body, headers: headersOf(inputs["headers"]) });
}

function headersOf(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).slice(0, 64).flatMap(([name, text]) => (typeof text === "string" ? [[name.toLowerCase(), text]] : [])));
}

/** `body`: the request that carries the query, made only where it is GraphQL. */
function sqlOrGraphql(name: ToolName, text: string, url: string | null, body: () => string): Classification | null {
  if (GRAPHQL_HEAD.test(text)) return classifyGraphqlBody(url, body());
  return SQL_HEAD.test(text) || name.isSql ? classifySql(text, name.system) : null;
}

function commandOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (!Array.isArray(value) || !value.every((part) => typeof part === "string")) return null;
  // An argument vector: quoting makes its words words again.
  return value.map((part) => `'${part.replaceAll("'", `'\\''`)}'`).join(" ");
}

const isObject = (value: unknown): value is Inputs => typeof value === "object" && value !== null && !Array.isArray(value);

/** An object, or the JSON text of one, as tools that pass calls on receive it. */
function objectOf(value: unknown): Inputs | null {
  if (isObject(value)) return value;
  if (typeof value !== "string" || !value.trimStart().startsWith("{")) return null;
  try {
    const parsed: unknown = JSON.parse(value.slice(0, PARSER_INPUT_CHARS));
    return isObject(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

const listAt = (inputs: Inputs, name: string): readonly unknown[] => (Array.isArray(inputs[name]) ? inputs[name] : []);

/** The first of these inputs that is there. */
function valueAt(inputs: Inputs, names: readonly string[]): unknown {
  for (const name of names) if (inputs[name] !== undefined && inputs[name] !== null) return inputs[name];
  return null;
}

export function textAt(inputs: Inputs, names: readonly string[]): string | null {
  for (const name of names) if (typeof inputs[name] === "string" && inputs[name] !== "") return inputs[name];
  return null;
}
