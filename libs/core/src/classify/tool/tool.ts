/** Judges a tool call of which only the tool's name and inputs are known. */
import { environmentOf } from "../../environment/environment.ts";
import type { Classifiable } from "../classify.ts";
import { PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, cutOff, type Knowledge, type Parse, verdictOf, worseParse } from "../compose.ts";
import { classifyGraphqlBody } from "../graphql/body.ts";
import { classifyHttp } from "../http/http.ts";
import { classifyShell } from "../shell/shell.ts";
import { classifySql } from "../sql/sql.ts";
import { verbMeaning, wordsOfName } from "../verbs.ts";
import type { Classification, Target } from "../verdict.ts";

type Inputs = Readonly<Record<string, unknown>>;

const SHELL_TOOLS = /^(bash|shell|sh|zsh|terminal|exec|exec_command|execute|execute_command|execute_shell|run|run_command|run_shell_command|run_terminal_cmd|run_in_terminal|local_shell|container\.exec|command|powershell|cmd|process|computer_terminal|execute_bash|shell_exec)$/i;
/** Their text is what they look for or write, never what they run. */
const READ_TOOLS = /^(read|read_file|readfile|view|cat|grep|search|glob|ls|list|list_directory|find|fetch|web_?fetch|web_?search|notebook_?read|todo_?read|think|codebase_search|file_search|grep_search|search_file_content|read_many_files|open_file)$/i;
const WRITE_TOOLS = /^(write|write_file|edit|multi_?edit|create_file|str_replace(_editor|_based_edit_tool)?|apply_patch|notebook_?edit|replace|todo_?write|edit_file|insert)$/i;
/** Book-keeping of the runtime itself: plans, questions to the user, the output of its own tasks. */
const RUNTIME_TOOLS = /^(enter_?plan_?mode|exit_?plan_?mode|ask_?user(_?question)?|task_?(update|create|list|get|output)|bash_?output|lsp|todo_?read|update_plan)$/i;
const SQL_HEAD = /^\s*(--[^\n]*\n\s*)*(select|insert|update|delete|drop|truncate|alter|create|grant|revoke|with|explain|begin|do|call|copy|merge|show|pragma|vacuum|replace)\b/i;
const GRAPHQL_HEAD = /^\s*(#[^\n]*\n\s*)*(query|mutation|subscription|fragment)\b[^]*\{|^\s*\{\s*\w/;

/** Classifies by name and inputs. A text that runs (command, SQL, request) outranks what the name says. */
export function classifyTool(action: Classifiable): Classification {
  const name = baseName(action.tool);
  const truncated = action.inputs?.truncated === true;
  const inputs = parsedInputs(action.inputs?.text ?? null);
  if (!READ_TOOLS.test(name) && !WRITE_TOOLS.test(name)) {
    const text = executed(name, inputs);
    if (text !== null) return truncated ? cutOff(text) : text;
  }
  const sent = MAY_SEND_REQUESTS.test(name) && typeof inputs !== "string" ? requested(name, inputs, textAt(inputs, ...URL_ARGUMENTS)) : null;
  // A tool that fetches reads, unless it is asked to send something: `fetch` takes a method and a body in many runtimes.
  if (sent !== null && sent.worst.effect !== "read") return truncated ? cutOff(sent) : sent;
  return byName(name, action, inputs, truncated ? "partial" : "parsed");
}

/** `mcp__railway__volume_delete` and `railway.volumeDelete` are tools of a server: the last part says what is done. */
function baseName(tool: string): string {
  const parts = tool.split(/__|[./:]/).filter((part) => part !== "");
  return parts.at(-1) ?? tool;
}

function parsedInputs(text: string | null): Inputs | string {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text.slice(0, PARSER_INPUT_CHARS));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Inputs) : text;
  } catch {
    return text;
  }
}

/** What the inputs hold that runs: a command line, a query, a request, in this order. Null where only the name is left to judge by. */
function executed(name: string, inputs: Inputs | string): Classification | null {
  const isShell = SHELL_TOOLS.test(name);
  if (typeof inputs === "string") return isShell && inputs !== "" ? classifyShell(inputs) : sqlOrGraphql(name, inputs, null, inputs);
  const commands = isShell || MAY_RUN_COMMANDS.test(name) ? commandsOf(inputs, isShell) : [];
  if (commands.length > 0) return together(commands.map(classifyShell));
  const url = textAt(inputs, ...URL_ARGUMENTS);
  const queried = QUERY_ARGUMENTS.flatMap((argument) => {
    const query = textAt(inputs, argument);
    const body = JSON.stringify({ query, variables: inputs["variables"], operationName: inputs["operationName"] });
    return (query === null ? null : sqlOrGraphql(name, query, url, body)) ?? [];
  });
  return queried.length > 0 ? together(queried) : requested(name, inputs, url);
}

/** Which of several arguments the tool runs is not known here: each counts. */
function together(all: readonly Classification[]): Classification {
  const [first, ...rest] = all;
  if (first === undefined || rest.length === 0) return first ?? compose([], "partial");
  return compose(all.flatMap(({ verdicts }) => verdicts), all.map(({ parse }) => parse).reduce(worseParse));
}

/** Every command line that the inputs hold; the words in `args` belong to the first. */
function commandsOf(inputs: Inputs, isShell: boolean): string[] {
  const given = COMMAND_ARGUMENTS.flatMap((name) => commandOf(inputs[name]) ?? []);
  const commands = given.length > 0 || !isShell ? given : [commandOf(valueAt(inputs, SHELL_ARGUMENTS)) ?? []].flat();
  const words = commandOf(inputs["args"]);
  return commands[0] === undefined || words === null ? commands : [`${commands[0]} ${words}`, ...commands.slice(1)];
}

const URL_ARGUMENTS = ["url", "uri", "endpoint"];
const QUERY_ARGUMENTS = ["query", "sql", "statement", "mutation", "document"];
const COMMAND_ARGUMENTS = ["command", "cmd", "bash_command", "script"];
/** Of a tool whose whole purpose is to run a command, these hold one where no other does; beside one, `input` is what it reads. */
const SHELL_ARGUMENTS = ["input", "code"];
const MAY_RUN_COMMANDS = /command|cmd|shell|bash|terminal|exec|run|script/i;
const MAY_SEND_REQUESTS = /http|request|fetch|curl|api/i;

/** Where HTTP clients take method and body: `fetch(url, init)`, `request(url, options)`. */
const OPTION_ARGUMENTS = ["init", "options", "config", "request"];

function requested(name: string, given: Inputs, url: string | null): Classification | null {
  const options = valueAt(given, OPTION_ARGUMENTS);
  const inputs: Inputs = typeof options === "object" ? { ...given, ...options } : given;
  const method = textAt(inputs, "method", "http_method");
  if (url === null || (method === null && inputs["body"] === undefined && !MAY_SEND_REQUESTS.test(name))) return null;
  const sent = valueAt(inputs, ["body", "data", "json", "payload"]);
  const body = sent === null || typeof sent === "string" ? sent : JSON.stringify(sent);
  return classifyHttp({ method: method ?? (body === null ? "GET" : "POST"), url, body });
}

/** The first of these inputs that is there. */
function valueAt(inputs: Inputs, names: readonly string[]): unknown {
  for (const name of names) if (inputs[name] !== undefined && inputs[name] !== null) return inputs[name];
  return null;
}

function sqlOrGraphql(name: string, text: string, url: string | null, body: string): Classification | null {
  if (GRAPHQL_HEAD.test(text)) return classifyGraphqlBody(url, body);
  return SQL_HEAD.test(text) || /sql|postgres|mysql|sqlite/i.test(name) ? classifySql(text) : null;
}

function commandOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (!Array.isArray(value) || !value.every((part) => typeof part === "string")) return null;
  // An argument vector: quoting makes its words words again.
  return value.map((part) => `'${part.replaceAll("'", `'\\''`)}'`).join(" ");
}

function textAt(inputs: Inputs, ...names: readonly string[]): string | null {
  for (const name of names) if (typeof inputs[name] === "string" && inputs[name] !== "") return inputs[name];
  return null;
}

interface KnownTools {
  readonly tools: RegExp;
  readonly rule: string;
  readonly known: Omit<Knowledge, "operation">;
  readonly hasTargets: boolean;
}

const KNOWN_TOOLS: readonly KnownTools[] = [
  { tools: READ_TOOLS, rule: "tool.read", known: { effect: "read", reversibility: "reversible", reason: "A tool that reads." }, hasTargets: true },
  {
    tools: RUNTIME_TOOLS,
    rule: "tool.runtime",
    known: { effect: "read", reversibility: "reversible", reason: "Touches nothing outside the agent's runtime." },
    hasTargets: false,
  },
  { tools: WRITE_TOOLS, rule: "tool.write", known: { effect: "write", reversibility: "recoverable", reason: "A tool that edits files." }, hasTargets: true },
];

function byName(name: string, action: Classifiable, inputs: Inputs | string, parse: Parse): Classification {
  const operation = action.operation ?? `tool.${name.slice(0, 128)}`;
  const targets = typeof inputs === "string" ? [] : targetsOf(inputs);
  const kind = KNOWN_TOOLS.find(({ tools }) => tools.test(name));
  if (kind !== undefined) return compose([verdictOf({ ...kind.known, operation }, kind.rule, kind.hasTargets ? targets : [])], "parsed");
  const meaning = verbMeaning(name) ?? (action.operation === null ? null : verbMeaning(action.operation));
  if (meaning === null) {
    const known = { operation, effect: "execute", reversibility: "unknown", reason: `The tool ${name.slice(0, 64)} is not known here.` } as const;
    return compose([verdictOf(known, "tool.unknown", targets)], parse === "parsed" ? "partial" : parse);
  }
  const { effect, verb } = meaning;
  // A tool's name is the weakest of evidence: `remove_from_cart` is no loss.
  const reversibility = effect === "delete" && !meaning.strict ? "unknown" : meaning.reversibility;
  const reason = `Only the tool's name is known; it says \`${verb}\`.`;
  return compose([verdictOf({ operation, effect, reversibility, reason }, `tool.verb.${verb}`, targets)], parse);
}

const TARGET = /^(.*?)_?(id|ids|name|path|uri|url|table|bucket|key|database|namespace|repo|project|volume|resource|file|file_path)$/i;

function targetsOf(inputs: Inputs): Target[] {
  const environment = Object.entries(inputs).find(([name]) => /^(env|environment|stage|context|cluster|namespace|profile)(_?name)?$/i.test(name))?.[1];
  const stated = environmentOf({ names: typeof environment === "string" ? [environment] : [], url: textAt(inputs, "url", "uri", "host", "endpoint") });
  return Object.entries(inputs)
    .filter(([name, value]) => TARGET.test(name) && (typeof value === "string" || typeof value === "number") && value !== "")
    .map(([name, value]) => ({ kind: wordsOfName(name).filter((word) => !/^(ids?|name)$/.test(word)).join("-") || "resource", id: String(value).slice(0, 256), environment: stated }));
}
