/** Judges a tool call of which only the tool's name and inputs are known. */
import { environmentOf } from "../../environment/environment.ts";
import type { Classifiable } from "../classify.ts";
import { PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, cutOff, type Knowledge, type Parse, verdictOf, worseParse } from "../compose.ts";
import { classifyGraphqlBody } from "../graphql/body.ts";
import { classifyHttp } from "../http/http.ts";
import { classifyShell } from "../shell/shell.ts";
import { classifySql } from "../sql/sql.ts";
import { verbMeaning } from "../verbs.ts";
import type { Classification, Target } from "../verdict.ts";
import { argumentNamed, type ToolName, toolNamed } from "./names.ts";

type Inputs = Readonly<Record<string, unknown>>;

const SQL_HEAD = /^\s*(--[^\n]*\n\s*)*(select|insert|update|delete|drop|truncate|alter|create|grant|revoke|with|explain|begin|do|call|copy|merge|show|pragma|vacuum|replace)\b/i;
const GRAPHQL_HEAD = /^\s*(#[^\n]*\n\s*)*(query|mutation|subscription|fragment)\b[^]*\{|^\s*\{\s*\w/;

/** Classifies by name and inputs. A text that runs (command, SQL, request) outranks what the name says. */
export function classifyTool(action: Classifiable): Classification {
  const name = toolNamed(action.tool);
  const truncated = action.inputs?.truncated === true;
  const inputs = parsedInputs(action.inputs?.text ?? null);
  if (name.kind !== "read" && name.kind !== "write") {
    const text = executed(name, inputs);
    if (text !== null) return truncated ? cutOff(text) : text;
  }
  const sent = name.maySendRequests && typeof inputs !== "string" ? requested(name, inputs, textAt(inputs, URL_ARGUMENTS)) : null;
  // A tool that fetches reads, unless it is asked to send something: `fetch` takes a method and a body in many runtimes.
  if (sent !== null && sent.worst.effect !== "read") return truncated ? cutOff(sent) : sent;
  return byName(name, action, inputs, truncated ? "partial" : "parsed");
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
function executed(name: ToolName, inputs: Inputs | string): Classification | null {
  if (typeof inputs === "string") return name.isShell && inputs !== "" ? classifyShell(inputs) : sqlOrGraphql(name, inputs, null, () => inputs);
  const commands = name.isShell || name.mayRunCommands ? commandsOf(inputs, name.isShell) : [];
  if (commands.length > 0) return together(commands.map(classifyShell));
  const url = textAt(inputs, URL_ARGUMENTS);
  const queried: Classification[] = [];
  for (const argument of QUERY_ARGUMENTS) {
    const query = inputs[argument];
    if (typeof query !== "string" || query === "") continue;
    const body = (): string => JSON.stringify({ query, variables: inputs["variables"], operationName: inputs["operationName"] });
    const judged = sqlOrGraphql(name, query, url, body);
    if (judged !== null) queried.push(judged);
  }
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
const METHOD_ARGUMENTS = ["method", "http_method"];
/** Where they say which environment is reached. */
const PLACE_ARGUMENTS = ["url", "uri", "host", "endpoint"];
const QUERY_ARGUMENTS = ["query", "sql", "statement", "mutation", "document"];
const COMMAND_ARGUMENTS = ["command", "cmd", "bash_command", "script"];
/** Of a tool whose whole purpose is to run a command, these hold one where no other does; beside one, `input` is what it reads. */
const SHELL_ARGUMENTS = ["input", "code"];

/** Where HTTP clients take method and body: `fetch(url, init)`, `request(url, options)`. */
const OPTION_ARGUMENTS = ["init", "options", "config", "request"];

function requested(name: ToolName, given: Inputs, url: string | null): Classification | null {
  const options = valueAt(given, OPTION_ARGUMENTS);
  const inputs: Inputs = typeof options === "object" ? { ...given, ...options } : given;
  const method = textAt(inputs, METHOD_ARGUMENTS);
  if (url === null || (method === null && inputs["body"] === undefined && !name.maySendRequests)) return null;
  const sent = valueAt(inputs, ["body", "data", "json", "payload"]);
  const body = sent === null || typeof sent === "string" ? sent : JSON.stringify(sent);
  return classifyHttp({ method: method ?? (body === null ? "GET" : "POST"), url, body });
}

/** The first of these inputs that is there. */
function valueAt(inputs: Inputs, names: readonly string[]): unknown {
  for (const name of names) if (inputs[name] !== undefined && inputs[name] !== null) return inputs[name];
  return null;
}

/** `body`: the request that carries the query, made only where it is GraphQL. */
function sqlOrGraphql(name: ToolName, text: string, url: string | null, body: () => string): Classification | null {
  if (GRAPHQL_HEAD.test(text)) return classifyGraphqlBody(url, body());
  return SQL_HEAD.test(text) || name.isSql ? classifySql(text) : null;
}

function commandOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (!Array.isArray(value) || !value.every((part) => typeof part === "string")) return null;
  // An argument vector: quoting makes its words words again.
  return value.map((part) => `'${part.replaceAll("'", `'\\''`)}'`).join(" ");
}

function textAt(inputs: Inputs, names: readonly string[]): string | null {
  for (const name of names) if (typeof inputs[name] === "string" && inputs[name] !== "") return inputs[name];
  return null;
}

interface KnownTools {
  readonly rule: string;
  readonly known: Omit<Knowledge, "operation">;
  readonly hasTargets: boolean;
}

const KNOWN_TOOLS: Readonly<Record<NonNullable<ToolName["kind"]>, KnownTools>> = {
  read: { rule: "tool.read", known: { effect: "read", reversibility: "reversible", reason: "A tool that reads." }, hasTargets: true },
  runtime: {
    rule: "tool.runtime",
    known: { effect: "read", reversibility: "reversible", reason: "Touches nothing outside the agent's runtime." },
    hasTargets: false,
  },
  write: { rule: "tool.write", known: { effect: "write", reversibility: "recoverable", reason: "A tool that edits files.", overwrites: true }, hasTargets: true },
};

function byName(name: ToolName, action: Classifiable, inputs: Inputs | string, parse: Parse): Classification {
  const operation = action.operation ?? `tool.${name.base.slice(0, 128)}`;
  const targets = typeof inputs === "string" ? [] : targetsOf(inputs);
  if (name.kind !== null) {
    const { known, rule, hasTargets } = KNOWN_TOOLS[name.kind];
    return compose([verdictOf({ ...known, operation }, rule, hasTargets ? targets : [])], "parsed");
  }
  const meaning = name.meaning ?? (action.operation === null ? null : verbMeaning(action.operation));
  if (meaning === null) {
    const known = { operation, effect: "execute", reversibility: "unknown", reason: `The tool ${name.base.slice(0, 64)} is not known here.` } as const;
    return compose([verdictOf(known, "tool.unknown", targets)], parse === "parsed" ? "partial" : parse);
  }
  const { effect, verb, overwrites } = meaning;
  // A tool's name is the weakest of evidence: `remove_from_cart` is no loss.
  const reversibility = effect === "delete" && !meaning.strict ? "unknown" : meaning.reversibility;
  const reason = `Only the tool's name is known; it says \`${verb}\`.`;
  return compose([verdictOf({ operation, effect, reversibility, reason, overwrites }, `tool.verb.${verb}`, targets)], parse);
}

function targetsOf(inputs: Inputs): Target[] {
  const named = Object.keys(inputs).filter((name) => isTarget(name, inputs[name]));
  if (named.length === 0) return [];
  const environment = statedBy(inputs);
  return named.map((name) => ({ kind: argumentNamed(name).targetKind ?? "resource", id: String(inputs[name]).slice(0, 256), environment }));
}

function isTarget(name: string, value: unknown): boolean {
  return (typeof value === "string" || typeof value === "number") && value !== "" && argumentNamed(name).targetKind !== null;
}

function statedBy(inputs: Inputs): string | null {
  const argument = Object.keys(inputs).find((name) => argumentNamed(name).statesEnvironment);
  const stated = argument === undefined ? null : inputs[argument];
  return environmentOf({ names: typeof stated === "string" ? [stated] : [], url: textAt(inputs, PLACE_ARGUMENTS) });
}
